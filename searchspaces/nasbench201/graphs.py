"""A cell as a graph whose nodes are operations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from zcnas.graph import Graph
from zcnas.searchspaces.nasbench201.cell import EDGES, INPUT, NONE, OPS, OUTPUT


def operation_graph(codes: Sequence[int]) -> Graph:
    """Input, every operation but ``none`` in the order of the edges, output.

    An operation reads all those that end at the cell's node where it starts; dead ones are there as well.

    >>> operation_graph((3, 0, 0, 0, 1, 0)).ops
    ('input', 'nor_conv_3x3', 'skip_connect', 'output')
    """
    named = [OPS[code] for code in codes if code != NONE]
    return _edges(tuple(code != NONE for code in codes)).relabelled(("input", *named, "output"))


@cache
def _edges(present: tuple[bool, ...]) -> Graph:
    """Of all cells with an operation on the same edges; nobody may write to its adjacency."""
    edges = [edge for edge, there in zip(EDGES, present, strict=True) if there]
    vertices = [(INPUT - 1, INPUT), *edges, (OUTPUT, OUTPUT + 1)]
    adjacency = np.array([[end == start for start, _ in vertices] for _, end in vertices], dtype=np.int8)
    adjacency.flags.writeable = False
    return Graph(adjacency, ("",) * len(vertices))
