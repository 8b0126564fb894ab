"""Layers of NAS-Bench-201's networks, each by itself; the spelling is our own, as none was published."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zcnas.searchspaces.nasbench201.layers import Reduction, ReLUConvBN, average_pool
from zcnas.searchspaces.pieces import Kinds, ending, halved, keeping, mapped


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


def _stem(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after))


def _head(before: int, after: int) -> nn.Module:
    pooled = (nn.BatchNorm2d(before), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*pooled, nn.Linear(before, after))


COMMON = {
    "stem": mapped("stem", _stem),
    "nor_conv_1x1": mapped("nor_conv_1x1", lambda before, after: ReLUConvBN(before, after, 1)),
    "nor_conv_3x3": mapped("nor_conv_3x3", lambda before, after: ReLUConvBN(before, after, 3)),
    "add": keeping("add", Add, inputs=2),
    "reduction": mapped("reduction", Reduction, halved),
    "head": ending("head", _head),
}
"""Kinds of other spaces with such cells as well."""

PIECES = Kinds(
    "nasbench201",
    {
        **COMMON,
        "avg_pool_3x3": keeping("avg_pool_3x3", average_pool),
        "zeros": keeping("zeros", Zeros),
        "constant": ending("constant", lambda _, after: Constant(after), alone=True),
    },
)
