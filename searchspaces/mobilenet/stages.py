"""Stages: blocks of one width in a row, of which the first changes width and size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from zcnas.graph import Graph
from zcnas.searchspaces.pieces import shrunk


class Step(NamedTuple):
    """Where a block stands: channels that come in and go out, and its stride."""

    before: int
    after: int
    stride: int

    @property
    def keeps(self) -> bool:
        """Whether a block that does nothing could stand here."""
        return self.before == self.after and self.stride == 1

    def shrunk(self, size: int) -> int:
        """Size of the map that comes out, from that of the one that goes in."""
        return shrunk(size, self.stride)


def steps(before: int, widths: Iterable[int], depths: Iterable[int], strides: Iterable[int]) -> Iterator[Step]:
    """All blocks' places: ``depths`` blocks of each of ``widths`` after ``before`` channels."""
    for width, depth, stride in zip(widths, depths, strides, strict=True):
        for place in range(depth):
            yield Step(before, width, 1 if place else stride)
            before = width


def settled(genes: Sequence[int], depths: Iterable[int], empty: int) -> tuple[int, ...]:
    """The same network with the blocks that do nothing at the end of their stages.

    The first block of a stage stays: it has another shape than the others.
    """
    found, rest = [], iter(genes)
    for depth in depths:
        stage = [next(rest) for _ in range(depth)]
        found.append([stage[0], *sorted(stage[1:], key=lambda gene: gene == empty)])
    return tuple(chain.from_iterable(found))


def line(ops: Iterable[str]) -> Graph:
    """Operations one after the other."""
    names = ("input", *ops, "output")
    return Graph(np.eye(len(names), k=1, dtype=np.int8), names)
