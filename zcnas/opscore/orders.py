"""In which order edges are decided, and from which scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from zcnas.opscore.measures import Values, defined_first, strongest

if TYPE_CHECKING:
    from zcnas.opscore.run import Run

Order = Callable[["Run"], None]
"""Decides all edges of a run."""

SHRINKING_PROPOSALS = 20
"""How many proposals ``shrink`` unites, as in the authors' code."""


def random(run: Run) -> None:
    """At every step one random undecided edge, of every cell one, on the same batch: the paper's order."""
    while run.state.undecided:
        run.advance()
        for edges in list(run.state.groups()):
            run.decide_best([edges[int(run.rng.integers(len(edges)))]])


def fixed(run: Run) -> None:
    """From the first edge to the last."""
    _along(run, list(run.state.undecided))


def reverse(run: Run) -> None:
    """From the last edge to the first."""
    _along(run, run.state.undecided[::-1])


def global_op_iter(run: Run) -> None:
    """At every step the strongest operation of all undecided edges: greedy."""
    while run.state.undecided:
        run.advance()
        run.decide_best(run.state.undecided)


def global_op_once(run: Run) -> None:
    """One round of scores gives every edge its strongest operation, the strongest first."""
    run.advance()
    found = run.strengths(run.state.undecided)
    for edge in sorted(found, key=lambda edge: strongest(found[edge]), reverse=True):
        run.decide(edge, found[edge])


def global_edge_iter(run: Run) -> None:
    """At every step the edge whose operations are strongest on average."""
    while run.state.undecided:
        run.advance()
        found = run.strengths(run.state.undecided)
        edge = max(found, key=lambda edge: _mean(found[edge]))
        run.decide(edge, found[edge])


def global_edge_once(run: Run) -> None:
    """One round of scores gives the order, from the edge whose operations are strongest on average downwards.

    Every edge's operations are scored again when its turn comes.
    """
    run.advance()
    found = run.strengths(run.state.undecided)
    _along(run, sorted(found, key=lambda edge: _mean(found[edge]), reverse=True))


def shrink(run: Run) -> None:
    """The operations that 20 proposals in random order chose make a smaller supernet, which is decided greedily."""
    chosen: list[set[int]] = [set() for _ in run.state.allowed]
    for number in range(SHRINKING_PROPOSALS):
        other = run.another(number)
        random(other)
        run.scores += other.scores
        for edge, op in enumerate(other.state.decisions):
            chosen[edge].add(op or 0)
    run.restrict(chosen)
    global_op_iter(run)


ORDERS: Mapping[str, Order] = {
    "random": random,
    "fixed": fixed,
    "reverse": reverse,
    "global_op_iter": global_op_iter,
    "global_op_once": global_op_once,
    "global_edge_iter": global_edge_iter,
    "global_edge_once": global_edge_once,
    "shrink": shrink,
}
"""By name. All are written so that what is chosen for an edge is kept for that edge, whenever its turn comes; of edges
that are as strong as each other the first comes first."""


def _along(run: Run, edges: Iterable[int]) -> None:
    for edge in edges:
        run.advance()
        run.decide_best([edge])


def _mean(strengths: Values) -> tuple[bool, float]:
    """Of those that there are. Infinite ones of both signs have no mean: such an edge comes last."""
    there = strengths[~np.isnan(strengths)]
    with np.errstate(invalid="ignore"):
        return defined_first(float(there.mean()) if len(there) else math.nan)
