"""FBNet, in the form in which HW-NAS-Bench and HELP measured it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from torch import nn

from zcnas.errors import InputError, UnknownNameError
from zcnas.graph import Graph
from zcnas.searchspaces.chain import Layer, chain
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.literal import literal
from zcnas.searchspaces.mobilenet.blocks import Block, InvertedResidual
from zcnas.searchspaces.mobilenet.keys import hw_nas_bench_keys, place_keys
from zcnas.searchspaces.mobilenet.network import MobileNetwork
from zcnas.searchspaces.mobilenet.pieces import HW_NAS_BENCH
from zcnas.searchspaces.mobilenet.stages import Step, line, settled, steps
from zcnas.searchspaces.mobilenet.units import classifier, relu_unit, skip
from zcnas.searchspaces.pieces import InPieces
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Supernet

OPS = ("k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6", "skip")
"""Kernel, expansion and groups of a block, in HW-NAS-Bench's order: code 3 is ``k3_e6``."""

_SKIP = OPS.index("skip")
_STEM = 16
_WIDTHS = (16, 24, 32, 64, 112, 184, 352)
_DEPTHS = (1, 4, 4, 4, 4, 4, 1)
_SPELLINGS = ("shapes", "places")
_LONGEST = 1000  # More than twice the longest spelling.


class Skeleton(NamedTuple):
    """Size of the images, stride of the stem, strides of the stages, channels of the last convolution, classes."""

    resolution: int
    stride: int
    strides: tuple[int, ...]
    last: int
    num_classes: int


SKELETONS = {
    "cifar": Skeleton(32, 1, (1, 1, 2, 2, 1, 2, 1), 1504, 100),
    "imagenet": Skeleton(224, 2, (1, 2, 2, 2, 1, 2, 1), 1984, 1000),
}
"""Names for :meth:`FBNet.build`, and what the published measurements are of."""


