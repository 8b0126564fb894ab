"""Spelling, membership and neighbourhood of NAS-Bench-201's cells."""

from __future__ import annotations

import random

import numpy as np
import pytest

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.nasbench201 import EDGES, OPS, NASBench201
from zcnas.searchspaces.nasbench201.cell import parse_ops
from zcnas.space import Architecture, Isomorphic

SPACE = NASBench201()
TEXT = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_3x3~0|avg_pool_3x3~1|none~2|"


def test_a_string_is_read_in_the_order_of_its_edges() -> None:
    arch = SPACE.parse(TEXT)
    assert arch.key == "nasbench201:3-2-1-3-4-0"
    assert SPACE.format(arch) == TEXT
    ops = ("nor_conv_3x3", "nor_conv_1x1", "skip_connect", "nor_conv_3x3", "avg_pool_3x3", "none")
    assert SPACE.from_ops(ops) == SPACE.from_ops(list(ops)) == arch


def test_every_architecture_has_its_own_spelling() -> None:
    archs = list(SPACE)
    assert len(SPACE) == len(archs) == len(set(archs)) == 15_625
    assert [SPACE.parse(SPACE.format(arch)) for arch in archs] == archs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|none~0|",
        TEXT.replace("+", ""),
        TEXT.replace("~1", "~0"),
        TEXT.replace("~2|", "|"),
        TEXT.replace("|none~2|", "|none~2|none~2|"),
        f"{TEXT}+|none~0|none~1|none~2|none~3|",
        5,
        None,
    ],
)
def test_another_form_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match=r"expected '\|op~0\|\+.*got") as caught:
        SPACE.parse(text)
    assert repr(text) in str(caught.value)


def test_a_typing_error_in_an_operation_brings_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="'nor_conv_3x3'") as caught:
        SPACE.parse(TEXT.replace("nor_conv_3x3~0", "nor_conv3x3~0", 1))
    assert "did you mean 'nor_conv_3x3'" in str(caught.value)
    with pytest.raises(UnknownNameError, match="did you mean 'avg_pool_3x3'"):
        SPACE.from_ops(["avg_pool"] * 6)


@pytest.mark.parametrize("ops", [OPS, "none", ()])
def test_another_number_of_operations_is_an_input_error(ops: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="sequence of 6 operation names"):
        SPACE.from_ops(ops)


@pytest.mark.parametrize("genome", [(0,) * 5, (0, 0, 0, 0, 0, 5), (-1, 0, 0, 0, 0, 0)])
def test_foreign_architectures_are_refused(genome: tuple[int, ...]) -> None:
    for foreign in (Architecture("nasbench201", genome), Architecture("nasbench101", (0,) * 6)):
        assert foreign not in SPACE
        for use in (SPACE.format, SPACE.graph, SPACE.canonical, SPACE.strict_key, SPACE.build):
            with pytest.raises(InputError, match=r"nasbench201: .*(genes below|another space)"):
                use(foreign)


def test_an_architecture_has_24_neighbours() -> None:
    arch = SPACE.parse(TEXT)
    neighbours = SPACE.neighbours(arch)
    assert len(set(neighbours)) == len(neighbours) == 24
    differences = [sum(a != b for a, b in zip(arch.genome, other.genome, strict=True)) for other in neighbours]
    assert set(differences) == {1}
    assert SPACE.mutate(arch, np.random.default_rng(0)) in neighbours


def test_sampling_reaches_every_operation_everywhere() -> None:
    rng = np.random.default_rng(0)
    genomes = np.array([SPACE.sample(rng).genome for _ in range(200)])
    assert all(set(column) == set(range(len(OPS))) for column in genomes.T)


def test_the_official_order_is_the_tables(data_dir: object) -> None:
    with np.load(f"{data_dir}/nasbench201/nb201_table.npz") as table:
        spellings = table["arch_str"].tolist()
    archs = [SPACE.from_official_index(index) for index in range(len(SPACE))]
    assert [SPACE.format(arch) for arch in archs] == spellings
    assert [SPACE.official_index(arch) for arch in archs] == list(range(len(SPACE)))


def test_the_official_order_leaves_the_global_random_state_alone() -> None:
    from zcnas.searchspaces.nasbench201.order import official_codes

    official_codes.cache_clear()
    before = random.getstate()
    assert SPACE.official_index(SPACE.from_official_index(6111)) == 6111
    assert random.getstate() == before


@pytest.mark.parametrize("index", [-1, 15_625])
def test_an_official_index_outside_is_an_input_error(index: int) -> None:
    with pytest.raises(InputError, match=f"from 0 to 15624, got {index}"):
        SPACE.from_official_index(index)


def test_canonical_strings_divide_the_space_as_the_benchmark_does(data_dir: object) -> None:
    with np.load(f"{data_dir}/nasbench201/nb201_table.npz") as table:
        classes = table["isomorphism_class"].tolist()
    ours = [SPACE.canonical(SPACE.from_official_index(index)) for index in range(len(SPACE))]
    assert len(set(ours)) == len(set(classes)) == len(set(zip(ours, classes, strict=True))) == 6_466
    assert isinstance(SPACE, Isomorphic)


def test_the_graph_has_an_operation_for_every_edge_but_none() -> None:
    graph = SPACE.graph(SPACE.parse(TEXT))
    assert graph.ops == (
        "input", "nor_conv_3x3", "nor_conv_1x1", "skip_connect", "nor_conv_3x3", "avg_pool_3x3", "output",
    )  # fmt: skip
    feeds = {(int(x), int(y)) for x, y in np.argwhere(graph.adjacency)}
    # The 1x1 convolution and the skip end at node 2, which no edge leaves.
    assert feeds == {(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (4, 6), (5, 6)}


def test_paths_through_the_graph_are_paths_through_the_cell() -> None:
    rng = np.random.default_rng(0)
    for arch in [SPACE.sample(rng) for _ in range(50)]:
        cell = np.zeros((4, 4), dtype=int)
        for code, edge in zip(parse_ops(SPACE.format(arch)), EDGES, strict=True):
            cell[edge] = OPS[code] != "none"
        graph = SPACE.graph(arch).adjacency.astype(int)
        in_cell = sum(np.linalg.matrix_power(cell, length)[0, -1] for length in range(1, 4))
        in_graph = sum(np.linalg.matrix_power(graph, length)[0, -1] for length in range(1, len(graph)))
        assert in_cell == in_graph
