"""What is left of a cell where a runtime optimises graphs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from zcnas.searchspaces.nasbench201.cell import CONV1, CONV3, EDGES, OPS, OUTPUT, SKIP, live_edges

_CONSTANT = "constant"
"""A value that does not depend on the images."""

Value = Hashable


def folded_ops(codes: Sequence[int]) -> list[str] | None:
    """Operations and additions of one cell, without constants and without what is computed already.

    A convolution of a node without inputs is a constant, and so is what follows from constants alone. Equal pools of
    equal values, and equal sums, are computed once; convolutions have weights of their own. ``None`` where the output
    is constant.

    >>> folded_ops((0, 0, 3, 4, 0, 0))
    ['avg_pool_3x3']
    >>> folded_ops((1, 0, 0, 4, 4, 0))
    ['avg_pool_3x3', 'add']
    """
    live, values, done = live_edges(codes), list[Value](["input"]), dict[Value, str]()
    for target in range(1, OUTPUT + 1):
        edges = [edge for edge, (_, end) in enumerate(EDGES) if end == target and live[edge]]
        terms = [_term(codes[edge], edge, values[EDGES[edge][0]], done) for edge in edges]
        values.append(_sum(terms, done))
    return None if values[OUTPUT] == _CONSTANT else [*done.values()]


def _term(code: int, edge: int, source: Value, done: dict[Value, str]) -> Value:
    if code == SKIP or source == _CONSTANT:
        return source
    value = (OPS[code], source, edge if code in (CONV1, CONV3) else None)
    done[value] = OPS[code]
    return value


def _sum(terms: Sequence[Value], done: dict[Value, str]) -> Value:
    """From left to right, as the network adds; without terms it is zero."""
    if not terms:
        return _CONSTANT
    total = terms[0]
    for term in terms[1:]:
        if total == term == _CONSTANT:
            continue
        total = ("add", total, term)
        done[total] = "add"
    return total