class FBNet(InPieces, SearchSpace):
    """22 layers of nine kinds (Wu et al. 2019, arXiv:1812.03443), as HW-NAS-Bench codes and builds them.

    A genome is the code that HW-NAS-Bench (Li et al. 2021, arXiv:2103.10584) and HELP use: 22 places in
    :data:`OPS`. A ``skip`` is a 1x1 convolution where the shape changes, and does nothing elsewhere.

    >>> FBNet().parse("[7, 8, 1, 8, 4, 8, 8, 8, 7, 4, 1, 4, 7, 3, 2, 7, 3, 2, 4, 2, 4, 5]").key
    'fbnet:7-8-1-8-4-8-8-8-7-4-1-4-7-3-2-7-3-2-4-2-4-5'
    """

    name = "fbnet"
    choices = (len(OPS),) * sum(_DEPTHS)
    pieces = HW_NAS_BENCH

    def parse(self, text: str) -> Architecture:
        """Reads 22 codes or names in brackets, as in ``[7, 8, ...]`` or ``['k5_e6', 'skip', ...]``.

        Raises:
            InputError: Another form, or a number that is no code.
            UnknownNameError: An unknown name.
        """
        try:
            content = literal(text, _LONGEST)
        except InputError as error:
            raise self._wrong(f"{text!r:.200} ({error})") from error
        return self.from_ops(content)

    def format(self, arch: Architecture) -> str:
        """Writes ``[7, 8, ...]``."""
        self._require(arch)
        return str(list(arch.genome))

    def ops(self, arch: Architecture) -> tuple[str, ...]:
        """The layers by name."""
        self._require(arch)
        return tuple(OPS[gene] for gene in arch.genome)

    def from_ops(self, ops: Sequence[int] | Sequence[str]) -> Architecture:
        """The architecture with these codes or names; see :meth:`parse`."""
        if not isinstance(ops, list | tuple) or len(ops) != len(self.choices):
            raise self._wrong(f"{ops!r:.200}")
        return Architecture(self.name, tuple(map(self._gene, ops)))

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        skeleton: str = "cifar",
        in_channels: int = 3,
    ) -> MobileNetwork:
        """The network of ``arch``, with PyTorch's usual initial weights.

        Args:
            arch: Of this space.
            num_classes: Classes K.
            seed: See :meth:`SearchSpace.build <zcnas.space.SearchSpace.build>`.
            skeleton: ``"cifar"``, for images of 32x32, or ``"imagenet"``, for 224x224.
            in_channels: Channels of the images.
        """
        ops, frame = self._layers(arch, skeleton), SKELETONS[skeleton]
        blocks = (_module(step, block) for step, block in ops if block is not None or not step.keeps)
        with drawn_for(arch, seed):
            return _network(frame, blocks, in_channels, num_classes)

    def supernet(
        self,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        skeleton: str = "cifar",
        in_channels: int = 3,
    ) -> Supernet:
        """All networks in one: a layer gives the weighted sum of what its nine candidates give, as in FBNet's search.

        Its edges are the layers, ``layer0`` to ``layer21``; see :meth:`build` for the arguments. With ``seed`` the
        weights are drawn on the CPU from it.
        """
        layers = (
            Layer(number, [_module(step, _block(op, step)) for op in OPS])
            for number, step in enumerate(_steps(skeleton))
        )
        with drawn_for(self.name, seed):
            network = _network(SKELETONS[skeleton], layers, in_channels, num_classes)
        return chain(self, network, [OPS] * len(self.choices))

    def graph(self, arch: Architecture) -> Graph:
        """The layers in a line, each named by its operation and stride; skips that do nothing are left out."""
        layers = zip(self.ops(arch), self._layers(arch), strict=True)
        return line(f"{op}_s{step.stride}" for op, (step, block) in layers if block is not None or not step.keeps)

    def canonical(self, arch: Architecture) -> str:
        """The spelling in which skips that do nothing stand at the end of their stage, as they may."""
        return self.format(self.representative(arch))

    def representative(self, arch: Architecture) -> Architecture:
        """The architecture that differs in the places of such skips at most, and has them at the ends of stages."""
        self._require(arch)
        return Architecture(self.name, settled(arch.genome, _DEPTHS, _SKIP))

    def layers(
        self,
        arch: Architecture,
        *,
        resolution: int | None = None,
        skeleton: str = "cifar",
        num_classes: int | None = None,
        spelling: str = "shapes",
    ) -> tuple[str, ...]:
        """Keys of all layers in tables of latencies.

        Args:
            arch: Of this space.
            resolution: Of the images; by default that of the skeleton.
            skeleton: As for :meth:`build`.
            num_classes: Classes K; by default those of CIFAR-100 or ImageNet.
            spelling: ``"shapes"``, as in HW-NAS-Bench's tables, which are of CIFAR-100 and ImageNet; or ``"places"``,
                for tables with a line for each of the 22 layers, which lack stem and head.

        Raises:
            UnknownNameError: Another skeleton or spelling.
        """
        if spelling not in _SPELLINGS:
            raise UnknownNameError("spelling of layers", spelling, _SPELLINGS)
        if spelling == "places":
            return tuple(place_keys(self.ops(arch)))
        ops, frame = self._layers(arch, skeleton), SKELETONS[skeleton]
        size = frame.resolution if resolution is None else resolution
        classes = frame.num_classes if num_classes is None else num_classes
        return tuple(hw_nas_bench_keys(ops, size, frame.stride, frame.last, classes))

    def resolution(self, arch: Architecture) -> int:
        """32, of all: that of CIFAR."""
        self._require(arch)
        return SKELETONS["cifar"].resolution

    def _layers(self, arch: Architecture, skeleton: str = "cifar") -> list[tuple[Step, Block | None]]:
        self._require(arch)
        return [(step, _block(OPS[gene], step)) for gene, step in zip(arch.genome, _steps(skeleton), strict=True)]

    def _gene(self, op: Any) -> int:
        if isinstance(op, str):
            if op not in OPS:
                raise UnknownNameError("FBNet operation", op, OPS)
            return OPS.index(op)
        if type(op) is not int or not 0 <= op < len(OPS):
            raise self._wrong(f"{op!r:.200} where a code from 0 to {len(OPS) - 1} should be")
        return op

    def _wrong(self, came: str) -> InputError:
        return InputError(f"{self.name}: expected 22 codes from 0 to 8, as in [7, 8, ...], or 22 names; got {came}")


def _steps(skeleton: str) -> list[Step]:
    if skeleton not in SKELETONS:
        raise UnknownNameError("skeleton", skeleton, SKELETONS)
    return list(steps(_STEM, _WIDTHS, _DEPTHS, SKELETONS[skeleton].strides))


def _network(frame: Skeleton, blocks: Iterable[nn.Module], in_channels: int, num_classes: int) -> MobileNetwork:
    return MobileNetwork(
        relu_unit(in_channels, _STEM, 3, stride=frame.stride),
        list(blocks),  # made here, between stem and head, as weights are drawn in order
        relu_unit(_WIDTHS[-1], frame.last),
        classifier(frame.last, num_classes),
    )


def _block(op: str, step: Step) -> Block | None:
    if op == "skip":
        return None
    kernel, expansion, *groups = (int(part[1:]) for part in op.split("_"))
    middle = step.before * expansion
    return Block(kernel, step.stride, step.before, middle, step.after, groups=sum(groups) or 1, activation="relu")


def _module(step: Step, block: Block | None) -> nn.Module:
    return skip(step) if block is None else InvertedResidual(block)
