"""Zero-Cost-PT's edge orders once more, slowly and obviously, on lists of weights."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.opscore.worth import Value, kept
from zcnas.supernet import Mixing

Step = tuple[int, int, dict[int, float]]
"""An edge, what it got, and the strengths of its operations."""


@dataclass
class Naive:
    """A supernet of so many operations by edge, while it is decided.

    Attributes:
        weights: By edge, of every operation.
        value: The measure.
        form: ``zc_pt`` or ``disc_zc``.
        allowed: By edge the operations that it may get.
    """

    weights: list[list[float]]
    value: Value
    form: str
    allowed: list[list[int]]
    left: list[int] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @classmethod
    def of(cls, mixing: Mixing, value: Value, form: str, allowed: Sequence[Iterable[int]] | None = None) -> Naive:
        options = [sorted(ops) for ops in (allowed or [range(len(row)) for row in mixing])]
        weights = [
            [weight if op in ops else 0.0 for op, weight in enumerate(row)]
            for row, ops in zip(mixing, options, strict=True)
        ]
        made = cls(weights, value, form, options, list(range(len(mixing))))
        for edge, ops in enumerate(options):
            if len(ops) == 1:
                made.give(edge, ops[0])
        return made

    def strength(self, edge: int, op: int, batch: int) -> float:
        weights = [list(row) for row in self.weights]
        if self.form == "zc_pt":
            weights[edge][op] = 0.0
            return -self.value(kept(weights), (str(batch),))
        weights[edge] = [1.0 if place == op else 0.0 for place in range(len(weights[edge]))]
        return self.value(kept(weights), (str(batch),))

    def row(self, edge: int, batch: int) -> dict[int, float]:
        return {op: self.strength(edge, op, batch) for op in self.allowed[edge]}

    def give(self, edge: int, op: int) -> None:
        self.weights[edge] = [1.0 if place == op else 0.0 for place in range(len(self.weights[edge]))]
        self.left.remove(edge)

    def decide(self, edge: int, row: dict[int, float]) -> None:
        op = max(row, key=lambda op: row[op])
        self.give(edge, op)
        self.steps.append((edge, op, row))

    def along(self, edges: Sequence[int], first_batch: int = 0) -> None:
        for batch, edge in enumerate(edges, start=first_batch):
            self.decide(edge, self.row(edge, batch))


def fixed(naive: Naive) -> None:
    naive.along(list(naive.left))


def reverse(naive: Naive) -> None:
    naive.along(list(reversed(naive.left)))


def global_op_iter(naive: Naive) -> None:
    batch = 0
    while naive.left:
        rows = {edge: naive.row(edge, batch) for edge in naive.left}
        edge = max(rows, key=lambda edge: max(rows[edge].values()))
        naive.decide(edge, rows[edge])
        batch += 1


def global_op_once(naive: Naive) -> None:
    rows = {edge: naive.row(edge, 0) for edge in naive.left}
    while rows:
        edge = max(rows, key=lambda edge: max(rows[edge].values()))
        naive.decide(edge, rows.pop(edge))


def global_edge_iter(naive: Naive) -> None:
    batch = 0
    while naive.left:
        rows = {edge: naive.row(edge, batch) for edge in naive.left}
        edge = max(rows, key=lambda edge: statistics.fmean(rows[edge].values()))
        naive.decide(edge, rows[edge])
        batch += 1


def global_edge_once(naive: Naive) -> None:
    means = {edge: statistics.fmean(naive.row(edge, 0).values()) for edge in naive.left}
    naive.along(sorted(means, key=lambda edge: means[edge], reverse=True), first_batch=1)


NAIVE: dict[str, Callable[[Naive], None]] = {
    "fixed": fixed,
    "reverse": reverse,
    "global_op_iter": global_op_iter,
    "global_op_once": global_op_once,
    "global_edge_iter": global_edge_iter,
    "global_edge_once": global_edge_once,
}
"""All but ``random`` and ``shrink``."""
