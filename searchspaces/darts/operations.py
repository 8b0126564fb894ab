"""What can lie on an edge, and what comes before a cell."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.searchspaces.darts.cell import NOISE, NONE


class ReLUConvs(nn.Module):
    """ReLU, depthwise convolution, 1x1 convolution, batch norm; or several such in a row.

    Args:
        channels: Channels C of input and output.
        kernel_size: Of the depthwise convolutions.
        strides: One for each round.
        dilation: Of the depthwise convolutions, which keep the size but for the stride.
        affine: Whether norms have scale and shift.
    """

    def __init__(
        self, channels: int, kernel_size: int, strides: tuple[int, ...], *, dilation: int = 1, affine: bool = True
    ) -> None:
        super().__init__()
        padding = dilation * (kernel_size // 2)
        layers: list[nn.Module] = []
        for stride in strides:
            layers += [
                nn.ReLU(),
                nn.Conv2d(
                    channels, channels, kernel_size, stride, padding, dilation=dilation, groups=channels, bias=False
                ),
                nn.Conv2d(channels, channels, 1, bias=False),
                nn.BatchNorm2d(channels, affine=affine),
            ]
        self.op = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, H, W)`` to ``(N, C, H / stride, W / stride)``, rounded up."""
        out: Tensor = self.op(x)
        return out


class FactorizedReduce(nn.Module):
    """ReLU and two 1x1 convolutions of stride 2 side by side, one of them shifted by a pixel; batch norm."""

    def __init__(self, in_channels: int, out_channels: int, *, affine: bool = True) -> None:
        super().__init__()
        if out_channels % 2:
            raise InputError(f"C: expected an even number of channels, got {out_channels}")
        self.relu = nn.ReLU()
        self.conv_1 = nn.Conv2d(in_channels, out_channels // 2, 1, stride=2, bias=False)
        self.conv_2 = nn.Conv2d(in_channels, out_channels // 2, 1, stride=2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, affine=affine)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H / 2, W / 2)``, rounded up."""
        x = self.relu(x)
        # Zeros beyond the edge where the size is odd, so that both halves have the same size.
        shifted = F.pad(x, (0, x.shape[-1] % 2, 0, x.shape[-2] % 2))[:, :, 1:, 1:]
        out: Tensor = self.bn(torch.cat([self.conv_1(x), self.conv_2(shifted)], dim=1))
        return out


class Zero(nn.Module):
    """Nothing: ``none``."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Zeros in the shape that the other operations give."""
        return torch.zeros_like(x[:, :, :: self.stride, :: self.stride])


class Noise(Zero):
    """Standard normal noise, drawn anew each time from the global random state."""

    def forward(self, x: Tensor) -> Tensor:
        """Noise in the shape that the other operations give."""
        shape = x[:, :, :: self.stride, :: self.stride].shape
        # Not randn_like, which draws in the order of memory, and so depends on the layout.
        return torch.randn(shape, dtype=x.dtype, device=x.device)


def operation(name: str, channels: int, stride: int, *, affine: bool = True) -> nn.Module:
    """The operation called ``name``; without ``affine``, pools are followed by a norm, as while DARTS searches."""
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels, affine=affine)
    if name.endswith("pool_3x3"):
        pool = _POOLS[name](stride)
        return pool if affine else nn.Sequential(pool, nn.BatchNorm2d(channels, affine=False))
    if name in _SPECIAL:
        return _SPECIAL[name](stride)
    kernel_size = int(name[-1])
    if name.startswith("sep_conv"):
        return ReLUConvs(channels, kernel_size, (stride, 1), affine=affine)
    return ReLUConvs(channels, kernel_size, (stride,), dilation=2, affine=affine)


def drop_path(x: Tensor, probability: float) -> Tensor:
    """Zeroes whole samples with this probability, and scales the others so that the mean stays."""
    keep = 1 - probability
    return x / keep * torch.empty_like(x[:, :1, :1, :1]).bernoulli_(keep)


_POOLS: dict[str, Callable[[int], nn.Module]] = {
    "max_pool_3x3": lambda stride: nn.MaxPool2d(3, stride, padding=1),
    "avg_pool_3x3": lambda stride: nn.AvgPool2d(3, stride, padding=1, count_include_pad=False),
}
_SPECIAL: dict[str, Callable[[int], nn.Module]] = {NONE: Zero, NOISE: Noise}
