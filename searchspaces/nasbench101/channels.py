"""How many channels every vertex has, and what follows from that: the number of parameters."""

from __future__ import annotations

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench101.cell import CONV1, CONV3, Cell

KERNELS = {CONV3: 3, CONV1: 1}
"""Convolutions and their widths."""


def vertex_channels(cell: Cell, channels: int) -> tuple[int, ...]:
    """Channels of all vertices but the input, whose number is given by what comes before.

    The output's channels are divided among the vertices that are concatenated there, and the first ones get one
    more where the division leaves a rest. Any other has as many as the largest that it feeds; those with fewer
    take its first ones. Thus the order of the vertices can matter, which isomorphism overlooks.

    >>> vertex_channels(Cell(sources=((), (0,), (0, 1), (1, 2)), ops=(CONV3, CONV3)), 129)
    (65, 64, 129)

    Args:
        cell: A pruned cell.
        channels: Of the output.

    Raises:
        InputError: Fewer channels than vertices among which they are divided.
    """
    parts = [source for source in cell.sources[-1] if source]
    if channels < len(parts):
        raise InputError(f"expected at least {len(parts)} channels for as many vertices, got {channels}; raise C")
    found = [0] * cell.output + [channels]
    for place, vertex in enumerate(parts):
        found[vertex] = channels // len(parts) + (place < channels % len(parts))
    for vertex in range(cell.output - 1, 0, -1):
        if vertex not in parts:
            found[vertex] = max(found[other] for other in range(vertex, cell.output) if vertex in cell.sources[other])
    return tuple(found[1:])


def parameters(cell: Cell, *, C: int = 128, N: int = 3, num_classes: int = 10, in_channels: int = 3) -> int:
    """Trainable parameters of the network of a pruned cell; the arguments are those of ``ModuleNetwork``."""
    total = _convolution(in_channels, C, 3) + (4 * C + 1) * num_classes
    incoming = C
    for width in (C, 2 * C, 4 * C):
        inner, projected = _module(cell, width)
        total += N * (inner + 2 * projected)
        total += incoming * projected + (N - 1) * width * projected
        incoming = width
    return total


def _module(cell: Cell, width: int) -> tuple[int, int]:
    """What operations need, and how many channels are projected from the input."""
    channels = vertex_channels(cell, width)
    inner = sum(_convolution(c, c, KERNELS[op]) for op, c in zip(cell.ops, channels, strict=False) if op in KERNELS)
    return inner, sum(c for c, sources in zip(channels, cell.sources[1:], strict=True) if 0 in sources)


def _convolution(incoming: int, outgoing: int, kernel: int) -> int:
    return kernel**2 * incoming * outgoing + 2 * outgoing
