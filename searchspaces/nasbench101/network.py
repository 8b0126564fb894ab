"""The benchmark's network: three stacks of equal modules with max pools between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from zcnas.searchspaces.nasbench101.cell import Cell
from zcnas.searchspaces.nasbench101.channels import KERNELS, vertex_channels


class ConvBNReLU(nn.Sequential):
    """Convolution without bias, batch norm, ReLU; the size stays."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False),
            # The authors' moving averages keep 0.997 of their value at every step.
            nn.BatchNorm2d(out_channels, eps=1e-5, momentum=1 - 0.997),
            nn.ReLU(),
        )


class Vertex(nn.Module):
    """One vertex between input and output: sums what it is fed, then applies its operation.

    Args:
        op: Its code.
        sources: What feeds it. The module's input is projected by a 1x1 convolution; of other vertices with more
            channels than this one, the first ones are taken.
        in_channels: Channels of the module's input.
        channels: Channels C of the vertex.
    """

    def __init__(self, op: int, sources: Sequence[int], in_channels: int, channels: int) -> None:
        super().__init__()
        self.projection = ConvBNReLU(in_channels, channels, 1) if 0 in sources else None
        self.op = ConvBNReLU(channels, channels, KERNELS[op]) if op in KERNELS else nn.MaxPool2d(3, 1, padding=1)
        self._sources = tuple(source for source in sources if source)
        self._channels = channels

    def forward(self, values: Sequence[Tensor]) -> Tensor:
        """Takes the values of the input and all earlier vertices, and gives ``(N, C, H, W)``."""
        terms = [values[source][:, : self._channels] for source in self._sources]
        if self.projection is not None:
            terms.append(self.projection(values[0]))
        out: Tensor = self.op(_total(terms))
        return out


class Module(nn.Module):
    """One module; the vertices that feed its output are concatenated, and to them its projected input is added.

    Args:
        cell: A pruned cell.
        in_channels: Channels of the input.
        channels: Channels C of the output.
    """

    def __init__(self, cell: Cell, in_channels: int, channels: int) -> None:
        super().__init__()
        widths = vertex_channels(cell, channels)
        self.vertices = nn.ModuleList(
            Vertex(op, sources, in_channels, width)
            for op, sources, width in zip(cell.ops, cell.sources[1:-1], widths[:-1], strict=True)
        )
        self.projection = ConvBNReLU(in_channels, channels, 1) if 0 in cell.sources[-1] else None
        self._parts = tuple(source for source in cell.sources[-1] if source)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, C, H, W)``."""
        values = [x]
        for vertex in self.vertices:
            values.append(vertex(values))
        parts = [values[part] for part in self._parts]
        terms = [torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]] if parts else []
        if self.projection is not None:
            terms.append(self.projection(x))
        return _total(terms)


class Skeleton(nn.Module):
    """A stem, cells with two max pools among them, global average pooling, a linear classifier.

    Args:
        cells: Made one by one after the stem, so that weights are drawn in the order of execution.
        C: Channels of the stem; the last map has four times as many.
        N: Cells before the first max pool, before the second, and after it.
        num_classes: Classes K.
        in_channels: Channels of the images.

    Attributes:
        block_names: The stem and every cell, in order; a max pool belongs to the cell after it.
        last_map_name: The last cell, whose output is pooled.
    """

    def __init__(self, cells: Iterable[nn.Module], *, C: int, N: int, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.stem = ConvBNReLU(in_channels, C, 3)
        self.cells = nn.ModuleList(cells)
        # Rounding up changes nothing for even sizes, and does for odd ones what the authors' padding does.
        self.downsample = nn.MaxPool2d(2, ceil_mode=True)
        self.global_pooling = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(4 * C, num_classes)
        self._pooled_before = {N, 2 * N}
        self.block_names: tuple[str, ...] = ("stem", *(f"cells.{index}" for index in range(len(self.cells))))
        self.last_map_name: str = self.block_names[-1]

    def maps(self, x: Tensor) -> Tensor:
        """The last map ``(N, 4 C, H, W)`` of images."""
        features: Tensor = self.stem(x)
        for index, cell in enumerate(self.cells):
            features = cell(self.downsample(features) if index in self._pooled_before else features)
        return features

    def forward(self, x: Tensor) -> Tensor:
        """Maps images ``(N, in_channels, H, W)`` to logits ``(N, K)``."""
        pooled: Tensor = self.global_pooling(self.maps(x))
        logits: Tensor = self.classifier(pooled.flatten(1))
        return logits


class ModuleNetwork(Skeleton):
    """NAS-Bench-101's macro skeleton (Ying et al., 2019, arXiv:1902.09635, figure 1).

    A stem of C channels; N modules of C channels; a max pool; N of 2C; a max pool; N of 4C; global average pooling;
    a linear classifier. Images may have any size. Weights start as torch's layers draw them, which is another
    distribution than the authors'; see :func:`zcnas.initialisation.initialise`.

    Args:
        cell: A pruned cell.
        C: Channels of the stem and the first stack.
        N: Modules per stack.
        num_classes: Classes K.
        in_channels: Channels of the images.
    """

    def __init__(self, cell: Cell, *, C: int = 128, N: int = 3, num_classes: int = 10, in_channels: int = 3) -> None:
        widths = [width for width in (C, 2 * C, 4 * C) for _ in range(N)]
        cells = (Module(cell, incoming, width) for incoming, width in zip([C, *widths], widths, strict=False))
        super().__init__(cells, C=C, N=N, num_classes=num_classes, in_channels=in_channels)


def _total(terms: Sequence[Tensor]) -> Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
