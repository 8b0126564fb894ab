"""Architectures of one space as batches of graphs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, count

import numpy as np
import numpy.typing as npt
import torch

from zcnas.graph import Graph
from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.operations import ATTRIBUTES
from zcnas.predictors.encoding.pruning import Bools, Floats, along, live, without_skips
from zcnas.predictors.encoding.rows import first_equal
from zcnas.predictors.encoding.vocabulary import Vocabulary

Ints = npt.NDArray[np.int64]

PLACES = ("before", "behind", "smaller", "wider")
"""Told of a node beside :data:`ATTRIBUTES`: eighths of the longest way to it from the input and from it to the output,
and logarithms of how much smaller and wider the network is by then."""

WIDTH = len(ATTRIBUTES) + len(PLACES)
"""Number of attributes A of a node."""

_STRIDE, _WIDER = ATTRIBUTES.index("stride"), ATTRIBUTES.index("wider")
_EIGHTH = 1 / 8  # Brings depths, which go up to twenty or so, to the size of logarithms.


@dataclass(frozen=True)
class GraphEncoder:
    """Turns graphs into batches: what cannot reach the output, or gives zero, is left out.

    Args:
        vocabulary: Of operations.
        fold_skips: Whether skips become edges, as in BRP-NAS, rather than nodes. Two that are side by side, or beside
            an edge, then count once.
    """

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    fold_skips: bool = False

    def __call__(self, graphs: Sequence[Graph]) -> GraphBatch:
        """The batch of ``graphs``, in their order.

        Raises:
            UnknownNameError: An operation that the vocabulary has not.
        """
        sizes = np.array([len(graph.ops) for graph in graphs], dtype=np.int64)
        codes, table = self._codes(graphs)
        starts = np.cumsum(sizes) - sizes
        parts = []
        for size in np.unique(sizes):
            members = np.flatnonzero(sizes == size)
            wired = _adjacencies([graphs[place] for place in members.tolist()])
            parts.append(self._part(members, *wired, codes[starts[members, None] + np.arange(size)], table))
        return _joined(parts, len(graphs))

    def _codes(self, graphs: Sequence[Graph]) -> tuple[Ints, _Table]:
        """A code for every node of all graphs, and what codes mean."""
        numbers: dict[str, int] = defaultdict(count().__next__)
        codes = list(map(numbers.__getitem__, chain.from_iterable(graph.ops for graph in graphs)))
        ops = [self.vocabulary.operation(spelling) for spelling in numbers]
        types = np.array([self.vocabulary.index(spelling) for spelling in numbers], dtype=np.int64)
        sizes = np.array([op.attributes for op in ops], dtype=np.float32).reshape(len(ops), len(ATTRIBUTES))
        skips = np.array([self.fold_skips and op.kind == "skip" and op.stride == 1 for op in ops], dtype=np.bool_)
        zeros = np.array([op.kind == "zero" for op in ops], dtype=np.bool_)
        rows = np.concatenate([sizes[:, [_STRIDE, _WIDER]], skips[:, None], zeros[:, None]], axis=1)
        return np.array(codes, dtype=np.int64), _Table(types, sizes, skips, zeros, first_equal(rows))

    def _part(self, members: Ints, matrices: Bools, which: Ints, codes: Ints, table: _Table) -> _Part:
        # What is left of edges depends on little of the operations: graphs are alike in it, and it is found out once.
        first = first_equal(np.concatenate([which[:, None], table.roles[codes]], axis=1))
        alike, like = np.unique(first, return_inverse=True)
        adjacency, some = matrices[which[alike]], codes[alike]
        if self.fold_skips:
            adjacency = without_skips(adjacency, table.skips[some])
        kept = live(adjacency, table.zeros[some])
        adjacency &= kept[:, :, None] & kept[:, None, :]
        places = _places(adjacency, table.sizes[some])
        attributes = np.concatenate([table.sizes[codes], places[like]], axis=2)
        return _Part(members, kept[like], adjacency[like], table.types[codes], attributes)


@dataclass(frozen=True, slots=True)
class _Table:
    """What codes of operations mean: types, sizes, whether they are skips to fold and zeros.

    Codes of equal roles are alike in all of these but type and those sizes that nothing else depends on.
    """

    types: Ints
    sizes: Floats
    skips: Bools
    zeros: Bools
    roles: Ints


@dataclass(frozen=True, slots=True)
class _Part:
    """Graphs of one size, and their places among all."""

    members: Ints
    kept: Bools
    adjacency: Bools
    types: Ints
    attributes: Floats


def _adjacencies(graphs: Sequence[Graph]) -> tuple[Bools, Ints]:
    """Matrices ``(M, V, V)`` of graphs of one size, one that several have in common once, and which each has."""
    shared = {id(graph.adjacency): graph.adjacency for graph in graphs}
    numbers = {key: number for number, key in enumerate(shared)}
    which = np.array([numbers[id(graph.adjacency)] for graph in graphs], dtype=np.int64)
    return np.array([*shared.values()], dtype=np.bool_), which


def _places(adjacency: Bools, sizes: Floats) -> Floats:
    ones = np.full((*adjacency.shape[:2], 1), _EIGHTH, dtype=np.float32)
    forward = along(adjacency, np.concatenate([ones, sizes[:, :, [_STRIDE, _WIDER]]], axis=2))
    backward = along(adjacency[:, ::-1, ::-1].transpose(0, 2, 1), ones)[:, ::-1]
    return np.concatenate([forward[:, :, :1], backward, forward[:, :, 1:]], axis=2)


def _joined(parts: list[_Part], number: int) -> GraphBatch:
    sizes, counts = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    for part in parts:
        sizes[part.members], counts[part.members] = part.kept.sum(axis=1), part.adjacency.sum(axis=(1, 2))
    starts, cuts = np.cumsum(sizes) - sizes, np.cumsum(counts) - counts
    types, attributes = np.empty(sizes.sum(), dtype=np.int64), np.empty((sizes.sum(), WIDTH), dtype=np.float32)
    ends = np.empty((2, counts.sum()), dtype=np.int64)
    for part in parts:
        numbers = starts[part.members, None] + np.cumsum(part.kept, axis=1) - 1
        types[numbers[part.kept]] = part.types[part.kept]
        attributes[numbers[part.kept]] = part.attributes[part.kept]
        member, source, target = np.nonzero(part.adjacency)
        # Edges come in the order of their graphs: those of a graph lie side by side, here and in the batch.
        before = np.cumsum(counts[part.members]) - counts[part.members]
        places = np.arange(len(member)) + (cuts[part.members] - before)[member]
        ends[:, places] = numbers[member, source], numbers[member, target]
    return GraphBatch(
        types=torch.from_numpy(types),
        attributes=torch.from_numpy(attributes),
        sources=torch.from_numpy(ends[0]),
        targets=torch.from_numpy(ends[1]),
        graphs=torch.from_numpy(np.repeat(np.arange(number), sizes)),
        count=number,
        extras=torch.zeros(number, 0),
    )
