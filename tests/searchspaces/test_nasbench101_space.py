"""Spelling, validity, pruning and enumeration of NAS-Bench-101's cells."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.nasbench101 import OPS, Cell, NASBench101
from zcnas.searchspaces.nasbench101.cell import cell_of, prune
from zcnas.searchspaces.nasbench101.hashing import graph_hash
from zcnas.searchspaces.nasbench101.models import MODELS_BY_VERTICES, all_models, models
from zcnas.searchspaces.nasbench101.spelling import cell_from_matrix, format_cell, parse_cell
from zcnas.space import Architecture, Deduplicated, Isomorphic

SPACE = NASBench101()
CONV3, CONV1, POOL = OPS
MATRIX = [[0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
NAMES = ["input", CONV1, POOL, "output"]
TEXT = "0110001000010000:input,conv1x1-bn-relu,maxpool3x3,output"


def full(edges: list[tuple[int, int]], ops: list[str]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Seven vertices with these edges."""
    matrix = np.zeros((7, 7), dtype=np.int64)
    for edge in edges:
        matrix[edge] = 1
    return matrix, ["input", *ops, "output"]


def spellings(count: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [SPACE.sample_spelling(rng) for _ in range(count)]


def test_matrix_and_text_spell_the_same() -> None:
    arch = SPACE.from_matrix(MATRIX, NAMES)
    assert SPACE.parse(TEXT) == SPACE.from_matrix(np.array(MATRIX), tuple(NAMES)) == arch
    assert SPACE.format(arch) == TEXT
    assert SPACE.cell(arch) == Cell(((), (0,), (0, 1), (2,)), (1, 2))
    # Edges into vertices 1 to 6, then operations; the output is vertex 6.
    assert arch.genome == (1, *(1, 1), *(0,) * 12, *(0, 0, 1, 0, 0, 0), *(1, 2, 0, 0, 0))


def test_naslib_spells_with_other_codes_and_dead_vertices(data_dir: object) -> None:
    import json
    from pathlib import Path

    text = Path(f"{data_dir}/nasbench101/zc_nasbench101.json").read_text("utf-8")
    records = json.loads(text)["nasbench101"]["cifar10"]
    archs = [SPACE.parse(key) for key in records]
    assert len(set(archs)) == 500
    sizes = [SPACE.parameters(arch) for arch in archs]
    assert sizes == [round(record["params"] * 1e6) for record in records.values()]
    assert any(SPACE.representative(arch) != arch for arch in archs)


def test_every_spelling_is_read_back() -> None:
    for arch in spellings(300):
        text = SPACE.format(arch)
        assert SPACE.parse(text) == arch
        assert format_cell(parse_cell(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        TEXT.replace(":", " "),
        TEXT[1:],
        TEXT.replace("0110", "0120"),
        TEXT.replace("0110", "1110"),
        TEXT.replace("input,", ""),
        TEXT.replace(",output", ""),
        f"{TEXT},output",
        "1:input",
        f"{'0' * 64}:input,{','.join([CONV3] * 6)},output",
        "(0, 1, 0, 0, 0)",
        "(0, 1, 0, 0, 1, 0)",
        5,
        None,
    ],
)
def test_another_form_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match=r"NAS-Bench-101 cell: expected .*got"):
        SPACE.parse(text)


def test_a_typing_error_in_an_operation_brings_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'conv1x1-bn-relu'"):
        SPACE.parse(TEXT.replace("conv1x1-bn-relu", "conv1x1_bn_relu"))


@pytest.mark.parametrize(
    ("matrix", "ops"),
    [
        ([[0, 1]], NAMES),
        (MATRIX, NAMES[:3]),
        (np.triu(np.ones((8, 8)), 1), ["input", *[CONV3] * 6, "output"]),
        (np.array(MATRIX).T, NAMES),
        (np.array(MATRIX) * 0.5, NAMES),
        (MATRIX, NAMES[::-1]),
    ],
)
def test_another_matrix_is_an_input_error(matrix: npt.ArrayLike, ops: list[str]) -> None:
    with pytest.raises(InputError, match="expected"):
        SPACE.from_matrix(matrix, ops)


def test_edges_are_counted_without_dead_vertices() -> None:
    nine = [(0, 1), (0, 2), (0, 3), (0, 6), (1, 2), (1, 6), (2, 3), (2, 6), (3, 6)]
    ops = [CONV3, CONV1, POOL, CONV3, CONV1]
    dead = [(0, 4), (1, 4), (2, 5), (3, 5), (4, 5)]
    arch = SPACE.from_matrix(*full(nine + dead, ops))
    assert SPACE.cell(arch).edges == 9
    assert SPACE.representative(arch) == SPACE.from_matrix(*full(nine, [*ops[:3], CONV3, CONV3]))
    with pytest.raises(InputError, match="nasbench101: expected a cell of at most 9 edges, got 10"):
        SPACE.from_matrix(*full([*nine, (1, 3)], ops))


