"""NATS-Bench's size space: spelling, order, and networks against the benchmark's own records."""

from __future__ import annotations

import bz2
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from zcnas import score
from zcnas.errors import InputError
from zcnas.features import HasFeatures
from zcnas.searchspaces.nasbench201 import NASBench201, NASBench201Table
from zcnas.searchspaces.natsbench_size import GENOTYPE, NATSBenchSize
from zcnas.unpickle import load

SPACE = NATSBenchSize()
SIZES = {"cifar10": (10, 32), "cifar100": (100, 32), "ImageNet16-120": (120, 16)}


def folder_of(data_dir: Path) -> Path:
    return data_dir / "nats_bench_samples" / "NATS-sss-v1_0-50262-simple"


@pytest.fixture(scope="module")
def records(data_dir: Path) -> list[dict[str, Any]]:
    paths = sorted(folder_of(data_dir).glob("0*.pickle.pbz2"))
    return [load(bz2.decompress(path.read_bytes())) for path in paths]


def test_the_official_order_is_the_published_list(data_dir: Path) -> None:
    listing = load(bz2.decompress((folder_of(data_dir) / "meta.pickle.pbz2").read_bytes()))["meta_archs"]
    assert len(SPACE) == len(listing) == 32_768
    assert [SPACE.format(arch) for arch in SPACE] == listing
    for index in (0, 11, 284, 32_767):
        assert SPACE.from_official_index(index) == SPACE.parse(listing[index])
        assert SPACE.official_index(SPACE.parse(listing[index])) == index


@pytest.mark.parametrize("index", [-1, 32_768])
def test_an_official_index_outside_is_an_input_error(index: int) -> None:
    with pytest.raises(InputError, match=f"from 0 to 32767, got {index}"):
        SPACE.from_official_index(index)


def test_widths_are_channels() -> None:
    arch = SPACE.parse("8:64:24:32:40")
    assert SPACE.widths(arch) == (8, 64, 24, 32, 40)
    assert SPACE.from_widths([8, 64, 24, 32, 40]) == arch
    with pytest.raises(InputError, match="8:64:24:32:72"):
        SPACE.from_widths([8, 64, 24, 32, 72])


@pytest.mark.parametrize(
    "text", ["", "8:8:8:8", "8:8:8:8:8:8", "8:8:8:8:72", "8:8:8:8:0", "08:8:8:8:8", "8:8:8:8:8\n", "8-8-8-8-8", 5]
)
def test_another_form_is_an_input_error(text: Any) -> None:
    with pytest.raises(InputError, match="expected 5 channel numbers of 8, 16, 24") as caught:
        SPACE.parse(text)
    assert repr(text) in str(caught.value)


def test_costs_are_those_of_the_records(records: list[dict[str, Any]]) -> None:
    for record in records:
        arch = SPACE.parse(record["12"]["arch_str"])
        for dataset, (classes, size) in SIZES.items():
            run = record["12"]["all_results"][dataset, 777]
            found = score(
                SPACE.build(arch, num_classes=classes), ["params", "flops"], batch=torch.zeros(1, 3, size, size)
            )
            assert found["params"] == round(run["params"] * 1e6)
            # The benchmark counts an addition per class, for the classifier's shift.
            assert found["flops"] + classes == round(run["flop"] * 1e6)


def test_the_cell_is_the_recorded_one(records: list[dict[str, Any]]) -> None:
    for record in records:
        for state in record.values():
            assert {run["arch_config"]["genotype"] for run in state["all_results"].values()} == {GENOTYPE}


def test_the_cell_is_the_best_of_the_topology_space_on_cifar100(data_dir: Path) -> None:
    table = NASBench201Table.load(data_dir / "nasbench201" / "nb201_table.npz")
    best = table.archs[int(table.values("cifar100").argmax())]
    assert NASBench201().format(best) == GENOTYPE


def test_equal_widths_are_nas_bench_201s_cells() -> None:
    cells = NASBench201()
    theirs = cells.build(cells.parse(GENOTYPE), C=8, N=1, seed=0).double().eval()
    ours = SPACE.build(SPACE.parse("8:16:16:32:32"), seed=0).double().eval()
    ours.load_state_dict(theirs.state_dict())
    images = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    assert torch.equal(ours(images), theirs(images))


def test_blocks_have_the_widths_of_the_spelling() -> None:
    net = SPACE.build(SPACE.parse("8:64:24:24:40"), seed=0)
    assert isinstance(net, HasFeatures)
    shapes = []
    for name in (*net.block_names, net.last_map_name):
        net.get_submodule(name).register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:])))
    assert net(torch.randn(2, 3, 15, 16)).shape == (2, 10)
    assert shapes == [(8, 15, 16), (8, 15, 16), (64, 8, 8), (24, 8, 8), (24, 4, 4), (40, 4, 4), (40, 4, 4)]


def test_the_graph_is_a_chain_with_widths() -> None:
    graph = SPACE.graph(SPACE.parse("8:64:24:32:40"))
    assert graph.ops == ("input", "cell_8", "reduction_64", "cell_24", "reduction_32", "cell_40", "output")
    assert np.argwhere(graph.adjacency).tolist() == [[place, place + 1] for place in range(6)]
