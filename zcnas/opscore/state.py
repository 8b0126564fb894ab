"""A supernet on its way to an architecture: what is decided, and what the rest still weighs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.space import Architecture
from zcnas.supernet import Mixing, Node, Supernet

Candidate = tuple[int, int]
"""An edge and the place of one of its operations."""


class State:
    """Which operation every edge has got so far, and the weights of those that have none yet.

    Weights of other operations are never renormalised when one is masked. A decided edge has its one operation with
    weight 1; one with a single operation is decided from the beginning, and keeps its weight until its node is.

    Args:
        supernet: Whose edges are to be decided.
        mixing: The weights to begin with.
        allowed: By edge the places of the operations that are left; all by default. Those that the edge bars are in
            the mixture, and not chosen.
    """

    def __init__(self, supernet: Supernet, mixing: Mixing, allowed: Iterable[Iterable[int]] | None = None) -> None:
        supernet.check(mixing)
        self.supernet, self.start = supernet, mixing
        everything = [range(len(edge.operations)) for edge in supernet.edges]
        left = [tuple(ops) for ops in (everything if allowed is None else allowed)]
        self.allowed = [
            tuple(op for op in ops if op not in edge.barred) for ops, edge in zip(left, supernet.edges, strict=True)
        ]
        self.rows = [
            [weight if op in ops else 0.0 for op, weight in enumerate(row)]
            for row, ops in zip(mixing, left, strict=True)
        ]
        self.decisions: list[int | None] = [0 if len(edge.operations) == 1 else None for edge in supernet.edges]
        self.undecided = [place for place, op in enumerate(self.decisions) if op is None]
        self.pending = list(supernet.nodes)
        for edge in [edge for edge in self.undecided if len(self.allowed[edge]) == 1]:
            self.decide(edge, self.allowed[edge][0])

    @property
    def mixing(self) -> Mixing:
        """The weights as they are now."""
        return tuple(map(tuple, self.rows))

    def initial(self, candidates: Iterable[Candidate]) -> npt.NDArray[np.float64]:
        """``(M,)``: the weights that these operations began with."""
        return np.array([self.start[edge][op] for edge, op in candidates])

    def candidates(self, edges: Iterable[int]) -> list[Candidate]:
        """All operations that these edges may still get."""
        return [(edge, op) for edge in edges for op in self.allowed[edge]]

    def without(self, edge: int, op: int) -> Mixing:
        """The weights with this operation masked."""
        return self._with(edge, [0.0 if place == op else weight for place, weight in enumerate(self.rows[edge])])

    def fixed(self, edge: int, op: int) -> Mixing:
        """The weights with the edge fixed to this operation."""
        return self._with(edge, [float(place == op) for place in range(len(self.rows[edge]))])

    def dropped(self, edges: Iterable[int]) -> Mixing:
        """The weights without these edges."""
        gone = set(edges)
        return tuple(tuple(0.0 for _ in row) if edge in gone else tuple(row) for edge, row in enumerate(self.rows))

    def alone(self, edge: int, node: Node) -> Mixing:
        """The weights with this edge, at its full weight, as the only one that its node has."""
        rows = list(self.dropped(other for other in node.edges if other != edge))
        rows[edge] = self._full(edge)
        return tuple(rows)

    def decide(self, edge: int, op: int) -> None:
        """Gives the edge its operation.

        Raises:
            InputError: It has one, or may not have this one.
        """
        if edge not in self.undecided or op not in self.allowed[edge]:
            raise InputError(f"expected one of {self.candidates(self.undecided)}, got {(edge, op)}")
        self.undecided.remove(edge)
        self.decisions[edge] = op
        self.rows[edge] = list(self.fixed(edge, op)[edge])

    def drop(self, edge: int) -> None:
        """Takes a decided edge away."""
        self.decisions[edge] = None
        self.rows[edge] = [0.0] * len(self.rows[edge])

    def settle(self, node: Node) -> None:
        """Gives the edges that a node has kept their full weight."""
        self.pending.remove(node)
        for edge in self.kept(node):
            self.rows[edge] = list(self._full(edge))

    def kept(self, node: Node) -> list[int]:
        """The edges of a node that have not been dropped."""
        return [edge for edge in node.edges if self.decisions[edge] is not None]

    def architecture(self) -> Architecture:
        """What was decided. Raises :class:`InputError` while an edge or node is undecided."""
        if self.undecided or self.pending:
            left = [*(self.supernet.edges[edge].name for edge in self.undecided), *(node.name for node in self.pending)]
            raise InputError(f"expected all edges and nodes decided, got {', '.join(left)} undecided")
        return self.supernet.decode(tuple(self.decisions))

    def groups(self) -> Iterator[list[int]]:
        """The undecided edges, those of different cells apart."""
        names = dict.fromkeys(self.supernet.edges[edge].group for edge in self.undecided)
        return ([edge for edge in self.undecided if self.supernet.edges[edge].group == name] for name in names)

    def _full(self, edge: int) -> tuple[float, ...]:
        return self.fixed(edge, self.decisions[edge] or 0)[edge]

    def _with(self, edge: int, row: list[float]) -> Mixing:
        rows = [tuple(one) for one in self.rows]
        rows[edge] = tuple(row)
        return tuple(rows)
