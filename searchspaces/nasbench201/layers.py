"""The building blocks of a NAS-Bench-201 network."""

from __future__ import annotations

from torch import Tensor, nn


class ReLUConvBN(nn.Module):
    """ReLU, convolution without bias, batch norm: every convolution of the benchmark's cells."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, *, affine: bool = True
    ) -> None:
        super().__init__()
        self.op = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=False),
            nn.BatchNorm2d(out_channels, affine=affine),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H / stride, W / stride)``, rounded up."""
        out: Tensor = self.op(x)
        return out


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


def average_pool() -> nn.Module:
    """Average over 3x3 neighbours, those outside the image not counted; the size stays."""
    return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
