"""The cell: two inputs, four nodes, and an operation on each of the 14 edges that a search may keep."""

from __future__ import annotations

from collections.abc import Sequence

OPS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
"""Operations in the order of NAS-Bench-301's compact code: code 3 is ``sep_conv_3x3``."""

NONE, NOISE = "none", "noise"
"""Also candidates of a search, the second in one subspace only; DARTS itself never chooses the first."""

INPUTS = 2
NODES = range(INPUTS, INPUTS + 4)
"""Each sums two operations on earlier nodes or inputs; all four are concatenated."""

EDGES = tuple((source, node) for node in NODES for source in range(node))
"""(source, node) of every edge in the order of DARTS."""

TARGETS = tuple(node for node in NODES for _ in range(2))
"""The node that each of a cell's eight operations ends at."""

Candidates = tuple[tuple[str, ...], ...]
"""The operations that each of :data:`EDGES` may have."""


def everywhere(ops: Sequence[str]) -> tuple[Candidates, Candidates]:
    """The same operations on all edges of the normal and the reduction cell."""
    return ((tuple(ops),) * len(EDGES),) * 2
