"""The supernet of DARTS: every cell has all candidates on all of its 14 edges (Liu et al. 2019, arXiv:1806.09055)."""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.searchspaces.darts.cell import EDGES, INPUTS, NODES, NONE, TARGETS, Candidates
from zcnas.searchspaces.darts.network import CellMaker, Place, Preprocessed
from zcnas.searchspaces.darts.operations import operation
from zcnas.supernet import Decisions, Edge, Mixture, Node, strided_zeros, total

_KEPT = len(TARGETS) // len(NODES)
_CELLS = ("normal", "reduce")
_INTO = {node: tuple(edge for edge, (_, end) in enumerate(EDGES) if end == node) for node in NODES}

CELL_NODES = tuple(
    Node(f"{cell}.{node}", tuple(first + edge for edge in edges), keep=_KEPT)
    for cell, first in zip(_CELLS, (0, len(EDGES)), strict=True)
    for node, edges in _INTO.items()
)
"""The four nodes of the normal and of the reduction cell, each of which keeps two edges."""


def edges_of(candidates: tuple[Candidates, Candidates]) -> tuple[Edge, ...]:
    """The edges of the normal cell and then those of the reduction cell, each with its own operations.

    ``none`` is weighed where it is a candidate, and never chosen, as in DARTS.
    """
    return tuple(
        Edge(f"{cell}.{source}-{node}", ops, barred=tuple(op for op, name in enumerate(ops) if name == NONE))
        for cell, edges in zip(_CELLS, candidates, strict=True)
        for (source, node), ops in zip(EDGES, edges, strict=True)
    )


def mixed_cells(candidates: tuple[Candidates, Candidates]) -> CellMaker:
    """Makes cells in which every edge has all its candidates."""
    return lambda place: MixedCell(candidates[place.reduction], place)


class MixedCell(Preprocessed):
    """A cell in which every edge is a mixture; norms have neither scale nor shift, and pools are followed by one.

    Args:
        candidates: Names of the operations on each of :data:`EDGES`.
        place: Where it stands.
    """

    def __init__(self, candidates: Candidates, place: Place) -> None:
        super().__init__(place, affine=False)
        first = len(EDGES) * place.reduction
        self.edges = nn.ModuleList(
            Mixture(
                first + edge, [_operation(op, place.channels, place.stride(EDGES[edge][0])) for op in candidates[edge]]
            )
            for edge in range(len(EDGES))
        )
        self._stride = place.stride(0)

    def forward(self, first: Tensor, second: Tensor, _drop: float = 0.0) -> Tensor:
        """Maps two maps to ``(N, 4 C, H, W)``; a node without inputs is zero. Paths are dropped in found cells only."""
        states = self.preprocessed(first, second)
        for node in NODES:
            value = total(self.edges[edge](states[EDGES[edge][0]]) for edge in _INTO[node])
            states.append(strided_zeros(states[0], self._stride) if value is None else value)
        return torch.cat(states[INPUTS:], dim=1)


def kept_genes(space: str, decisions: Decisions) -> tuple[int, ...]:
    """The genome of what was kept: for each node the two inputs in ascending order, each with its operation.

    Raises:
        InputError: Not 28 decisions, or a node that keeps other than two edges.
    """
    if len(decisions) != len(_CELLS) * len(EDGES):
        raise InputError(f"{space}: expected decisions for {len(_CELLS) * len(EDGES)} edges, got {len(decisions)}")
    return tuple(chain.from_iterable(_genes(space, node, decisions) for node in CELL_NODES))


def _genes(space: str, node: Node, decisions: Decisions) -> list[int]:
    pairs = [(EDGES[edge % len(EDGES)][0], op) for edge in node.edges if (op := decisions[edge]) is not None]
    if len(pairs) != node.keep:
        raise InputError(
            f"{space}: expected {node.keep} edges into node {node.name}, got {len(pairs)}; drop others with None"
        )
    return [gene for pair in pairs for gene in pair]


def _operation(name: str, channels: int, stride: int) -> nn.Module | None:
    return None if name == NONE else operation(name, channels, stride, affine=False)
