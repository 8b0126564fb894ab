"""Layers of NAS-Bench-201's networks, each by itself, from how tables of latencies spell them."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench201.layers import Reduction, ReLUConvBN, average_pool
from zcnas.space import Layer

_KEY = re.compile(r"(\w+)-input:(\d+)x\2x(\d+)-output:(?:(\d+)x\4x)?(\d+)")

Make = Callable[[int, int], nn.Module]


class Add(nn.Module):
    """A node's sum of two inputs."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Adds ``(N, C, H, W)`` and ``(N, C, H, W)``."""
        return x + y


class Zeros(nn.Module):
    """A node without inputs."""

    def forward(self, x: Tensor) -> Tensor:
        """Zeros of the shape ``(N, C, H, W)`` of ``x``."""
        return torch.zeros_like(x)


class Constant(nn.Module):
    """A network whose logits do not depend on the images.

    Args:
        num_classes: Classes K.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(1, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, H, W)`` to ``(N, K)``."""
        return self.logits.expand(len(x), -1) + torch.zeros_like(x)[:, 0, 0, :1]


def layer_of(key: str) -> Layer:
    """The layer that ``layer_keys`` spells so.

    Raises:
        InputError: It spells none.

    >>> layer_of("avg_pool_3x3-input:8x8x64-output:8x8x64").shapes
    ((64, 8, 8),)
    """
    match = _KEY.fullmatch(key)
    kind, size, before, _, after = match.groups() if match else ("", "0", "0", "0", "0")
    if kind not in _MAKE:
        raise InputError(f"expected a layer of nasbench201, such as add-input:8x8x64-output:8x8x64, got {key!r}")
    shape = (int(before), int(size), int(size))
    module = _MAKE[kind](int(before), int(after))
    return Layer(module, (shape,) * (2 if kind == "add" else 1), alone=kind == "constant")


def _stem(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after))


def _head(before: int, after: int) -> nn.Module:
    pooled = (nn.BatchNorm2d(before), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*pooled, nn.Linear(before, after))


_MAKE: dict[str, Make] = {
    "stem": _stem,
    "nor_conv_1x1": lambda before, after: ReLUConvBN(before, after, 1),
    "nor_conv_3x3": lambda before, after: ReLUConvBN(before, after, 3),
    "avg_pool_3x3": lambda _before, _after: average_pool(),
    "add": lambda _before, _after: Add(),
    "zeros": lambda _before, _after: Zeros(),
    "reduction": Reduction,
    "head": _head,
    "constant": lambda _before, after: Constant(after),
}
"""Kind -> module, from its channels before and after."""
