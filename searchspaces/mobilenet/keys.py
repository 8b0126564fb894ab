"""How published latency tables spell layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zcnas.searchspaces.mobilenet.blocks import Block
from zcnas.searchspaces.mobilenet.stages import Step


def pixel1_keys(blocks: Sequence[Block], size: int, last: int, num_classes: int) -> Iterator[str]:
    """ProxylessNAS's: blocks by their ratio of expansion, and all after the ``last`` convolution in one."""
    yield _layer("Conv", size, 3, (size + 1) // 2, blocks[0].before)
    size = (size + 1) // 2
    for block in blocks:
        key = _layer("expanded_conv", size, block.before, block.shrunk(size), block.after)
        yield f"{key}-expand:{block.middle // block.before}-{_shape(block)}"
        size = block.shrunk(size)
    yield _layer("Conv_1", size, blocks[-1].after, size, last)
    yield f"Logits-input:{_map(size, last)}-output:{num_classes}"


def note10_keys(blocks: Sequence[Block], size: int, last: int, mixed: int, num_classes: int) -> Iterator[str]:
    """Once-for-all's: blocks by their middle channels, and the head in its parts.

    ``last`` and ``mixed`` are the channels of the two convolutions after the blocks.
    """
    yield _layer("Conv", size, 3, (size + 1) // 2, blocks[0].before)
    size = (size + 1) // 2
    for block in blocks:
        key = _layer("expanded_conv", size, block.before, block.shrunk(size), block.after)
        marks = f"se:{block.squeeze:d}-hs:{block.activation == 'hardswish':d}"
        yield f"{key}-expand:{block.middle}-{_shape(block)}-{marks}"
        size = block.shrunk(size)
    yield _layer("Conv_1", size, blocks[-1].after, size, last)
    yield _layer("AvgPool2D", size, last, 1, last)
    yield _layer("Conv_2", 1, last, 1, mixed)
    yield f"Logits-input:{_map(1, mixed)}-output:{num_classes}"


def hw_nas_bench_keys(
    ops: Iterable[tuple[Step, Block | None]], size: int, stride: int, last: int, num_classes: int
) -> Iterator[str]:
    """HW-NAS-Bench's of FBNet: ``ops`` are its layers, where ``None`` is a skip; ``stride`` is the stem's."""
    yield f"ConvNorm_{_square(size)}_Cin3_Cout16_kernel3_stride{stride}_group1"
    size, step = size // stride, Step(16, 16, 1)
    for step, block in ops:
        place = f"{_square(size)}_Cin{step.before}_Cout{step.after}"
        if block is None:
            yield f"Skip_{place}_stride{step.stride}"
        else:
            expansion = block.middle // block.before
            yield f"ConvBlock_{place}_exp{expansion}_kernel{block.kernel}_stride{step.stride}_group{block.groups}"
        size //= step.stride
    yield f"ConvNorm_{_square(size)}_Cin{step.after}_Cout{last}_kernel1_stride1_group1"
    yield f"AvgP_{_square(size)}_Cin{last}_Cout{last}_kernel{size}_stride1"
    yield f"FC_Cin{last}_Cout{num_classes}"


def place_keys(ops: Iterable[str]) -> Iterator[str]:
    """Those of tables with a line for each layer: its place, and FBNet's own name of the operation.

    FBNet marks two groups, whose channels are shuffled, by ``s2``.

    >>> list(place_keys(["k3_e1_g2", "skip"]))
    ['0/ir_k3_s2', '1/skip']
    """
    for place, op in enumerate(ops):
        yield f"{place}/{op if op == 'skip' else 'ir_' + op.replace('e1_g2', 's2')}"


def _layer(kind: str, size: int, before: int, out: int, after: int) -> str:
    return f"{kind}-input:{_map(size, before)}-output:{_map(out, after)}"


def _map(size: int, channels: int) -> str:
    return f"{size}x{size}x{channels}"


def _shape(block: Block) -> str:
    return f"kernel:{block.kernel}-stride:{block.stride}-idskip:{block.residual:d}"


def _square(size: int) -> str:
    return f"H{size}_W{size}"
