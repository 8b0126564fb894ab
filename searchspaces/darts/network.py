"""The networks in which DARTS evaluates what it has found: one for CIFAR, one for ImageNet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.searchspaces.darts.auxiliary import AuxiliaryHead
from zcnas.searchspaces.darts.cell import INPUTS, NODES
from zcnas.searchspaces.darts.genotype import Cell, Genotype
from zcnas.searchspaces.darts.operations import FactorizedReduce, drop_path, operation
from zcnas.searchspaces.nasbench201.layers import ReLUConvBN

_STEM_MULTIPLIER = 3


class Place(NamedTuple):
    """Where in the network a cell stands.

    Attributes:
        before: Channels of the two inputs.
        channels: Channels C of every node.
        reduction: Whether what reads an input halves the size.
        after_reduction: Whether the first input is twice as large as the second.
    """

    before: tuple[int, int]
    channels: int
    reduction: bool
    after_reduction: bool

    def stride(self, source: int) -> int:
        """Of an operation that reads this input or node."""
        return 2 if self.reduction and source < INPUTS else 1


class CellMaker(Protocol):
    """What makes the cell for a place: called from the first to the last."""

    def __call__(self, place: Place) -> nn.Module:
        """A module that takes what the two cells before it give, and the network's ``drop_path``."""


