"""Both cells in one graph whose nodes are operations."""

from __future__ import annotations

import numpy as np

from zcnas.graph import Graph
from zcnas.searchspaces.darts.cell import INPUTS, NODES, NONE, TARGETS
from zcnas.searchspaces.darts.genotype import Cell, Genotype


def operation_graph(genotype: Genotype) -> Graph:
    """Input, the normal cell, the reduction cell, output.

    A cell is its two inputs, every operation but ``none`` in the order of the genotype, and a concatenation of
    all. An operation reads all those that end at the node where it starts.
    """
    ops, feeds = ["input"], list[tuple[int, int]]()
    for cell in (genotype.normal, genotype.reduce):
        _add(cell, ops, feeds)
    feeds.append((len(ops) - 1, len(ops)))
    ops.append("output")
    adjacency = np.zeros((len(ops), len(ops)), dtype=np.int8)
    adjacency[tuple(np.transpose(feeds))] = 1
    return Graph(adjacency, tuple(ops))


def _add(cell: Cell, ops: list[str], feeds: list[tuple[int, int]]) -> None:
    before = len(ops) - 1
    ends: dict[int, list[int]] = {state: [before + 1 + state] for state in range(INPUTS)}
    ops += [f"input_{state}" for state in range(INPUTS)]
    feeds += [(before, end) for (end,) in ends.values()]
    for (op, source), node in zip(cell, TARGETS, strict=True):
        vertices = ends.setdefault(node, [])
        if op != NONE:
            feeds += [(end, len(ops)) for end in ends[source]]
            vertices.append(len(ops))
            ops.append(op)
    feeds += [(end, len(ops)) for node in NODES for end in ends[node]]
    ops.append("concat")
