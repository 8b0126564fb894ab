"""The benchmark's own notion of equal cells."""

from __future__ import annotations

from collections.abc import Sequence

from zcnas.searchspaces.nasbench201.cell import EDGES, NONE, OPS, OUTPUT, SKIP

_ZERO = "#"


def canonical_form(codes: Sequence[int]) -> str:
    """What the output node computes, written out: skips vanish, ``none`` is zero, sums are sorted as text.

    This is the benchmark's notion, with its oddities: zeros stay in sums; a sum that a skip passes on stays
    in one piece when the terms are sorted, so that classes depend on the spelling, which is therefore kept;
    and an operation that is used twice reads like two. For equality of networks see ``strict_key``.

    >>> canonical_form((3, 1, 0, 0, 4, 1))
    '#+#+0+((0)@nor_conv_3x3)@avg_pool_3x3'
    """
    values = ["0"]
    for target in range(1, OUTPUT + 1):
        terms = [_term(code, values[source]) for code, (source, end) in zip(codes, EDGES, strict=True) if end == target]
        values.append("+".join(sorted(terms)))
    return values[OUTPUT]


def _term(code: int, value: str) -> str:
    if code == NONE or value == _ZERO:
        return _ZERO
    return value if code == SKIP else f"({value})@{OPS[code]}"
