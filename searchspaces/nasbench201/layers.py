"""The building blocks of a NAS-Bench-201 network."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ReLUConvBN(nn.Module):
    """ReLU, convolution without bias, batch norm: every convolution of the benchmark's cells."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> None:
        super().__init__()
        self.op = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H / stride, W / stride)``, rounded up."""
        out: Tensor = self.op(x)
        return out


class AvgPool3x3(nn.Module):
    """Average over 3x3 neighbours, those outside the image not counted; the size stays."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, H, W)`` to ``(N, C, H, W)``."""
        return average_pool_3x3(x)


class Reduction(nn.Module):
    """Residual block that halves the size: two convolutions beside an average pool and a 1x1 convolution."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv_a = ReLUConvBN(in_channels, out_channels, 3, stride=2)
        self.conv_b = ReLUConvBN(out_channels, out_channels, 3)
        # Rounding up changes nothing for even sizes, and lets odd ones match the convolutions' output.
        pool = nn.AvgPool2d(2, stride=2, ceil_mode=True, count_include_pad=False)
        self.downsample = nn.Sequential(pool, nn.Conv2d(in_channels, out_channels, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H / 2, W / 2)``, rounded up."""
        branch: Tensor = self.conv_b(self.conv_a(x))
        shortcut: Tensor = self.downsample(x)
        return branch + shortcut


def average_pool_3x3(x: Tensor) -> Tensor:
    """``F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)`` as a depthwise convolution over ``(N, C, H, W)``.

    It sums the neighbours with a kernel of ones and divides by their number. On a CPU that is faster than
    the pooling kernel in both directions, and its second derivative is cheap.
    """
    if x.is_meta:
        # Nothing is computed: let counters of operations see the pool that this stands for.
        return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
    channels, height, width = x.shape[-3:]
    kernel = torch.ones(channels, 1, 3, 3, dtype=x.dtype, device=x.device)
    counts = _neighbours(height, x).unsqueeze(1) * _neighbours(width, x)
    return F.conv2d(x, kernel, padding=1, groups=channels) * counts.reciprocal()


def _neighbours(size: int, like: Tensor) -> Tensor:
    """How many of a position's three neighbours along one axis lie inside: ``2, 3, ..., 3, 2``."""
    counts = torch.full((size,), 3, dtype=like.dtype, device=like.device)
    counts[0] -= 1
    counts[-1] -= 1
    return counts
