"""When two cells of the micro space are the same network: as in NAS-Bench-201, but for skips from the input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

from zcnas.searchspaces.nasbench201.cell import EDGES, INPUT, POOL, SKIP
from zcnas.searchspaces.nasbench201.strict import strict_key

_CODES = 4


def first_of(codes: Sequence[int]) -> tuple[int, ...]:
    """The first codes, in the order of the space, that are the same network.

    That is NAS-Bench-201's notion (``strict_key``), but skips from the input are operations: in cells that change
    the shape they have weights.

    >>> first_of((1, 2, 3, 0, 0, 0)), first_of((1, 0, 3, 0, 0, 1))
    ((0, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 3))
    """
    return _first()[strict_key(_with_pools(codes))]


@cache
def _first() -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for codes in product(range(_CODES), repeat=len(EDGES)):
        found.setdefault(strict_key(_with_pools(codes)), codes)
    return found


def _with_pools(codes: Sequence[int]) -> tuple[int, ...]:
    """The cell with pools, which this space lacks, in the place of skips from the input: operations, not wires."""
    edges = zip(codes, EDGES, strict=True)
    return tuple(POOL if code == SKIP and source == INPUT else code for code, (source, _) in edges)
