"""Inverted residual blocks, of which mobile networks are chains."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from zcnas.searchspaces.pieces import shrunk

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "relu6": nn.ReLU6, "hardswish": nn.Hardswish}


@dataclass(frozen=True, slots=True)
class Block:
    """What a block is made of.

    Attributes:
        kernel: Size of the depthwise convolution.
        stride: Of the depthwise convolution.
        before: Channels that come in.
        middle: Channels of the depthwise convolution.
        after: Channels that go out.
        groups: Of both 1x1 convolutions; where there are several, channels are shuffled after the first.
        expands: Whether there is a 1x1 convolution before the depthwise one.
        squeeze: Whether channels are weighted after the depthwise convolution (squeeze and excitation).
        activation: A key of :data:`ACTIVATIONS`.
    """

    kernel: int
    stride: int
    before: int
    middle: int
    after: int
    groups: int = 1
    expands: bool = True
    squeeze: bool = False
    activation: str = "relu6"

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return self.stride == 1 and self.before == self.after

    def shrunk(self, size: int) -> int:
        """Size of the map that comes out, from that of the one that goes in."""
        return shrunk(size, self.stride)


def rounded(channels: float) -> int:
    """The nearest multiple of 8, but not less than nine tenths (the rule of MobileNets).

    >>> [rounded(channels) for channels in (3, 16 * 1.2, 112 * 1.2)]
    [8, 24, 136]
    """
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


def convolution(
    before: int,
    after: int,
    kernel: int = 1,
    *,
    stride: int = 1,
    groups: int = 1,
    activation: str | None = None,
    epsilon: float = 1e-5,
) -> nn.Sequential:
    """Convolution, batch norm, and perhaps an activation."""
    layers = [
        nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after, eps=epsilon),
        *([] if activation is None else [ACTIVATIONS[activation]()]),
    ]
    return nn.Sequential(*layers)


class SqueezeExcite(nn.Module):
    """Weights channels by a function of their means, through a quarter of the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = rounded(channels // 4)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, narrow, 1),
            nn.ReLU(),
            nn.Conv2d(narrow, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape ``(N, C, H, W)``."""
        weighted: Tensor = x * self.gate(x)
        return weighted


class ChannelShuffle(nn.Module):
    """Deals the channels of each group out to all groups."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self._groups = groups

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape ``(N, C, H, W)``."""
        grouped: Tensor = x.unflatten(1, (self._groups, -1))
        return grouped.transpose(1, 2).flatten(1, 2)


class InvertedResidual(nn.Module):
    """The module of a :class:`Block`.

    Args:
        block: What it is made of.
        epsilon: Added to variances in batch norms.
    """

    def __init__(self, block: Block, epsilon: float = 1e-5) -> None:
        super().__init__()
        act, groups = block.activation, block.groups
        layers: list[nn.Module] = []
        if block.expands:
            layers.append(convolution(block.before, block.middle, groups=groups, activation=act, epsilon=epsilon))
        if groups > 1:
            layers.append(ChannelShuffle(groups))
        layers.append(
            convolution(
                block.middle,
                block.middle,
                block.kernel,
                stride=block.stride,
                groups=block.middle,
                activation=act,
                epsilon=epsilon,
            )
        )
        if block.squeeze:
            layers.append(SqueezeExcite(block.middle))
        layers.append(convolution(block.middle, block.after, groups=groups, epsilon=epsilon))
        self.layers = nn.Sequential(*layers)
        self._residual = block.residual

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, H, W)`` to ``(N, C', H / stride, W / stride)``, rounded up."""
        out: Tensor = self.layers(x)
        return x + out if self._residual else out
