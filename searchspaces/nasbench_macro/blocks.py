"""The three blocks, and where in the network they stand."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

OPS = ("identity", "mb3_k3", "mb6_k5")
"""Blocks in the benchmark's code order: code 1 is the inverted residual with 3x3 kernels that expands 3 times."""

IDENTITY = 0
KERNELS = (1, 3, 5)
EXPANSIONS = (1, 3, 6)
"""Of every block, in the order of :data:`OPS`."""

STAGES = (2, 3, 3)
"""Searched layers per stage; the first of a stage halves the size and doubles the channels."""

LAYERS = sum(STAGES)


class Place(NamedTuple):
    """What a layer takes and gives: input channels, output channels, stride."""

    inputs: int
    outputs: int
    stride: int


def places(C: int) -> tuple[Place, ...]:
    """The eight searched layers behind a stem of C channels.

    >>> [tuple(place) for place in places(32)[:3]]
    [(32, 64, 2), (64, 64, 1), (64, 128, 2)]
    """
    found: list[Place] = []
    for layers in STAGES:
        found += [Place(C, 2 * C, 2), *[Place(2 * C, 2 * C, 1)] * (layers - 1)]
        C *= 2
    return tuple(found)


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand, convolve every channel by itself, project; plus the input where shapes agree."""

    def __init__(self, place: Place, kernel_size: int, expansion: int) -> None:
        super().__init__()
        hidden, padding = expansion * place.inputs, kernel_size // 2
        self.conv = nn.Sequential(
            nn.Conv2d(place.inputs, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, kernel_size, place.stride, padding, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(),
            nn.Conv2d(hidden, place.outputs, 1, bias=False),
            nn.BatchNorm2d(place.outputs),
        )
        self._residual = place.inputs == place.outputs and place.stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, inputs, H, W)`` to ``(N, outputs, H / stride, W / stride)``, rounded up."""
        out: Tensor = self.conv(x)
        return out + x if self._residual else out


class Downsample(nn.Module):
    """What stands for the identity where the size is halved: a 1x1 convolution with batch norm."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.downsample = nn.Sequential(
            nn.Conv2d(place.inputs, place.outputs, 1, place.stride, bias=False), nn.BatchNorm2d(place.outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, inputs, H, W)`` to ``(N, outputs, H / stride, W / stride)``, rounded up."""
        out: Tensor = self.downsample(x)
        return out


def block(code: int, place: Place) -> nn.Module:
    """The block with this code at this place."""
    if code != IDENTITY:
        return InvertedResidual(place, KERNELS[code], EXPANSIONS[code])
    return nn.Identity() if place.stride == 1 else Downsample(place)
