"""How tables of latencies spell the layers of NAS-Bench-201's networks: our own spelling, as none was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from zcnas.searchspaces.nasbench201.cell import EDGES, OPS, OUTPUT, SKIP, live_edges
from zcnas.searchspaces.nasbench201.folding import folded_ops


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
        yield f"constant-input:{_map(size, 3)}-output:{num_classes}"
        return
    yield _layer("stem", (size, 3), (size, C))
    for width in (C, 2 * C, 4 * C):
        if width != C:
            half = (size + 1) // 2
            yield _layer("reduction", (size, width // 2), (half, width))
            size = half
        for op in ops * N:
            yield _layer(op, (size, width), (size, width))
    yield f"head-input:{_map(size, 4 * C)}-output:{num_classes}"


def _computed(codes: Sequence[int]) -> list[str]:
    """What one cell computes."""
    live = [(code, target) for alive, code, (_, target) in zip(live_edges(codes), codes, EDGES, strict=True) if alive]
    inputs = Counter(target for _, target in live)
    ops = [OPS[code] for code, _ in live if code != SKIP]
    sums = ["add" for count in inputs.values() for _ in range(count - 1)]
    return [*ops, *sums, *([] if inputs[OUTPUT] else ["zeros"])]


def _layer(kind: str, before: tuple[int, int], after: tuple[int, int]) -> str:
    return f"{kind}-input:{_map(*before)}-output:{_map(*after)}"


def _map(size: int, channels: int) -> str:
    return f"{size}x{size}x{channels}"
