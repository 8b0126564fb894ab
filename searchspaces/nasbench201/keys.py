"""Which layers NAS-Bench-201's networks have, as tables of latencies spell them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from zcnas.searchspaces.nasbench201.cell import EDGES, OPS, OUTPUT, SKIP, live_edges
from zcnas.searchspaces.nasbench201.folding import folded_ops
from zcnas.searchspaces.nasbench201.pieces import PIECES
from zcnas.searchspaces.pieces import shrunk


def layer_keys(
    codes: Sequence[int], size: int, C: int, N: int, num_classes: int, *, folded: bool = False
) -> Iterator[str]:
    """The stem, the live operations of all cells, the reductions, and all after the last cell in one.

    Skips compute nothing. A node with several inputs adds them, one ``add`` for each beyond the first; an output
    without inputs is ``zeros``.

    Args:
        codes: Six operation codes in the order of the architecture string.
        size: Height and width of the images.
        C: Channels of the first stage.
        N: Cells per stage.
        num_classes: Classes K.
        folded: As a runtime runs it that optimises graphs; see :func:`folded_ops`. A network that is constant
            altogether is one layer, ``constant``.

    >>> list(layer_keys((0, 0, 0, 3, 0, 0), 32, 16, 1, 10))[:2]
    ['stem-input:32x32x3-output:32x32x16', 'nor_conv_3x3-input:32x32x16-output:32x32x16']
    """
    ops = folded_ops(codes) if folded else _computed(codes)
    if ops is None:
        yield PIECES["constant"].key(size=size, before=3, after=num_classes)
        return
    yield PIECES["stem"].key(size=size, before=3, after=C)
    for width in (C, 2 * C, 4 * C):
        if width != C:
            yield PIECES["reduction"].key(size=size, before=width // 2, after=width)
            size = shrunk(size, 2)
        yield from [PIECES[op].key(size=size, before=width, after=width) for op in ops] * N
    yield PIECES["head"].key(size=size, before=4 * C, after=num_classes)


def _computed(codes: Sequence[int]) -> list[str]:
    """What one cell computes."""
    live = [(code, target) for alive, code, (_, target) in zip(live_edges(codes), codes, EDGES, strict=True) if alive]
    inputs = Counter(target for _, target in live)
    ops = [OPS[code] for code, _ in live if code != SKIP]
    sums = ["add" for count in inputs.values() for _ in range(count - 1)]
    return [*ops, *sums, *([] if inputs[OUTPUT] else ["zeros"])]
