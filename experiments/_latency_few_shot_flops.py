"""Multiply-adds of convolutions, for thousands of architectures at once: no network is built."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from zcnas.searchspaces import FBNet, NASBench201, OFAMobileNetV3
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]

_FBNET = re.compile(r"ConvBlock_H(\d+)_W\d+_Cin(\d+)_Cout(\d+)_exp(\d)_kernel(\d)_stride(\d)_group(\d)")
_OFA = re.compile(r"expanded_conv-input:(\d+)x\d+x(\d+)-output:(\d+)x\d+x(\d+)-expand:(\d+)-kernel:(\d)-.*")
_CELL = {"nor_conv_1x1": 1, "nor_conv_3x3": 9}


def flops(space: SearchSpace, archs: Sequence[Architecture]) -> Floats:
    """``(len(archs),)``, up to a factor and a constant that all networks of the space share.

    Squeeze-and-excitation is left out, and in once-for-all stem and head are, too.
    """
    if isinstance(space, NASBench201):
        # An operation costs the same in all cells: as channels double, there is a quarter of the places.
        graphs = (space.graph(space.representative(arch)) for arch in archs)
        return np.array([sum(_CELL.get(op, 0) for op in graph.ops) for graph in graphs], dtype=np.float64)
    assert isinstance(space, FBNet | OFAMobileNetV3)
    return np.array([sum(map(_layer, space.layers(arch))) for arch in archs], dtype=np.float64)


@cache
def _layer(key: str) -> int:
    """Of an inverted residual; 0 of others."""
    if found := _FBNET.fullmatch(key):
        size, before, after, expansion, kernel, stride, groups = map(int, found.groups())
        return _residual(size, size // stride, before, before * expansion, after, kernel, groups)
    if found := _OFA.fullmatch(key):
        size, before, smaller, after, middle, kernel = map(int, found.groups())
        return _residual(size, smaller, before, middle, after, kernel, 1)
    return 0


def _residual(size: int, smaller: int, before: int, middle: int, after: int, kernel: int, groups: int) -> int:
    pointwise = (size**2 * before * middle + smaller**2 * middle * after) // groups
    return pointwise + smaller**2 * middle * kernel**2
