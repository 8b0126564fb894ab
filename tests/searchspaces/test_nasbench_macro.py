"""NAS-Bench-Macro: spelling, equal networks, and costs against every record of the benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from zcnas import score
from zcnas.errors import InputError
from zcnas.features import HasFeatures
from zcnas.searchspaces.nasbench_macro import NASBenchMacro, costs
from zcnas.space import Architecture, Deduplicated, Isomorphic

SPACE = NASBenchMacro()
MIXED = SPACE.parse("02012100")


def random_archs(count: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [SPACE.sample(rng) for _ in range(count)]


@pytest.fixture(scope="module")
def records(data_dir: Path) -> dict[str, Any]:
    text = (data_dir / "nasbench_macro" / "nas-bench-macro_cifar10.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def test_there_are_6561_architectures() -> None:
    assert len(SPACE) == len({SPACE.format(arch) for arch in SPACE}) == 6561


@pytest.mark.parametrize("text", ["", "0201210", "020121001", "02012103", "02 12100", "٠٢٠١٢١٠٠", "02012100\n", None])
def test_another_form_is_an_input_error(text: Any) -> None:
    with pytest.raises(InputError, match="expected 8 digits from 0 to 2") as caught:
        SPACE.parse(text)
    assert repr(text) in str(caught.value)


def test_costs_are_those_of_every_record(records: dict[str, Any]) -> None:
    assert {SPACE.parse(text) for text in records} == set(SPACE)
    wrong = [
        text
        for text, record in records.items()
        if costs(SPACE.parse(text).genome) != (record["params"], record["flops"])
    ]
    assert wrong == []


@pytest.mark.parametrize(("options", "size"), [({}, 32), ({"C": 8, "num_classes": 7}, 17)])
def test_costs_are_those_of_the_networks(options: dict[str, int], size: int) -> None:
    for arch in [MIXED, SPACE.parse("00000000"), SPACE.parse("22222222"), *random_archs(30)]:
        found = score(SPACE.build(arch, **options), ["params", "flops"], batch=torch.zeros(1, 3, size, size))
        expected = costs(arch.genome, size=size, **options)
        assert (found["params"], found["flops"]) == expected


def test_networks_of_one_canonical_form_share_their_records(records: dict[str, Any]) -> None:
    forms: dict[str, set[tuple[float, ...]]] = {}
    for arch in SPACE:
        forms.setdefault(SPACE.canonical(arch), set()).add(tuple(records[SPACE.format(arch)]["test_acc"]))
    assert {len(accuracies) for accuracies in forms.values()} == {1}
    # And no two forms share one: these are all the networks that were trained.
    assert len(forms) == len(set().union(*forms.values())) == 3969


def test_canonical_forms_and_representatives_are_of_their_own_class() -> None:
    assert isinstance(SPACE, Isomorphic)
    assert isinstance(SPACE, Deduplicated)
    first: dict[str, Architecture] = {}
    for arch in SPACE:
        form = SPACE.canonical(arch)
        assert SPACE.canonical(SPACE.parse(form)) == form
        assert SPACE.representative(arch) == first.setdefault(form, arch)


def test_networks_of_one_canonical_form_compute_the_same() -> None:
    x = torch.randn(2, 3, 9, 9, dtype=torch.float64)
    for arch in random_archs(30):
        nets = [SPACE.build(one, C=4, seed=0).double() for one in (arch, SPACE.representative(arch))]
        weights = [list(net.state_dict().values()) for net in nets]
        nets[1].load_state_dict(dict(zip(nets[1].state_dict(), weights[0], strict=True)))
        assert torch.equal(*(net.eval()(x) for net in nets))


def test_the_structure_is_the_papers() -> None:
    net = SPACE.build(SPACE.parse("10200012"), seed=0)
    outputs: dict[str, tuple[int, ...]] = {}
    for name in ("stem", *(f"features.{layer}" for layer in range(8)), "out.2"):
        note = lambda _, __, out, name=name: outputs.update({name: tuple(out.shape[1:])})  # noqa: E731
        net.get_submodule(name).register_forward_hook(note)
    assert net.eval()(torch.randn(1, 3, 32, 32)).shape == (1, 10)
    assert list(outputs.values()) == [
        (32, 32, 32), *[(64, 16, 16)] * 2, *[(128, 8, 8)] * 3, *[(256, 4, 4)] * 3, (1280, 4, 4),
    ]  # fmt: skip
    depthwise = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d) and layer.groups > 1]
    assert [(layer.in_channels, layer.kernel_size) for layer in depthwise] == [
        (96, (3, 3)), (384, (5, 5)), (768, (3, 3)), (1536, (5, 5)),
    ]  # fmt: skip


def test_named_blocks_are_those_that_compute_something() -> None:
    net = SPACE.build(SPACE.parse("00200012"), C=4, seed=0).double()
    assert isinstance(net, HasFeatures)
    assert net.block_names == ("stem", "features.0", "features.2", "features.5", "features.6", "features.7")
    maps: list[torch.Tensor] = []
    net.get_submodule(net.last_map_name).register_forward_hook(lambda _, __, out: maps.append(out))
    logits = net(torch.randn(2, 3, 8, 8, dtype=torch.float64))
    torch.testing.assert_close(net.classifier(maps[0].mean((2, 3))), logits)


def test_its_networks_are_scored() -> None:
    net = SPACE.build(MIXED, C=4, seed=0)
    images, labels = torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(0)), torch.arange(8)
    found = score(net, ["synflow", "nwot", "zen", "az_*"], batch=(images, labels))
    assert all(found.status(name) == "ok" for name in found)


def test_the_graph_is_a_chain_of_the_blocks() -> None:
    graph = SPACE.graph(MIXED)
    blocks = ("identity", "mb6_k5", "identity", "mb3_k3", "mb6_k5", "mb3_k3", "identity", "identity")
    assert graph.ops == ("input", *blocks, "output")
    assert np.argwhere(graph.adjacency).tolist() == [[place, place + 1] for place in range(9)]
