"""The ways from input to output, each as the operations on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from zcnas.errors import InputError
from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.graphs import GraphEncoder
from zcnas.predictors.encoding.vectors import Encoding, Floats, graphs_of
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.space import Architecture, SearchSpace

Path = tuple[int, ...]

_MOST = 10_000
"""Ways through one graph, beyond which it is no use to list them."""


class Paths(Encoding):
    """A one for every path of the examples that an architecture has; paths are told apart by types of operations.

    Reference: White et al. 2021, BANANAS, arXiv:1910.11858, whose columns are all paths that there might be.

    Args:
        vocabulary: Of operations.
        fold_skips: Whether skips are left out of paths.
    """

    def __init__(self, vocabulary: Vocabulary | None = None, *, fold_skips: bool = False) -> None:
        self._encoder = GraphEncoder(vocabulary or Vocabulary(), fold_skips)

    def learn(self, space: SearchSpace, archs: Sequence[Architecture]) -> Any:
        found = Counter(path for paths in self._paths(space, archs) for path in paths)
        return sorted(map(list, found))

    def __call__(self, space: SearchSpace, archs: Sequence[Architecture], known: Any, /) -> Floats:
        columns = {tuple(path): column for column, path in enumerate(known)}
        matrix = np.zeros((len(archs), len(columns)))
        for row, paths in enumerate(self._paths(space, archs)):
            matrix[row, [columns[path] for path in paths if path in columns]] = 1
        return matrix

    def _paths(self, space: SearchSpace, archs: Sequence[Architecture]) -> Iterator[set[Path]]:
        batch = self._encoder(graphs_of(space, archs))
        for arch, nodes in zip(archs, _grouped(batch), strict=True):
            paths = _paths(*nodes)
            if paths is None:
                raise InputError(
                    f"paths: expected at most {_MOST} through a graph, got more in {arch.key}; take another encoding"
                )
            yield paths


def _grouped(batch: GraphBatch) -> Iterator[tuple[list[int], list[tuple[int, int]]]]:
    """Of every graph the types of its nodes, and its edges between these."""
    graphs, types = batch.graphs.numpy(), batch.types.tolist()
    starts = np.searchsorted(graphs, np.arange(len(batch) + 1)).tolist()
    edges = list(zip(batch.sources.tolist(), batch.targets.tolist(), strict=True))
    cuts = np.searchsorted(graphs[batch.sources.numpy()], np.arange(len(batch) + 1)).tolist()
    for graph, start in enumerate(starts[:-1]):
        own = [(source - start, target - start) for source, target in edges[cuts[graph] : cuts[graph + 1]]]
        yield types[start : starts[graph + 1]], own


def _paths(types: list[int], edges: list[tuple[int, int]]) -> set[Path] | None:
    """Types on every way from the first to the last node, without these two."""
    ways: list[set[Path]] = [{()}, *(set[Path]() for _ in types[1:])]
    for source, target in edges:  # In the order of their sources, all ways to which are known by then.
        step = (types[source],) if source else ()
        ways[target] |= {(*way, *step) for way in ways[source]}
        if len(ways[target]) > _MOST:
            return None
    return ways[-1]
