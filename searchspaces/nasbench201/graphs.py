"""A cell as a graph whose nodes are operations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zcnas.graph import Graph
from zcnas.searchspaces.nasbench201.cell import EDGES, INPUT, NONE, OPS, OUTPUT


def operation_graph(codes: Sequence[int]) -> Graph:
    """Input, every operation but ``none`` in the order of the edges, output.

    An operation reads all those that end at the cell's node where it starts; dead ones are there as well.

    >>> operation_graph((3, 0, 0, 0, 1, 0)).ops
    ('input', 'nor_conv_3x3', 'skip_connect', 'output')
    """
    edges = [(OPS[code], *edge) for code, edge in zip(codes, EDGES, strict=True) if code != NONE]
    vertices = [("input", INPUT - 1, INPUT), *edges, ("output", OUTPUT, OUTPUT + 1)]
    adjacency = [[end == start for _, start, _ in vertices] for _, _, end in vertices]
    return Graph(np.array(adjacency, dtype=np.int8), tuple(op for op, _, _ in vertices))
