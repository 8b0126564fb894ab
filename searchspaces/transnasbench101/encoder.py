"""The searched part of every network: a stem and modules of two cells each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from zcnas.searchspaces.nasbench201.layers import ReLUConvBN

MakeCell = Callable[[int, int, int], nn.Module]
"""Takes input channels, output channels and stride."""


def doubles(module: int) -> bool:
    """Whether a module with this digit doubles the channels."""
    return module in (2, 4)


def halves(module: int) -> bool:
    """Whether a module with this digit halves the size."""
    return module in (3, 4)


def stem(in_channels: int, C: int) -> nn.Sequential:
    """Maps images ``(N, in_channels, H, W)`` to ``(N, C, H / 4, W / 4)``, rounded up."""
    first = nn.Conv2d(in_channels, C // 2, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(first, nn.BatchNorm2d(C // 2), ReLUConvBN(C // 2, C, 3, stride=2))


def cells(modules: Sequence[int], C: int) -> list[tuple[int, int, int]]:
    """Input channels, output channels and stride of all cells after C channels."""
    shapes: list[tuple[int, int, int]] = []
    for module in modules:
        width = 2 * C if doubles(module) else C
        shapes += [(C, width, 2 if halves(module) else 1), (width, width, 1)]
        C = width
    return shapes


class Encoder(nn.Module):
    """Two convolutions that quarter the size, then modules; the first cell of a module changes the shape.

    Weights of convolutions are drawn as in the authors' code, normal with variance 2 / (outputs x kernel size).

    Args:
        modules: Digits from 1 to 4: unchanged, twice the channels, half the size, both.
        make: Makes a cell.
        C: Channels after the stem.
        in_channels: Channels of the images.

    Attributes:
        channels: Of the output.
        halvings: How often the size is halved.
    """

    def __init__(self, modules: Sequence[int], make: MakeCell, *, C: int, in_channels: int) -> None:
        super().__init__()
        self.stem = stem(in_channels, C)
        shapes = cells(modules, C)
        self.layers = nn.ModuleList(make(*shape) for shape in shapes)
        self.channels, self.halvings = shapes[-1][1], 2 + sum(map(halves, modules))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Maps images ``(N, in_channels, H, W)`` to ``(N, channels, H / 2**halvings, W / 2**halvings)``."""
        features: Tensor = self.stem(x)
        for layer in self.layers:
            features = layer(features)
        return features
