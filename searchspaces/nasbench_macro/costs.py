"""Parameters and multiply-adds without building a network: sums over its layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from zcnas.searchspaces.nasbench_macro.blocks import EXPANSIONS, IDENTITY, KERNELS, Place, places
from zcnas.searchspaces.nasbench_macro.network import HEAD


class Costs(NamedTuple):
    """Parameters, and multiply-adds of convolutions and linear maps for one image."""

    params: int
    flops: int


def costs(codes: Sequence[int], *, C: int = 32, num_classes: int = 10, size: int = 32) -> Costs:
    """What the network of ``codes`` costs on colour images of ``size`` x ``size`` pixels, as the benchmark counts.

    >>> costs((0, 2, 0, 1, 2, 1, 0, 0))
    Costs(params=890666, flops=47327744)
    """
    parts = [_convolution(3, C, 9, size)]
    for code, place in zip(codes, places(C), strict=True):
        parts += _block(code, place, size)
        size = -(-size // place.stride)
    parts += [_convolution(8 * C, HEAD, 1, size), Costs((HEAD + 1) * num_classes, HEAD * num_classes)]
    return Costs(sum(part.params for part in parts), sum(part.flops for part in parts))


def _block(code: int, place: Place, size: int) -> list[Costs]:
    smaller = -(-size // place.stride)
    if code == IDENTITY:
        return [] if place.stride == 1 else [_convolution(place.inputs, place.outputs, 1, smaller)]
    hidden = EXPANSIONS[code] * place.inputs
    return [
        _convolution(place.inputs, hidden, 1, size),
        # Every channel by itself: one input channel each.
        _convolution(1, hidden, KERNELS[code] ** 2, smaller),
        _convolution(hidden, place.outputs, 1, smaller),
    ]


def _convolution(inputs: int, outputs: int, taps: int, size: int) -> Costs:
    """A convolution with batch norm, of which the benchmark counts the parameters but no operations."""
    weights = inputs * outputs * taps
    return Costs(weights + 2 * outputs, weights * size**2)
