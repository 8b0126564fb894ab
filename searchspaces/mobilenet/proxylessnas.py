"""ProxylessNAS: 21 inverted residual blocks, each of six kinds or left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from zcnas.errors import InputError, UnknownNameError
from zcnas.graph import Graph
from zcnas.searchspaces.chain import Layer, chain
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.mobilenet.blocks import Block, InvertedResidual
from zcnas.searchspaces.mobilenet.keys import pixel1_keys
from zcnas.searchspaces.mobilenet.network import MobileNetwork
from zcnas.searchspaces.mobilenet.pieces import PIXEL1
from zcnas.searchspaces.mobilenet.stages import Step, line, settled, steps
from zcnas.searchspaces.mobilenet.units import EPSILON, classifier, relu6_unit
from zcnas.searchspaces.pieces import InPieces
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Mixture, Supernet

OPS = ("3x3_MBConv3", "3x3_MBConv6", "5x5_MBConv3", "5x5_MBConv6", "7x7_MBConv3", "7x7_MBConv6", "Zero")
"""Kernel and expansion of a block; ``Zero`` leaves the shortcut alone, so that the block does nothing."""

_ZERO = OPS.index("Zero")
_DEPTHS, _STRIDES = (4, 4, 4, 4, 4, 1), (2, 2, 2, 1, 2, 1)
_RESOLUTION = 224


class Widths(NamedTuple):
    """Channels of the stem, of the first block, of the six stages, and of the last convolution."""

    stem: int
    first: int
    stages: tuple[int, ...]
    last: int


SKELETONS = {
    "search": Widths(32, 16, (24, 40, 80, 96, 192, 320), 1280),
    "mobile": Widths(32, 16, (32, 40, 80, 96, 192, 320), 1280),
    "mobile_14": Widths(48, 24, (40, 56, 112, 136, 256, 448), 1792),
    "cpu": Widths(40, 24, (32, 48, 88, 104, 216, 360), 1432),
    "gpu": Widths(40, 24, (32, 56, 112, 128, 256, 432), 1728),
}
"""Widths for :meth:`ProxylessNAS.build`: those of the search and of its latency table, and those of the published
networks, which were widened after the search."""


class ProxylessNAS(InPieces, SearchSpace):
    """Kernels and expansions of 21 blocks in six stages, of which 15 can be left out (Cai et al. 2019).

    The reference is arXiv:1812.00332. A genome has places in :data:`OPS`; the first block of a stage, which
    changes the shape, is never ``Zero``.

    >>> space = ProxylessNAS()
    >>> len(space.choices), space.size == 6**6 * 7**15
    (21, True)
    """

    name = "proxylessnas"
    choices = tuple(len(OPS) - (place == 0) for depth in _DEPTHS for place in range(depth))
    pieces = PIXEL1

    def parse(self, text: str) -> Architecture:
        """Reads the candidates' names in ProxylessNAS's spelling, as in ``5x5_MBConv3,Zero,...``.

        Raises:
            InputError: Not 21 names, or ``Zero`` where a stage begins.
            UnknownNameError: An unknown name.
        """
        return self.from_ops([name.strip() for name in text.split(",")] if isinstance(text, str) else text)

    def format(self, arch: Architecture) -> str:
        """Writes ``5x5_MBConv3,Zero,...``."""
        self._require(arch)
        return ",".join(OPS[gene] for gene in arch.genome)

    def from_ops(self, ops: Sequence[str]) -> Architecture:
        """The architecture with these names; see :meth:`parse`."""
        if not isinstance(ops, list | tuple) or len(ops) != len(self.choices):
            raise InputError(
                f"{self.name}: expected {len(self.choices)} names such as 5x5_MBConv3, between commas; got {ops!r:.200}"
            )
        for op in ops:
            if op not in OPS:
                raise UnknownNameError("ProxylessNAS operation", op, OPS)
        arch = Architecture(self.name, tuple(map(OPS.index, ops)))
        if arch not in self:
            raise InputError(f"{self.name}: expected a convolution where a stage begins, got Zero in {ops!r}")
        return arch

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        skeleton: str = "search",
        in_channels: int = 3,
    ) -> MobileNetwork:
        """The network of ``arch``, with PyTorch's usual initial weights.

        Args:
            arch: Of this space.
            num_classes: Classes K.
            seed: See :meth:`SearchSpace.build <zcnas.space.SearchSpace.build>`.
            skeleton: A key of :data:`SKELETONS`.
            in_channels: Channels of the images.
        """
        blocks, widths = self._blocks(arch, skeleton), SKELETONS[skeleton]
        with drawn_for(arch, seed):
            return _network(widths, (InvertedResidual(block, EPSILON) for block in blocks), in_channels, num_classes)

    def supernet(
        self,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        skeleton: str = "search",
        in_channels: int = 3,
    ) -> Supernet:
        """All networks in one, as in ProxylessNAS's search: candidates are weighted, shortcuts beside them are not.

        Its edges are the layers, ``layer0`` to ``layer20``; see :meth:`build` for the arguments. With ``seed`` the
        weights are drawn on the CPU from it.
        """
        widths = _widths(skeleton)
        with drawn_for(self.name, seed):
            network = _network(widths, _mixed_blocks(widths), in_channels, num_classes)
        return chain(self, network, [OPS[:options] for options in self.choices])

    def graph(self, arch: Architecture) -> Graph:
        """The blocks in a line, each named by kernel, expansion and stride; ``Zero`` is left out."""
        blocks = self._blocks(arch)[1:]
        return line(f"k{block.kernel}_e{block.middle // block.before}_s{block.stride}" for block in blocks)

    def canonical(self, arch: Architecture) -> str:
        """The spelling in which every ``Zero`` stands at the end of its stage, as it may."""
        return self.format(self.representative(arch))

    def representative(self, arch: Architecture) -> Architecture:
        """The architecture that differs in the places of ``Zero`` at most, and has them at the ends of stages."""
        self._require(arch)
        return Architecture(self.name, settled(arch.genome, _DEPTHS, _ZERO))

    def layers(
        self,
        arch: Architecture,
        *,
        resolution: int | None = None,
        skeleton: str = "search",
        num_classes: int = 1000,
    ) -> tuple[str, ...]:
        """Keys of all layers in ProxylessNAS's latency table, which is of ``skeleton="search"`` at 224 pixels.

        Args:
            arch: Of this space.
            resolution: Of the images; by default 224.
            skeleton: As for :meth:`build`.
            num_classes: Classes K.
        """
        blocks, size = self._blocks(arch, skeleton), self.resolution(arch) if resolution is None else resolution
        return tuple(pixel1_keys(blocks, size, SKELETONS[skeleton].last, num_classes))

    def resolution(self, arch: Architecture) -> int:
        """224, of all."""
        self._require(arch)
        return _RESOLUTION

    def _blocks(self, arch: Architecture, skeleton: str = "search") -> list[Block]:
        self._require(arch)
        widths = _widths(skeleton)
        pairs = zip(arch.genome, _steps(widths), strict=True)
        return [_first(widths), *(_block(OPS[gene], step) for gene, step in pairs if gene != _ZERO)]


class Branches(Layer):
    """A layer that adds its input to the weighted sum of what its candidates make of it.

    ``Zero`` is one that carries nothing; where everything else is masked, the input remains.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape ``(N, C, H, W)``."""
        value = Mixture.forward(self, x)
        return x if value is None else x + value


def _widths(skeleton: str) -> Widths:
    if skeleton not in SKELETONS:
        raise UnknownNameError("skeleton", skeleton, SKELETONS)
    return SKELETONS[skeleton]


def _steps(widths: Widths) -> Iterator[Step]:
    return steps(widths.first, widths.stages, _DEPTHS, _STRIDES)


def _first(widths: Widths) -> Block:
    return Block(3, 1, widths.stem, widths.stem, widths.first, expands=False)


def _block(op: str, step: Step) -> Block:
    kernel, ratio = int(op[0]), int(op[-1])
    return Block(kernel, step.stride, step.before, step.before * ratio, step.after)


def _mixed_blocks(widths: Widths) -> Iterator[nn.Module]:
    yield InvertedResidual(_first(widths), EPSILON)
    for number, step in enumerate(_steps(widths)):
        branches = [InvertedResidual(_block(op, step), EPSILON).layers for op in OPS[:_ZERO]]
        yield Branches(number, [*branches, None]) if step.keeps else Layer(number, branches)


def _network(widths: Widths, blocks: Iterable[nn.Module], in_channels: int, num_classes: int) -> MobileNetwork:
    return MobileNetwork(
        relu6_unit(in_channels, widths.stem, 3, stride=2),
        list(blocks),  # made here, between stem and head, as weights are drawn in order
        relu6_unit(widths.stages[-1], widths.last),
        classifier(widths.last, num_classes),
    )
