"""The benchmark's network: one fixed cell in three widths, with two residual reductions between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from zcnas.searchspaces.nasbench201.layers import Reduction, ReLUConvBN
from zcnas.searchspaces.nasbench201.network import Skeleton

GENOTYPE = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
"""The cell of all networks, as a cell of NAS-Bench-201: the best there on CIFAR-100."""

REDUCED = (False, True, False, True, False)
"""Which of the five blocks are reductions."""


class Projection(nn.Module):
    """What stands for a skip where the channels change: a 1x1 convolution with batch norm, without ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H, W)``."""
        out: Tensor = self.bn(self.conv(x))
        return out


class SizeCell(nn.Module):
    """The cell of :data:`GENOTYPE`, whose edges from the input change the channels."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        skip = nn.Identity() if in_channels == out_channels else Projection(in_channels, out_channels)
        self.layers = nn.ModuleList(
            [
                ReLUConvBN(in_channels, out_channels, 3),
                ReLUConvBN(in_channels, out_channels, 3),
                ReLUConvBN(out_channels, out_channels, 3),
                skip,
                ReLUConvBN(out_channels, out_channels, 3),
                ReLUConvBN(out_channels, out_channels, 3),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H, W)``."""
        to_first, to_second, first_to_second, skip, first_to_last, second_to_last = self.layers
        first: Tensor = to_first(x)
        second: Tensor = to_second(x) + first_to_second(first)
        out: Tensor = skip(x) + first_to_last(first) + second_to_last(second)
        return out


class SizeNetwork(Skeleton):
    """NATS-Bench's network of the size space (Dong et al., 2021, arXiv:2009.00437, section 3.2).

    A stem, a cell, a reduction, a cell, a reduction, a cell; batch norm and ReLU; global average pooling; a
    linear classifier. The stem is as wide as the first cell. Images may have any size. Parameters have the names
    and the order of the authors' networks. Checked against the three real records at hand, on four data sets:
    parameters are equal, and multiply-adds but for one per class that the benchmark counts for the classifier's
    shift.

    Args:
        widths: Output channels of the five blocks.
        num_classes: Classes K.
        in_channels: Channels of the images.

    Attributes:
        block_names: The stem, every cell and every reduction, in order.
        last_map_name: The last map before global pooling, after batch norm and ReLU.
    """

    def __init__(self, widths: Sequence[int], *, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__(_blocks(widths), (widths[0], widths[-1]), num_classes=num_classes, in_channels=in_channels)


def _blocks(widths: Sequence[int]) -> Iterator[nn.Module]:
    for before, width, reduced in zip((widths[0], *widths), widths, REDUCED, strict=False):
        yield Reduction(before, width) if reduced else SizeCell(before, width)
