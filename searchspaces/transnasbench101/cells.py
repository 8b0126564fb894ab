"""What modules are made of: searched cells in the micro space, ResNet's basic blocks in the macro space."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from zcnas.searchspaces.nasbench201.cell import CONV1, CONV3, EDGES, INPUT, NONE, OUTPUT, live_edges
from zcnas.searchspaces.nasbench201.layers import ReLUConvBN


class FactorizedReduce(nn.Module):
    """What stands for a skip where shapes change: ReLU, two 1x1 convolutions side by side, batch norm.

    The second one reads the image shifted by one pixel, so that with stride 2 each sees other pixels.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        halves = (out_channels // 2, out_channels - out_channels // 2)
        self.convs = nn.ModuleList(nn.Conv2d(in_channels, half, 1, stride, bias=False) for half in halves)
        self.pad = nn.ConstantPad2d((0, 1, 0, 1), 0)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H / stride, W / stride)``, rounded up."""
        first, second = self.convs
        x = self.relu(x)
        out: Tensor = self.bn(torch.cat([first(x), second(self.pad(x)[:, :, 1:, 1:])], dim=1))
        return out


class MicroCell(nn.Module):
    """A searched cell: NAS-Bench-201's four nodes and six edges, without pooling.

    Edges from the input change channels and size, if the cell does. Edges with ``none`` do not exist, and those
    that cannot reach the output are not computed, although their parameters exist; the output is the same.

    Args:
        codes: Operations of the edges (0 none, 1 skip, 2 1x1 convolution, 3 3x3 convolution), as NAS-Bench-201's.
        in_channels: Channels of the input.
        out_channels: Channels of every other node.
        stride: Of the edges from the input.
    """

    def __init__(self, codes: Sequence[int], in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self._channels, self._stride = out_channels, stride
        self.edges = nn.ModuleDict()
        for edge, (code, (source, _)) in enumerate(zip(codes, EDGES, strict=True)):
            if code != NONE:
                shape = (in_channels, out_channels, stride) if source == INPUT else (out_channels, out_channels, 1)
                self.edges[str(edge)] = _operation(code, *shape)
        live = live_edges(codes)
        edges = [(str(edge), *ends) for edge, ends in enumerate(EDGES) if live[edge]]
        self._inputs = tuple(
            tuple((edge, source) for edge, source, end in edges if end == target) for target in range(1, OUTPUT + 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H / stride, W / stride)``, rounded up."""
        nodes = [x]
        for inputs in self._inputs:
            terms = [self.edges[edge](nodes[source]) for edge, source in inputs]
            nodes.append(torch.stack(terms).sum(0) if terms else self._zeros(x))
        return nodes[OUTPUT]

    def _zeros(self, x: Tensor) -> Tensor:
        height, width = (-(-side // self._stride) for side in x.shape[2:])
        return x.new_zeros(len(x), self._channels, height, width)


class BasicBlock(nn.Module):
    """ResNet's basic block with ReLU first; a 1x1 convolution with batch norm is the shortcut where shapes change."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv_a = ReLUConvBN(in_channels, out_channels, 3, stride)
        self.conv_b = ReLUConvBN(out_channels, out_channels, 3)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, out_channels, H / stride, W / stride)``, rounded up."""
        out: Tensor = self.downsample(x) + self.conv_b(self.conv_a(x))
        return out


def _operation(code: int, in_channels: int, out_channels: int, stride: int) -> nn.Module:
    kernels = {CONV1: 1, CONV3: 3}
    if code in kernels:
        return ReLUConvBN(in_channels, out_channels, kernels[code], stride)
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return FactorizedReduce(in_channels, out_channels, stride)