def test_the_output_must_be_reached() -> None:
    with pytest.raises(InputError, match="nasbench101: expected a cell with a path from input to output"):
        SPACE.from_matrix(*full([(0, 1), (2, 6)], [CONV3] * 5))
    assert Architecture(SPACE.name, (0,) * 26) not in SPACE


def test_pruning_keeps_what_lies_on_a_path() -> None:
    for arch in spellings(200):
        cell = cell_of(arch.genome)
        walks = np.linalg.matrix_power(np.eye(7, dtype=np.int64) + cell.matrix(), 6) > 0
        alive = np.flatnonzero(walks[0] & walks[:, 6])
        pruned = prune(cell)
        np.testing.assert_array_equal(pruned.matrix(), cell.matrix()[np.ix_(alive, alive)])
        assert pruned.labels == tuple(np.array(cell.labels)[alive])
        assert prune(pruned) == pruned == SPACE.cell(SPACE.representative(arch))
    assert isinstance(SPACE, Deduplicated)


def test_the_hash_does_not_depend_on_the_order_of_vertices() -> None:
    # Vertices 1 to 3 are independent, so they can be in any order.
    edges, ops = [(0, 1), (1, 6), (0, 2), (2, 6), (0, 3), (3, 4), (4, 6)], [CONV3, CONV1, POOL, CONV1, CONV3]
    hashes, archs = set(), set()
    for order in permutations((1, 2, 3)):
        places = {0: 0, 4: 4, 6: 6, **dict(zip((1, 2, 3), order, strict=True))}
        moved = [ops[order.index(place)] for place in (1, 2, 3)]
        arch = SPACE.from_matrix(*full([(places[x], places[y]) for x, y in edges], [*moved, *ops[3:]]))
        archs.add(arch)
        hashes.add(SPACE.canonical(arch))
    assert (len(archs), len(hashes)) == (6, 1)
    assert isinstance(SPACE, Isomorphic)


def test_neighbours_may_prepare_a_vertex() -> None:
    arch = SPACE.parse("0100:input,output")
    grown = [other for other in SPACE.neighbours(arch) if SPACE.canonical(other) == SPACE.canonical(arch)]
    further = [SPACE.cell(far) for other in grown for far in SPACE.neighbours(other)]
    assert max(len(cell.sources) for cell in further) == 3


def test_all_models_are_found_once() -> None:
    assert {size: len(models(size)) for size in MODELS_BY_VERTICES} == MODELS_BY_VERTICES
    assert len(SPACE) == len(all_models()) == 423_624
    small = np.concatenate([models(size) for size in range(2, 6)])
    cells = [prune(cell_of(genome)) for genome in small.tolist()]
    assert len({graph_hash(cell) for cell in cells}) == len(small)
    with pytest.raises(ValueError, match="read-only"):
        all_models()[0, 0] = 1


def test_models_are_the_tables(data_dir: object) -> None:
    from zcnas.searchspaces.nasbench101.cell import genomes_of

    with np.load(f"{data_dir}/nasbench101/nb101_table.npz") as table:
        genomes = genomes_of(table["num_vertices"], table["adj_bits"], table["ops"])
    assert set(map(bytes, genomes)) == set(map(bytes, all_models()))


def test_iteration_gives_models_of_growing_size() -> None:
    archs = [arch for arch, _ in zip(SPACE, range(2_532), strict=False)]
    assert len({SPACE.canonical(arch) for arch in archs}) == len(archs)
    assert [len(SPACE.cell(arch).sources) for arch in archs] == [2] + [3] * 6 + [4] * 84 + [5] * 2_441
    assert list(SPACE.models(3)) == archs[1:7]
    with pytest.raises(InputError, match="2 to 7 vertices, got 8"):
        SPACE.models(8)


def test_samples_are_of_models_and_spellings_are_another_distribution() -> None:
    rng = np.random.default_rng(0)
    sizes = [len(SPACE.cell(SPACE.sample(rng)).sources) for _ in range(400)]
    # 359,082 of 423,624 have seven vertices: 339 of 400 expected, standard deviation 7.
    assert 339 - 28 < sizes.count(7) < 339 + 28
    assert [len(SPACE.cell(arch).sources) for arch in spellings(400)].count(7) < 20


def test_crossing_different_cells_ends_soon() -> None:
    rng = np.random.default_rng(0)
    smallest = SPACE.parse("0100:input,output")
    for _ in range(100):
        child = SPACE.crossover(smallest, SPACE.sample(rng), rng)
        assert child in SPACE


def test_the_graph_is_the_pruned_cell() -> None:
    graph = SPACE.graph(SPACE.from_matrix(*full([(0, 2), (2, 6), (0, 6), (0, 3)], [CONV3, POOL, CONV1, CONV1, CONV3])))
    assert graph.ops == ("input", POOL, "output")
    assert graph.adjacency.tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]


def test_a_cell_is_the_same_after_writing_and_reading_its_matrix() -> None:
    for arch in spellings(100):
        cell = SPACE.cell(arch)
        assert cell_from_matrix(cell.matrix(), cell.labels) == cell
