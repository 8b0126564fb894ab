"""The benchmark's network: three stages of equal cells with two residual reductions between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

from zcnas.searchspaces.nasbench201.cell import CONV1, CONV3, EDGES, NONE, OUTPUT, SKIP, live_edges
from zcnas.searchspaces.nasbench201.layers import Reduction, ReLUConvBN, average_pool


class Cell(nn.Module):
    """One cell; edges with ``none`` do not exist, and their target sums what else comes in.

    Args:
        codes: Six operation codes in the order of :data:`EDGES`.
        channels: Channels C of input and output.
        live_only: Compute live edges only (see :func:`live_edges`). The parameters of others exist anyway.
    """

    def __init__(self, codes: Sequence[int], channels: int, *, live_only: bool = True) -> None:
        super().__init__()
        # Keyed by the edge's place, so that parameters are named as in the benchmark's own state dicts.
        self.layers = nn.ModuleDict(
            {str(edge): _operation(code, channels) for edge, code in enumerate(codes) if code != NONE}
        )
        live = live_edges(codes) if live_only else [code != NONE for code in codes]
        edges = [(str(edge), *ends) for edge, ends in enumerate(EDGES) if live[edge]]
        self._inputs = tuple(
            tuple((edge, source) for edge, source, end in edges if end == target) for target in range(1, OUTPUT + 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, H, W)`` to ``(N, C, H, W)``; a node without inputs is zero."""
        nodes = [x]
        for inputs in self._inputs:
            terms = [self.layers[edge](nodes[source]) for edge, source in inputs]
            nodes.append(_total(terms) if terms else torch.zeros_like(x))
        return nodes[OUTPUT]


class Skeleton(nn.Module):
    """A stem, blocks, batch norm and ReLU, global average pooling, a linear classifier.

    Args:
        blocks: Made one by one after the stem, so that weights are drawn in the order of execution.
        channels: Of the stem, and of the last block.
        num_classes: Classes K.
        in_channels: Channels of the images.

    Attributes:
        block_names: The stem and every block, in order.
        last_map_name: The last map before global pooling, after batch norm and ReLU.
    """

    def __init__(
        self, blocks: Iterable[nn.Module], channels: tuple[int, int], *, num_classes: int, in_channels: int
    ) -> None:
        super().__init__()
        first, last = channels
        self.stem = nn.Sequential(nn.Conv2d(in_channels, first, 3, padding=1, bias=False), nn.BatchNorm2d(first))
        self.cells = nn.ModuleList(blocks)
        self.lastact = nn.Sequential(nn.BatchNorm2d(last), nn.ReLU())
        self.global_pooling = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(last, num_classes)
        self.block_names: tuple[str, ...] = ("stem", *(f"cells.{index}" for index in range(len(self.cells))))
        self.last_map_name: str = "lastact"

    def forward(self, x: Tensor) -> Tensor:
        """Maps images ``(N, in_channels, H, W)`` to logits ``(N, K)``."""
        features: Tensor = self.stem(x)
        for block in self.cells:
            features = block(features)
        pooled: Tensor = self.global_pooling(self.lastact(features))
        logits: Tensor = self.classifier(pooled.flatten(1))
        return logits


class CellNetwork(Skeleton):
    """NAS-Bench-201's macro skeleton (Dong and Yang, 2020, arXiv:2001.00326, figure 1).

    A stem; N cells of C channels; a reduction; N of 2C; a reduction; N of 4C; batch norm and ReLU; global
    average pooling; a linear classifier. Images may have any size. Parameters have the names and the order
    of the benchmark's own networks.

    Args:
        codes: Six operation codes in the order of :data:`EDGES`.
        C: Channels of the first stage.
        N: Cells per stage.
        num_classes: Classes K.
        in_channels: Channels of the images.
        live_only: Compute live edges only (see :func:`live_edges`); the output is the same. The benchmark's
            own code computes all, so proxies that look at activations see more of its networks.

    Attributes:
        block_names: The stem, every cell and every reduction, in order.
        last_map_name: The last map before global pooling, after batch norm and ReLU.
    """

    def __init__(
        self,
        codes: Sequence[int],
        *,
        C: int = 16,
        N: int = 5,
        num_classes: int = 10,
        in_channels: int = 3,
        live_only: bool = True,
    ) -> None:
        blocks = _blocks(codes, C, N, live_only=live_only)
        super().__init__(blocks, (C, 4 * C), num_classes=num_classes, in_channels=in_channels)


def _blocks(codes: Sequence[int], C: int, N: int, *, live_only: bool) -> Iterator[nn.Module]:
    for width in (C, 2 * C, 4 * C):
        if width != C:
            yield Reduction(width // 2, width)
        for _ in range(N):
            yield Cell(codes, width, live_only=live_only)


def _operation(code: int, channels: int) -> nn.Module:
    kernels = {CONV1: 1, CONV3: 3}
    if code in kernels:
        return ReLUConvBN(channels, channels, kernels[code])
    return nn.Identity() if code == SKIP else average_pool()


def _total(terms: Sequence[Tensor]) -> Tensor:
    """The sum in edge order, as the benchmark adds, so that rounding agrees."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
