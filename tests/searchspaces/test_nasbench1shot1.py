"""NAS-Bench-1Shot1's spaces: sizes, spelling, and their place in NAS-Bench-101."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from zcnas.errors import InputError
from zcnas.searchspaces import get
from zcnas.searchspaces.nasbench1shot1 import NASBench1Shot1
from zcnas.searchspaces.nasbench1shot1.wiring import PARENTS, SIZES, options, sources_of, used, wirings
from zcnas.searchspaces.nasbench101 import NASBench101
from zcnas.space import Architecture, Isomorphic

SPACES = {number: NASBench1Shot1(number) for number in PARENTS}
MODELS = {1: 2_127, 2: 3_258}
"""Distinct models of NAS-Bench-101; the second is published."""


@pytest.mark.parametrize("number", PARENTS)
def test_sizes_are_the_published_ones(number: int) -> None:
    space = SPACES[number]
    archs = list(space)
    assert len(archs) == len(set(archs)) == len(space) == SIZES[number]
    assert archs == sorted(archs)
    assert all(arch in space for arch in archs[::97])
    assert get(space.name).name == space.name


@pytest.mark.parametrize(("number", "listed", "whole"), [(1, 49, 66), (2, 65, 190), (3, 234, 876)])
def test_the_authors_list_lacks_wirings(number: int, listed: int, whole: int) -> None:
    every = {sources_of(number, genes) for genes in np.ndindex(*options(number))}
    assert len(every) == whole
    assert len(list(wirings(number))) == len(set(wirings(number).values())) == listed
    assert sum(3 ** (len(used(sources)) - 2) for sources in every) == {1: 3_702, 2: 12_474, 3: 135_900}[number]


@pytest.mark.parametrize("number", PARENTS)
def test_vertices_have_their_number_of_parents(number: int) -> None:
    for genes, sources in wirings(number).items():
        assert sources == sources_of(number, genes)
        counts = {vertex: len(parents) for vertex, parents in enumerate(sources) if parents}
        assert all(count == PARENTS[number][vertex - 1] for vertex, count in counts.items())
        assert len(sources) - 1 in counts


@pytest.mark.parametrize("number", MODELS)
def test_many_are_one_model(number: int) -> None:
    space = SPACES[number]
    assert len({space.canonical(arch) for arch in space}) == MODELS[number]
    assert isinstance(space, Isomorphic)


def test_the_benchmarks_own_matrix_is_read_and_written() -> None:
    # Vertices 3 and 4 are unused, and vertex 5 is there for NAS-Bench-101's sake.
    text = f"010000100100010000001{'0' * 28}:input,{'conv1x1-bn-relu,' * 5}output"
    arch = SPACES[2].parse(text)
    assert arch.genome == (0, 0, 0, 9, 1, 1, 0, 0)
    assert SPACES[2].format(arch) == text


def test_unused_vertices_are_passed_over() -> None:
    names = "input,conv3x3-bn-relu,{},conv3x3-bn-relu,maxpool3x3,output"
    # Output from 0, 1 and 4; 4 from 0 and 1; 2 and 3 lead nowhere.
    rows = ["010011", "000011", "000000", "000000", "000001", "000000"]
    clean = SPACES[2].parse(f"{''.join(rows)}:{names.format('conv3x3-bn-relu')}")
    rows[0], rows[2] = "011011", "000100"
    assert SPACES[2].parse(f"{''.join(rows)}:{names.format('maxpool3x3')}") == clean
    assert clean.genome == (0, 0, 5, 7, 0, 0, 0, 2)
    assert (
        SPACES[2]
        .format(clean)
        .endswith(":input,conv3x3-bn-relu,conv1x1-bn-relu,conv1x1-bn-relu,maxpool3x3,conv1x1-bn-relu,output")
    )


@pytest.mark.parametrize(
    ("number", "text", "message"),
    [
        (2, "0100:input,output", "a cell of 6 vertices, got 2"),
        (3, "010011000011000000000000000001000000:input,{0},{0},{0},{0},output", "a cell of 7 vertices, got 6"),
        (2, "010001000001000000000000000000000000:input,{0},{0},{0},{0},output", "3 parents of vertex 5"),
        (1, "011011000011000000000000000001000000:input,{0},{0},{0},{0},output", "2 parents of vertex 5"),
        (2, "nonsense", "adjacency"),
    ],
)
def test_other_cells_are_input_errors(number: int, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SPACES[number].parse(text.format("maxpool3x3"))


def test_cells_that_the_authors_left_out_are_not_members() -> None:
    # Output from 0, 2 and 3, where 3 is fed by 0 and 1, and 2 by 0.
    text = "011101000100000001000001000000000000:input,{0},{0},{0},{0},output".format("maxpool3x3")
    with pytest.raises(InputError, match="fed by the used one before"):
        SPACES[2].parse(text)
    with pytest.raises(InputError, match="genes 0 at unused ones"):
        SPACES[2].architecture((1, 0, 5, 7, 0, 0, 0, 2))
    for use in (SPACES[2].format, SPACES[2].nasbench101, SPACES[2].build, SPACES[2].canonical):
        with pytest.raises(InputError, match="nasbench1shot1_2: expected one of its architectures"):
            use(Architecture("nasbench1shot1_1", (0, 0, 5, 7, 0, 0, 0, 2)))


def test_samples_are_uniform() -> None:
    space, rng = SPACES[1], np.random.default_rng(0)
    counts = dict.fromkeys(space, 0)
    for _ in range(5 * len(space)):
        counts[space.sample(rng)] += 1
    # Chi-squared with 2,486 degrees of freedom: five standard deviations, which are sqrt(2 * 2486).
    squared = sum((count - 5) ** 2 / 5 for count in counts.values())
    assert abs(squared - 2_486) < 5 * (2 * 2_486) ** 0.5


@pytest.mark.parametrize("number", [1, 2])
def test_single_changes_lead_everywhere(number: int) -> None:
    space = SPACES[number]
    members = set(space)
    reached = frontier = {space.sample(np.random.default_rng(0))}
    while frontier:
        changed = (
            Architecture(space.name, (*arch.genome[:place], gene, *arch.genome[place + 1 :]))
            for arch in frontier
            for place, options in enumerate(space.choices)
            for gene in range(options)
        )
        frontier = {arch for arch in changed if arch in members} - reached
        reached = reached | frontier
    assert reached == members


@pytest.mark.parametrize("number", [0, 4, "1", None])
def test_there_are_three(number: Any) -> None:
    with pytest.raises(InputError, match="space 1, 2 or 3, got"):
        NASBench1Shot1(number)


@pytest.mark.parametrize("number", PARENTS)
def test_the_network_is_nasbench101s(number: int) -> None:
    space, other = SPACES[number], NASBench101()
    rng = np.random.default_rng(number)
    for arch in [space.sample(rng) for _ in range(3)]:
        same = space.nasbench101(arch)
        assert space.canonical(arch) == other.canonical(same)
        assert space.cell(arch) == other.cell(same)
        assert space.graph(arch).ops == other.graph(same).ops
        first, second = space.build(arch, C=6, N=1), other.build(same, C=6, N=1)
        second.load_state_dict(first.state_dict())
        images = torch.randn(2, 3, 8, 8)
        assert torch.equal(first(images), second(images))
