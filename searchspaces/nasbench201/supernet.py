"""The supernet of NAS-Bench-201: every cell has all five operations on every edge."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from zcnas.searchspaces.nasbench201.cell import CONV1, CONV3, EDGES, NONE, OPS, OUTPUT, SKIP
from zcnas.searchspaces.nasbench201.layers import Reduction, ReLUConvBN, average_pool
from zcnas.searchspaces.nasbench201.network import Skeleton
from zcnas.supernet import Edge, Mixture, strided_zeros, total

CHOICES = tuple(Edge(f"{source}-{target}", OPS) for source, target in EDGES)
"""The six edges, all with the same operations."""


class MixedCell(nn.Module):
    """A cell in which every edge is a mixture; norms have neither scale nor shift.

    Args:
        channels: Channels C of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.edges = nn.ModuleList(
            Mixture(edge, [_operation(code, channels) for code in range(len(OPS))]) for edge in range(len(EDGES))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, H, W)`` to ``(N, C, H, W)``; a node without inputs is zero."""
        nodes = [x]
        for target in range(1, OUTPUT + 1):
            into = [edge for edge, (_, end) in enumerate(EDGES) if end == target]
            value = total(self.edges[edge](nodes[EDGES[edge][0]]) for edge in into)
            nodes.append(strided_zeros(x, 1) if value is None else value)
        return nodes[OUTPUT]


class CellSupernetwork(Skeleton):
    """NAS-Bench-201's macro skeleton with mixed cells; see :class:`CellNetwork` for the arguments."""

    def __init__(self, *, C: int = 16, N: int = 5, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__(_blocks(C, N), (C, 4 * C), num_classes=num_classes, in_channels=in_channels)


def _blocks(C: int, N: int) -> Iterator[nn.Module]:
    for width in (C, 2 * C, 4 * C):
        if width != C:
            yield Reduction(width // 2, width)
        for _ in range(N):
            yield MixedCell(width)


def _operation(code: int, channels: int) -> nn.Module | None:
    kernels = {CONV1: 1, CONV3: 3}
    if code in kernels:
        return ReLUConvBN(channels, channels, kernels[code], affine=False)
    return {NONE: None, SKIP: nn.Identity()}[code] if code in (NONE, SKIP) else average_pool()
