"""Strengths of operations, and the weights that they give a supernet's mixtures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.seeding import generator
from zcnas.supernet import Mixing, Supernet

Strengths = tuple[tuple[float, ...], ...]
"""By edge: DARTS's alpha of every operation."""

_SCALE = 1e-3


def initial(supernet: Supernet, seed: int) -> Strengths:
    """As DARTS begins: ``1e-3`` times standard normal numbers."""
    rng = generator("training-strengths", seed)
    rows = [_SCALE * rng.standard_normal(len(edge.operations)) for edge in supernet.edges]
    return tuple(tuple(row.tolist()) for row in rows)


class Relaxation(nn.Module):
    """One strength for every operation of every edge, as parameters.

    The weights of an edge are the softmax of its strengths. Edges with one operation, by which a node says how much
    it listens to each of its inputs, share one softmax by node, as :class:`~zcnas.supernet.Supernet` has it.

    Args:
        supernet: Whose edges and nodes.
        strengths: By edge.
        like: A tensor of the type and on the device that they shall have.

    Raises:
        InputError: Not one finite strength for every operation.
    """

    def __init__(self, supernet: Supernet, strengths: Sequence[Sequence[float]], like: Tensor) -> None:
        super().__init__()
        sizes, expected = [len(row) for row in strengths], [len(edge.operations) for edge in supernet.edges]
        if sizes != expected or not bool(torch.tensor([value for row in strengths for value in row]).isfinite().all()):
            raise InputError(f"strengths: expected {expected} finite numbers by edge, got {strengths}")
        rows = [torch.tensor(row, dtype=like.dtype, device=like.device) for row in strengths]
        self.strengths = nn.ParameterList(rows)
        lone = {edge for edge, size in enumerate(expected) if size == 1}
        self._shared = [[edge for edge in node.edges if edge in lone] for node in supernet.nodes]

    def forward(self) -> list[Tensor]:
        """Weights (O,) by edge."""
        rows = [row.softmax(0) for row in self.strengths]
        for edges in filter(None, self._shared):
            parts = torch.cat([self.strengths[edge] for edge in edges]).softmax(0)
            for place, edge in enumerate(edges):
                rows[edge] = parts[place : place + 1]
        return rows

    def plain(self) -> Strengths:
        """The strengths as numbers."""
        return tuple(tuple(row.tolist()) for row in self.strengths)

    def mixing(self) -> Mixing:
        """The weights as numbers."""
        return tuple(tuple(row.tolist()) for row in self())
