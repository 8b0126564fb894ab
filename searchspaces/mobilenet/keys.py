"""Which layers mobile networks have, as published latency tables spell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zcnas.searchspaces.mobilenet.blocks import Block
from zcnas.searchspaces.mobilenet.pieces import HW_NAS_BENCH, NOTE10, PIXEL1
from zcnas.searchspaces.mobilenet.stages import Step
from zcnas.searchspaces.pieces import shrunk


def pixel1_keys(blocks: Sequence[Block], size: int, last: int, num_classes: int) -> Iterator[str]:
    """ProxylessNAS's: ``last`` are the channels of the convolution after the blocks."""
    yield PIXEL1["stem"].key(size=size, before=3, after=blocks[0].before)
    size = shrunk(size, 2)
    for block in blocks:
        yield PIXEL1["block"].key(size=size, expand=block.middle // block.before, **_ends(block))
        size = block.shrunk(size)
    yield PIXEL1["last"].key(size=size, before=blocks[-1].after, after=last)
    yield PIXEL1["logits"].key(size=size, before=last, after=num_classes)


def note10_keys(blocks: Sequence[Block], size: int, last: int, mixed: int, num_classes: int) -> Iterator[str]:
    """Once-for-all's: ``last`` and ``mixed`` are the channels of the two convolutions after the blocks."""
    yield NOTE10["stem"].key(size=size, before=3, after=blocks[0].before)
    size = shrunk(size, 2)
    for block in blocks:
        marks = {"se": block.squeeze, "hs": block.activation == "hardswish"}
        yield NOTE10["block"].key(size=size, expand=block.middle, **_ends(block), **marks)
        size = block.shrunk(size)
    yield NOTE10["last"].key(size=size, before=blocks[-1].after, after=last)
    yield NOTE10["pool"].key(size=size, before=last)
    yield NOTE10["mixing"].key(before=last, after=mixed)
    yield NOTE10["logits"].key(before=mixed, after=num_classes)


def hw_nas_bench_keys(
    ops: Iterable[tuple[Step, Block | None]], size: int, stride: int, last: int, num_classes: int
) -> Iterator[str]:
    """HW-NAS-Bench's of FBNet: ``ops`` are its layers, where ``None`` is a skip; ``stride`` is the stem's."""
    step = Step(3, 16, stride)
    yield HW_NAS_BENCH["convolution"].key(size=size, kernel=3, **step._asdict())
    size = step.shrunk(size)
    for step, block in ops:
        if block is None:
            yield HW_NAS_BENCH["skip"].key(size=size, **step._asdict())
        else:
            expansion = block.middle // block.before
            yield HW_NAS_BENCH["block"].key(size=size, exp=expansion, group=block.groups, **_ends(block))
        size = step.shrunk(size)
    yield HW_NAS_BENCH["convolution"].key(size=size, before=step.after, after=last, kernel=1, stride=1)
    yield HW_NAS_BENCH["pool"].key(size=size, before=last)
    yield HW_NAS_BENCH["logits"].key(before=last, after=num_classes)


def place_keys(ops: Iterable[str]) -> Iterator[str]:
    """Those of tables with a line for each layer: its place, and FBNet's own name of the operation.

    FBNet marks two groups, whose channels are shuffled, by ``s2``.

    >>> list(place_keys(["k3_e1_g2", "skip"]))
    ['0/ir_k3_s2', '1/skip']
    """
    for place, op in enumerate(ops):
        yield f"{place}/{op if op == 'skip' else 'ir_' + op.replace('e1_g2', 's2')}"


def _ends(block: Block) -> dict[str, int]:
    return {name: getattr(block, name) for name in ("before", "after", "kernel", "stride")}
