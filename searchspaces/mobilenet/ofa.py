"""Once-for-all: MobileNetV3 with any kernels, expansions, depths and resolution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from torch import nn

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.literal import literal
from zcnas.searchspaces.mobilenet.blocks import Block, InvertedResidual, rounded
from zcnas.searchspaces.mobilenet.keys import note10_keys
from zcnas.searchspaces.mobilenet.network import MobileNetwork
from zcnas.searchspaces.mobilenet.pieces import NOTE10
from zcnas.searchspaces.mobilenet.stages import line, steps
from zcnas.searchspaces.mobilenet.units import classifier, hardswish_unit, mixing
from zcnas.searchspaces.pieces import InPieces
from zcnas.space import Architecture, SearchSpace

KERNELS, EXPANSIONS, DEPTHS = (3, 5, 7), (3, 4, 6), (2, 3, 4)
RESOLUTIONS = tuple(range(128, 225, 4))

_STAGES, _DEEPEST = 5, max(DEPTHS)
_BLOCKS = _STAGES * _DEEPEST
_WIDTHS = (24, 40, 80, 112, 160)
_STRIDES = (2, 2, 2, 1, 2)
_SQUEEZE = (False, True, False, True, True)
_ACTIVATIONS = ("relu", "relu", "hardswish", "hardswish", "hardswish")
_STEM, _LAST, _MIXED = 16, 960, 1280
_PARTS = {
    "ks": (KERNELS, _BLOCKS),
    "e": (EXPANSIONS, _BLOCKS),
    "d": (DEPTHS, _STAGES),
    "r": (RESOLUTIONS, 1),
}
_FORM = "{'ks': [20 of 3, 5, 7], 'e': [20 of 3, 4, 6], 'd': [5 of 2, 3, 4], 'r': one of 128, 132, ... 224}"
_LONGEST = 1000  # Twice the longest spelling.


class OFAMobileNetV3(InPieces, SearchSpace):
    """Five stages of two to four blocks with their kernels and expansions, and a resolution (arXiv:1908.09791).

    A genome has the kernels of 20 blocks, their expansions, the depths of the stages and the resolution, as
    places in :data:`KERNELS`, :data:`EXPANSIONS`, :data:`DEPTHS` and :data:`RESOLUTIONS` (Cai et al. 2020). All
    four blocks of a stage are spelt, also those beyond its depth, which mean nothing. The resolution is no part of
    the network: it says at which size of images it runs.

    >>> space = OFAMobileNetV3()
    >>> arch = space.from_settings({"ks": [5] * 20, "e": [6] * 20, "d": [2, 3, 4, 2, 3], "r": 160})
    >>> space.settings(arch)["d"]
    [2, 3, 4, 2, 3]
    """

    name = "ofa_mobilenetv3"
    choices = tuple(chain.from_iterable((len(options),) * count for options, count in _PARTS.values()))
    pieces = NOTE10

    def parse(self, text: str) -> Architecture:
        """Reads ``{'ks': [...], 'e': [...], 'd': [...], 'r': 204}``, as once-for-all and HELP print it.

        Raises:
            InputError: Another form, or options that there are not.
        """
        try:
            content = literal(text, _LONGEST)
        except InputError as error:
            raise self._wrong(f"{text!r:.200} ({error})") from error
        return self.from_settings(content)

    def format(self, arch: Architecture) -> str:
        """Writes ``{'ks': [...], 'e': [...], 'd': [...], 'r': 204}``."""
        return str(self.settings(arch))

    def settings(self, arch: Architecture) -> dict[str, Any]:
        """Kernels, expansions and depths as lists, and the resolution."""
        self._require(arch)
        genes = iter(arch.genome)
        found = {key: [options[next(genes)] for _ in range(count)] for key, (options, count) in _PARTS.items()}
        return {**found, "r": found["r"][0]}

    def from_settings(self, settings: Mapping[str, Any]) -> Architecture:
        """The architecture with these settings; the resolution may be a number or a list of one.

        Raises:
            InputError: Another form, or options that there are not.
        """
        if not isinstance(settings, Mapping) or set(settings) - {"wid"} != set(_PARTS) or settings.get("wid"):
            raise self._wrong(f"{settings!r:.200}")
        return Architecture(self.name, tuple(chain.from_iterable(self._genes(key, settings[key]) for key in _PARTS)))

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        width: float = 1.0,
        in_channels: int = 3,
    ) -> MobileNetwork:
        """The network of ``arch``, with PyTorch's usual initial weights.

        Args:
            arch: Of this space.
            num_classes: Classes K.
            seed: See :meth:`SearchSpace.build <zcnas.space.SearchSpace.build>`.
            width: Factor of all channels; 1.0 and 1.2 are those of the networks that once-for-all trained.
            in_channels: Channels of the images.
        """
        blocks = self._blocks(arch, width)
        last, mixed = rounded(_LAST * width), rounded(_MIXED * width)
        with drawn_for(arch, seed):
            return MobileNetwork(
                hardswish_unit(in_channels, blocks[0].before, 3, stride=2),
                [InvertedResidual(block) for block in blocks],
                hardswish_unit(blocks[-1].after, last),
                nn.Sequential(*mixing(last, mixed), *classifier(mixed, num_classes)),
            )

    def graph(self, arch: Architecture) -> Graph:
        """The blocks in a line, each named by kernel, expansion and stride; resolution is left out."""
        ratios = (block.middle // block.before for block in self._blocks(arch)[1:])
        blocks = zip(self._blocks(arch)[1:], ratios, strict=True)
        return line(f"k{block.kernel}_e{ratio}_s{block.stride}" for block, ratio in blocks)

    def canonical(self, arch: Architecture) -> str:
        """The spelling in which blocks beyond the depths are the smallest."""
        return self.format(self.representative(arch))

    def representative(self, arch: Architecture) -> Architecture:
        """The architecture with the smallest blocks beyond the depths, which are not run."""
        used = self._used(arch)
        genes = [gene if place % _BLOCKS in used else 0 for place, gene in enumerate(arch.genome[: 2 * _BLOCKS])]
        return Architecture(self.name, (*genes, *arch.genome[2 * _BLOCKS :]))

    def layers(
        self, arch: Architecture, *, resolution: int | None = None, width: float = 1.2, num_classes: int = 1000
    ) -> tuple[str, ...]:
        """Keys of all layers in once-for-all's latency tables, which are of networks with ``width=1.2``.

        Args:
            arch: Of this space.
            resolution: Of the images; by default the architecture's own. A table is of one resolution.
            width: As for :meth:`build`.
            num_classes: Classes K.
        """
        size = self.resolution(arch) if resolution is None else resolution
        last, mixed = rounded(_LAST * width), rounded(_MIXED * width)
        return tuple(note10_keys(self._blocks(arch, width), size, last, mixed, num_classes))

    def resolution(self, arch: Architecture) -> int:
        """The architecture's own."""
        return int(self.settings(arch)["r"])

    def _blocks(self, arch: Architecture, width: float = 1.0) -> list[Block]:
        if not width > 0:
            raise InputError(f"width: expected a factor above 0, such as 1.0 or 1.2; got {width}")
        settings, stem = self.settings(arch), rounded(_STEM * width)
        first = Block(3, 1, stem, stem, stem, expands=False, activation="relu")
        return [first, *self._searched(settings, stem, width)]

    def _searched(self, settings: Mapping[str, Any], stem: int, width: float) -> Iterator[Block]:
        widths = (rounded(channels * width) for channels in _WIDTHS)
        places = steps(stem, widths, settings["d"], _STRIDES)
        for stage, depth in enumerate(settings["d"]):
            for number in range(stage * _DEEPEST, stage * _DEEPEST + depth):
                before, after, stride = next(places)
                yield Block(
                    settings["ks"][number],
                    stride,
                    before,
                    rounded(before * settings["e"][number]),
                    after,
                    squeeze=_SQUEEZE[stage],
                    activation=_ACTIVATIONS[stage],
                )

    def _used(self, arch: Architecture) -> set[int]:
        """Numbers of the blocks that are run."""
        depths = self.settings(arch)["d"]
        return {stage * _DEEPEST + place for stage, depth in enumerate(depths) for place in range(depth)}

    def _genes(self, key: str, values: Any) -> list[int]:
        options, count = _PARTS[key]
        listed = [values] if key == "r" and not isinstance(values, list | tuple) else values
        if (
            not isinstance(listed, list | tuple)
            or len(listed) != count
            or any(value not in options for value in listed)
        ):
            raise self._wrong(f"{key!r}: {values!r:.200}")
        return [options.index(value) for value in listed]

    def _wrong(self, came: str) -> InputError:
        return InputError(f"{self.name}: expected {_FORM}; got {came}")