class Preprocessed(nn.Module):
    """What all cells begin with: both inputs get the same shape.

    Args:
        place: Where the cell stands.
        affine: Whether norms have scale and shift.
    """

    def __init__(self, place: Place, *, affine: bool) -> None:
        super().__init__()
        first, second = place.before
        self.preprocess0: nn.Module
        if place.after_reduction:
            self.preprocess0 = FactorizedReduce(first, place.channels, affine=affine)
        else:
            self.preprocess0 = ReLUConvBN(first, place.channels, 1, affine=affine)
        self.preprocess1 = ReLUConvBN(second, place.channels, 1, affine=affine)

    def preprocessed(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """Both as ``(N, C, H, W)``."""
        return [self.preprocess0(first), self.preprocess1(second)]


class CellModule(Preprocessed):
    """One cell, which reads the outputs of the two cells before it.

    Args:
        cell: Eight operations with what each reads.
        place: Where it stands.
        affine: Whether norms have scale and shift. While DARTS searches, they have none, and pools are followed by
            such a norm.
    """

    def __init__(self, cell: Cell, place: Place, *, affine: bool = True) -> None:
        super().__init__(place, affine=affine)
        self._ops = nn.ModuleList(
            operation(op, place.channels, place.stride(source), affine=affine) for op, source in cell
        )
        self._sources = tuple(source for _, source in cell)

    def forward(self, first: Tensor, second: Tensor, drop: float = 0.0) -> Tensor:
        """Maps two maps to ``(N, 4 C, H, W)``, where a reduction halves H and W, rounded up."""
        states = self.preprocessed(first, second)
        for place in range(0, len(self._ops), 2):
            states.append(self._edge(place, states, drop) + self._edge(place + 1, states, drop))
        return torch.cat(states[INPUTS:], dim=1)

    def _edge(self, place: int, states: Sequence[Tensor], drop: float) -> Tensor:
        op = self._ops[place]
        out: Tensor = op(states[self._sources[place]])
        dropped = self.training and drop > 0 and not isinstance(op, nn.Identity)
        return drop_path(out, drop) if dropped else out


def cells_of(genotype: Genotype, *, affine: bool = True) -> CellMaker:
    """Makes the cells that a search has found; see :class:`CellModule`."""
    return lambda place: CellModule(genotype.reduce if place.reduction else genotype.normal, place, affine=affine)


class DARTSNetwork(nn.Module, ABC):
    """A stem, cells, of which those at one and two thirds are reductions, average pooling, a linear classifier.

    Parameters have the names and the order of the authors' own networks, and no layer works in place.

    Args:
        make_cell: Makes the cells in order, such as :func:`cells_of` a genotype.
        C: Channels of a node in the first cells; reductions double them, and a cell gives four times as many.
        layers: Number of cells.
        num_classes: Classes K.
        in_channels: Channels of the images.
        auxiliary: Add a second classifier after the second reduction. In train mode the output is then a pair of
            logits, for which :func:`zcnas.score` wants ``output=lambda out: out[0]``.
        drop_path: Probability with which, in train mode, an operation other than the identity is left out of a
            sample. DARTS raises it linearly over training: set the attribute.

    Attributes:
        drop_path: See above.
        block_names: The stem and every cell, in order.
        last_map_name: The last cell.
    """

    stems: tuple[str, ...]
    auxiliary_stride: int

    def __init__(
        self,
        make_cell: CellMaker,
        *,
        C: int = 36,
        layers: int = 20,
        num_classes: int = 10,
        in_channels: int = 3,
        auxiliary: bool = False,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        _check(C, layers, drop_path)
        self.drop_path = drop_path
        before, after_reduction = self._make_stem(in_channels, C)
        self.cells = nn.ModuleList()
        self._auxiliary_after = 2 * layers // 3
        for place in range(layers):
            reduction = place in (layers // 3, 2 * layers // 3)
            C = 2 * C if reduction else C
            self.cells.append(make_cell(Place(before, C, reduction, after_reduction)))
            before, after_reduction = (before[1], len(NODES) * C), reduction
        self.auxiliary_head = AuxiliaryHead(before[1], num_classes, self.auxiliary_stride) if auxiliary else None
        self.global_pooling = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(before[1], num_classes)
        self.block_names: tuple[str, ...] = (*self.stems, *(f"cells.{place}" for place in range(layers)))
        self.last_map_name: str = self.block_names[-1]

    @abstractmethod
    def _make_stem(self, in_channels: int, C: int) -> tuple[tuple[int, int], bool]:
        """Makes what comes before the cells; channels of its two outputs, and whether the first is larger."""

    @abstractmethod
    def _stem_maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the first cell reads."""

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Maps images ``(N, in_channels, H, W)`` to logits ``(N, K)``."""
        first, second = self._stem_maps(x)
        auxiliary = None
        for place, cell in enumerate(self.cells):
            first, second = second, cell(first, second, self.drop_path)
            if place == self._auxiliary_after and self.auxiliary_head is not None and self.training:
                auxiliary = self.auxiliary_head(second)
        logits: Tensor = self.classifier(self.global_pooling(second).flatten(1))
        return logits if auxiliary is None else (logits, auxiliary)


class CIFARNetwork(DARTSNetwork):
    """DARTS's network for images of 32x32; other sizes work, but for the auxiliary head."""

    stems = ("stem",)
    auxiliary_stride = 3

    def _make_stem(self, in_channels: int, C: int) -> tuple[tuple[int, int], bool]:
        width = _STEM_MULTIPLIER * C
        self.stem = nn.Sequential(nn.Conv2d(in_channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        return (width, width), False

    def _stem_maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        out = self.stem(x)
        return out, out


class ImageNetNetwork(DARTSNetwork):
    """DARTS's network for images of 224x224, whose stem divides the size by 8."""

    stems = ("stem0", "stem1")
    auxiliary_stride = 2

    def _make_stem(self, in_channels: int, C: int) -> tuple[tuple[int, int], bool]:
        half = [nn.Conv2d(in_channels, C // 2, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(C // 2)]
        quarter = [nn.Conv2d(C // 2, C, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(C)]
        eighth = [nn.Conv2d(C, C, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(C)]
        self.stem0 = nn.Sequential(*half, nn.ReLU(), *quarter)
        self.stem1 = nn.Sequential(nn.ReLU(), *eighth)
        return (C, C), True

    def _stem_maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first = self.stem0(x)
        return first, self.stem1(first)


def _check(C: int, layers: int, drop: float) -> None:
    if C < 1 or layers < 1:
        raise InputError(f"expected at least 1 channel and 1 layer, got C={C}, layers={layers}")
    if not 0 <= drop < 1:
        raise InputError(f"drop_path: expected a probability from 0 to below 1, got {drop}")
