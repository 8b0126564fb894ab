"""The supernets of NAS-Bench-1Shot1: every vertex has all operations, and reads all that it may choose to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import cast

import torch
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench1shot1.wiring import PARENTS
from zcnas.searchspaces.nasbench101.cell import OPS, Cell
from zcnas.searchspaces.nasbench101.channels import KERNELS
from zcnas.searchspaces.nasbench101.network import ConvBNReLU, Skeleton
from zcnas.searchspaces.nasbench201.layers import ReLUConvBN
from zcnas.supernet import Decisions, Edge, Mixture, Node, total

_PARENT = ("parent",)


def choosing(number: int) -> dict[int, int]:
    """For each vertex of a space that chooses among those before it: the place of its first edge.

    The edges of the others, which read all before them, are no choice.

    >>> choosing(1)
    {3: 4, 4: 7, 5: 11}
    """
    vertices = [vertex for vertex, count in enumerate(PARENTS[number], start=1) if count < vertex]
    return dict(zip(vertices, accumulate(vertices, initial=len(PARENTS[number]) - 1), strict=False))


def edges_of(number: int) -> list[Edge]:
    """A space's vertices, each with its operations, and then what those that choose may read."""
    vertices = [Edge(f"vertex{vertex}", OPS) for vertex in range(1, len(PARENTS[number]))]
    return vertices + [Edge(f"{source}-{end}", _PARENT) for end in choosing(number) for source in range(end)]


def nodes_of(number: int) -> list[Node]:
    """The vertices that choose, the output last; parents are dropped all at once."""
    return [
        Node(f"vertex{vertex}", tuple(range(first, first + vertex)), PARENTS[number][vertex - 1], one_by_one=False)
        for vertex, first in choosing(number).items()
    ]


def decided_cell(number: int, decisions: Decisions) -> Cell:
    """What was chosen, vertices included that do not lead to the output.

    Raises:
        InputError: Not one decision for every edge, a vertex without operation, or another number of parents.
    """
    inner, edges = len(PARENTS[number]) - 1, len(edges_of(number))
    if len(decisions) != edges or any(op not in range(len(OPS)) for op in decisions[:inner]):
        raise InputError(
            f"NAS-Bench-1Shot1's space {number}: expected {edges} decisions, the first {inner} of which are codes "
            f"from 0 to {len(OPS) - 1}; got {decisions}"
        )
    sources = (_sources(number, vertex, decisions) for vertex in range(1, inner + 2))
    return Cell(((), *sources), tuple(op for op in decisions[:inner] if op is not None))


def _sources(number: int, vertex: int, decisions: Decisions) -> tuple[int, ...]:
    first, count = choosing(number).get(vertex), PARENTS[number][vertex - 1]
    if first is None:
        return tuple(range(vertex))
    given = decisions[first : first + vertex]
    if (given.count(0), given.count(None)) != (count, vertex - count):
        raise InputError(
            f"NAS-Bench-1Shot1's space {number}: expected 0 for {count} edges into vertex {vertex} and None for the "
            f"others, got {given}"
        )
    return tuple(source for source, parent in enumerate(given) if parent is not None)


class Supernetwork(Skeleton):
    """The one-shot model of NAS-Bench-1Shot1 (Zela et al., 2020, arXiv:2001.10422), with NAS-Bench-101's skeleton.

    All vertices of a cell have as many channels, and its output is the concatenation of its projected input and of
    all vertices, each times its weight, so that a cell gives as many times the channels; after the last one a
    convolution brings them down. A view has zeros in the place of what is not concatenated. In the authors' code max
    pools also pad even sizes, and norms forget at once.

    Args:
        number: The space.
        C: Channels of the stem and of the vertices of the first stack.
        N: Cells per stack.
        num_classes: Classes K.
        in_channels: Channels of the images.

    Attributes:
        last_map_name: The convolution after the last cell.
    """

    def __init__(self, number: int, *, C: int = 16, N: int = 3, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__(_cells(number, C, N), C=C, N=N, num_classes=num_classes, in_channels=in_channels)
        self.postprocess = ReLUConvBN(4 * C * len(PARENTS[number]), 4 * C, 1, affine=False)
        self.last_map_name = "postprocess"

    def maps(self, x: Tensor) -> Tensor:
        """The last map ``(N, 4 C, H, W)`` of images."""
        out: Tensor = self.postprocess(super().maps(x))
        return out


def _cells(number: int, C: int, N: int) -> Iterator[nn.Module]:
    incoming = C
    for width in (width for width in (C, 2 * C, 4 * C) for _ in range(N)):
        yield MixedCell(number, incoming, width)
        incoming = width * len(PARENTS[number])


class MixedCell(nn.Module):
    """One cell.

    Args:
        number: The space.
        in_channels: Channels of the input.
        channels: Channels C of every vertex.
    """

    def __init__(self, number: int, in_channels: int, channels: int) -> None:
        super().__init__()
        firsts = choosing(number)
        *inner, self.output = (
            Reader(vertex, firsts.get(vertex), in_channels, channels) for vertex in range(1, len(PARENTS[number]) + 1)
        )
        self.readers = nn.ModuleList(inner)
        self.vertices = nn.ModuleList(
            Mixture(edge, [_operation(code, channels) for code in range(len(OPS))]) for edge in range(len(inner))
        )
        self._channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, H, W)`` to ``(N, (V - 1) C, H, W)`` for V vertices, input and output included."""
        values: list[Tensor | None] = [x]
        live = self._live()
        for place, (reader, vertex) in enumerate(zip(self.readers, self.vertices, strict=True), start=1):
            read = total(reader(values)) if place in live else None
            values.append(None if read is None else vertex(read))
        empty = x.new_zeros(len(x), self._channels, *x.shape[2:])
        return torch.cat([empty if part is None else part for part in self.output(values)], dim=1)

    def _live(self) -> set[int]:
        """Vertices that lead to the output: in a view others are not computed."""
        live = set(self.output.sources())
        for place in range(len(self.readers), 0, -1):
            if place in live:
                live.update(cast(Reader, self.readers[place - 1]).sources())
        return live


class Reader(nn.Module):
    """What comes into a vertex: the projected input, and all vertices before, each times its weight.

    Args:
        vertex: Its number.
        first: The place of its first edge; ``None`` for one without a choice, where nothing is weighted.
        in_channels: Channels of the cell's input.
        channels: Channels C of every vertex.
    """

    def __init__(self, vertex: int, first: int | None, in_channels: int, channels: int) -> None:
        super().__init__()
        parents = [ConvBNReLU(in_channels, channels, 1), *(nn.Identity() for _ in range(1, vertex))]
        self.parents = nn.ModuleList(
            parent if first is None else Mixture(first + source, [parent]) for source, parent in enumerate(parents)
        )

    def sources(self) -> list[int]:
        """Those that are not masked."""
        return [
            source
            for source, parent in enumerate(self.parents)
            if not isinstance(parent, Mixture) or len(parent.operations)
        ]

    def forward(self, values: Sequence[Tensor | None]) -> list[Tensor | None]:
        """One map ``(N, C, H, W)`` for each; ``None`` for what is masked or has no value."""
        pairs = zip(self.parents, values, strict=True)
        return [None if value is None else parent(value) for parent, value in pairs]


def _operation(code: int, channels: int) -> nn.Module:
    return ConvBNReLU(channels, channels, KERNELS[code]) if code in KERNELS else nn.MaxPool2d(3, 1, padding=1)
