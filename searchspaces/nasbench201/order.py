"""The benchmark's own numbering of its 15,625 architectures."""

from __future__ import annotations

import random
from functools import cache
from itertools import product

from zcnas.searchspaces.nasbench201.cell import EDGES, OPS, format_ops

_SEED = 88  # The benchmark's authors shuffled the product of all operations with this seed.


@cache
def official_codes() -> tuple[tuple[int, ...], ...]:
    """All architectures as operation codes, in the order of the benchmark's files and tables."""
    codes = list(product(range(len(OPS)), repeat=len(EDGES)))
    random.Random(_SEED).shuffle(codes)  # noqa: S311
    return tuple(codes)


@cache
def official_indices() -> dict[tuple[int, ...], int]:
    """Operation codes -> index in :func:`official_codes`."""
    return {codes: index for index, codes in enumerate(official_codes())}


@cache
def official_spellings() -> dict[str, int]:
    """Architecture string -> index in :func:`official_codes`."""
    return {format_ops(codes): index for index, codes in enumerate(official_codes())}
