"""Layers of the size space's networks, each by itself, spelt as those of NAS-Bench-201."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zcnas.searchspaces.nasbench201.pieces import COMMON
from zcnas.searchspaces.natsbench_size.network import REDUCED, Projection
from zcnas.searchspaces.pieces import Kinds, mapped, shrunk

PIECES = Kinds("natsbench_size", {**COMMON, "projection": mapped("projection", Projection)})

_CONVOLUTION = PIECES["nor_conv_3x3"]


def layer_keys(widths: Sequence[int], size: int, num_classes: int) -> Iterator[str]:
    """The stem, the operations of the cells, the reductions, and all after the last cell in one.

    >>> list(layer_keys((8, 8, 8, 8, 8), 32, 10))[2]
    'nor_conv_3x3-input:32x32x8-output:32x32x8'
    """
    yield PIECES["stem"].key(size=size, before=3, after=widths[0])
    for before, after, reduced in zip((widths[0], *widths), widths, REDUCED, strict=False):
        if reduced:
            yield PIECES["reduction"].key(size=size, before=before, after=after)
            size = shrunk(size, 2)
        else:
            yield from _cell(size, before, after)
    yield PIECES["head"].key(size=size, before=widths[-1], after=num_classes)


def _cell(size: int, before: int, after: int) -> Iterator[str]:
    """Five convolutions, a skip, which is a layer where channels change, and three sums."""
    yield from [_CONVOLUTION.key(size=size, before=before, after=after)] * 2
    yield from [_CONVOLUTION.key(size=size, before=after, after=after)] * 3
    if before != after:
        yield PIECES["projection"].key(size=size, before=before, after=after)
    yield from [PIECES["add"].key(size=size, before=after)] * 3
