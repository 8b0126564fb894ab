"""A cell as a graph whose nodes are operations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zcnas.graph import Graph
from zcnas.searchspaces.nasbench_graph.cell import OPS


def operation_graph(links: Sequence[int], codes: Sequence[int]) -> Graph:
    """Input, the four operations, and an output that reads all that nobody else does.

    >>> operation_graph((0, 0, 1, 1), (1, 2, 7, 8)).adjacency[:, -1].tolist()
    [0, 0, 1, 1, 1, 0]
    """
    output = len(codes) + 1
    adjacency = np.zeros((output + 1, output + 1), dtype=np.int8)
    adjacency[links, range(1, output)] = 1
    adjacency[:output, output] = ~adjacency[:output].any(axis=1)
    return Graph(adjacency, ("input", *(OPS[code] for code in codes), "output"))
