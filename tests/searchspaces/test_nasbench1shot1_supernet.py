"""The supernets of NAS-Bench-1Shot1: what can be decided, and what is computed; the rest is in the contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np
import pytest
import torch
from torch import nn

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench1shot1 import NASBench1Shot1
from zcnas.searchspaces.nasbench1shot1.wiring import PARENTS
from zcnas.searchspaces.nasbench101 import OPS, NASBench101
from zcnas.supernet import Decisions, Supernet
from zcnas.testing.choices import only, some_decisions

SPACES = {number: NASBench1Shot1(number) for number in PARENTS}
SUPERNETS = {number: space.supernet(seed=0, C=4, N=1) for number, space in SPACES.items()}
NASBENCH101 = NASBench101()


def decisions_of(supernet: Supernet, ops: Sequence[int], sources: Sequence[Sequence[int]]) -> Decisions:
    """Parents that are not given, because nobody reads the vertex, are the first ones."""
    chosen: list[int | None] = [None] * len(supernet.edges)
    chosen[: len(ops)] = ops
    for node in supernet.nodes:
        parents = sources[int(node.name.removeprefix("vertex"))] or range(node.keep)
        for parent in parents:
            chosen[node.edges[parent]] = 0
    return tuple(chosen)


def all_wirings(number: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    sets = [combinations(range(vertex), count) for vertex, count in enumerate(PARENTS[number], start=1)]
    return (((), *sources) for sources in product(*sets))


@pytest.mark.parametrize(("number", "count"), [(1, 180), (2, 360), (3, 5400)])
def test_all_that_can_be_decided_is_in_nasbench101(number: int, count: int) -> None:
    supernet, rng, wirings = SUPERNETS[number], np.random.default_rng(0), list(all_wirings(number))
    assert len(wirings) == count
    # What is valid depends on the wiring alone, so that one choice of operations for each is enough.
    for sources in wirings[:: 1 if number < 3 else 20]:
        ops = rng.integers(len(OPS), size=len(PARENTS[number]) - 1).tolist()
        arch = supernet.decode(decisions_of(supernet, ops, sources))
        cell = NASBENCH101.cell(arch)
        assert arch in NASBENCH101
        assert len(cell.sources) <= 7
        assert cell.edges <= 9


@pytest.mark.parametrize("number", PARENTS)
def test_all_architectures_without_loose_ends_can_be_decided(number: int) -> None:
    space, supernet = SPACES[number], SUPERNETS[number]
    for arch in list(space)[:: 1 if number < 3 else 20]:
        cell = space.whole(arch)
        assert supernet.decode(decisions_of(supernet, cell.ops, cell.sources)) == space.nasbench101(arch)


def test_edges_and_nodes_are_those_of_the_paper() -> None:
    supernet = SUPERNETS[3]
    assert [edge.operations for edge in supernet.edges] == [OPS] * 5 + [("parent",)] * 20
    assert [edge.name for edge in supernet.edges[4:9]] == ["vertex5", "0-2", "1-2", "0-3", "1-3"]
    assert [(node.name, len(node.edges), node.keep, node.one_by_one) for node in supernet.nodes] == [
        ("vertex2", 2, 1, False),
        ("vertex3", 3, 1, False),
        ("vertex4", 4, 2, False),
        ("vertex5", 5, 2, False),
        ("vertex6", 6, 2, False),
    ]
    # Both vertices before have to be read.
    assert [node.name for node in SUPERNETS[1].nodes] == ["vertex3", "vertex4", "vertex5"]
    assert [row[0] for row in supernet.uniform()[5:7]] == [0.5, 0.5]


def test_vertices_that_nobody_reads_are_not_computed() -> None:
    supernet = SUPERNETS[2]
    decisions = decisions_of(supernet, (0, 0, 0, 0), ((), (0,), (1,), (0, 1), (0, 3), (0, 1, 3)))
    ran: set[str] = set()
    view = supernet.view(only(supernet, decisions))
    hooks = [
        module.register_forward_hook(lambda *_, name=name: ran.add(name))
        for name, module in view.named_modules()
        if isinstance(module, nn.Conv2d)
    ]
    view(torch.randn(2, 3, 8, 8))
    for hook in hooks:
        hook.remove()
    assert {name.split(".")[3] for name in ran if name.startswith("cells.0.vertices")} == {"0", "2"}
    assert "cells.0.readers.0.parents.0.0" in ran
    assert not any(name.startswith("cells.0.readers.3") for name in ran)


def test_any_size_classes_and_channels() -> None:
    network = SPACES[1].supernet(seed=0, C=4, N=2, num_classes=7, in_channels=1).network
    for size in (5, 8):
        assert network(torch.randn(2, 1, size, size)).shape == (2, 7)
    assert network.block_names == ("stem", *(f"cells.{place}" for place in range(6)))
    assert network.last_map_name == "postprocess"


def test_other_decisions_are_refused() -> None:
    supernet = SUPERNETS[1]
    good = list(some_decisions(supernet, np.random.default_rng(0)))
    with pytest.raises(InputError, match=r"the first 4 of which are codes from 0 to 2"):
        supernet.decode((None, *good[1:]))
    with pytest.raises(InputError, match=r"expected 0 for 2 edges into vertex 5 and None for the others, got \(0, 0"):
        supernet.decode((*good[:-5], 0, 0, 0, 0, 0))
    with pytest.raises(InputError, match=r"into vertex 5 .*got \(0, 1"):
        supernet.decode((*good[:-5], 0, 1, None, None, None))


def test_nothing_left_to_read_is_zero() -> None:
    supernet = SUPERNETS[1]
    nothing = tuple((0.0,) * len(edge.operations) for edge in supernet.edges)
    logits = supernet.view(nothing)(torch.randn(2, 3, 8, 8))
    assert torch.equal(logits[0], logits[1])
