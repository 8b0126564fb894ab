"""Batches of graphs that are asked for again, as whole spaces are in a search."""

from __future__ import annotations

from collections.abc import Sequence

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.graphs import GraphEncoder
from zcnas.predictors.encoding.vectors import graphs_of
from zcnas.space import Architecture, SearchSpace

_MANY = 1000


class Memory:
    """Encodes architectures; of many at a time it remembers the last ones.

    Args:
        space: Of the architectures.
        encoder: Of graphs.
    """

    def __init__(self, space: SearchSpace, encoder: GraphEncoder) -> None:
        self._space, self._encoder = space, encoder
        self._last: tuple[tuple[Architecture, ...], GraphBatch] | None = None

    def __call__(self, archs: Sequence[Architecture]) -> GraphBatch:
        """The batch of ``archs``."""
        if len(archs) < _MANY:
            return self._encoder(graphs_of(self._space, archs))
        if self._last is None or self._last[0] != tuple(archs):
            self._last = tuple(archs), self._encoder(graphs_of(self._space, archs))
        return self._last[1]
