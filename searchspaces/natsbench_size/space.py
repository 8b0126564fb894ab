"""NATS-Bench's size space as a search space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.natsbench_size.network import SizeNetwork
from zcnas.searchspaces.natsbench_size.pieces import PIECES, layer_keys
from zcnas.searchspaces.pieces import InPieces
from zcnas.space import Architecture, SearchSpace

WIDTHS = (8, 16, 24, 32, 40, 48, 56, 64)
"""Channels that a block may have, in the order of the codes."""

_BLOCKS = ("cell", "reduction", "cell", "reduction", "cell")


class NATSBenchSize(InPieces, SearchSpace):
    """32,768 choices of channels (Dong et al., 2021, arXiv:2009.00437); a genome is five places in :data:`WIDTHS`.

    Iteration is in the benchmark's official order.

    >>> space = NATSBenchSize()
    >>> space.parse("8:16:24:32:40").key
    'natsbench_size:0-1-2-3-4'
    """

    name = "natsbench_size"
    choices = (len(WIDTHS),) * len(_BLOCKS)
    pieces = PIECES

    def parse(self, text: str) -> Architecture:
        """Reads ``8:16:24:32:40``. Raises :class:`~zcnas.errors.InputError` for another form."""
        widths = text.split(":") if isinstance(text, str) else []
        known = {str(width): code for code, width in enumerate(WIDTHS)}
        if len(widths) != len(_BLOCKS) or not set(widths) <= known.keys():
            raise InputError(
                f"{self.name} architecture: expected {len(_BLOCKS)} channel numbers of {', '.join(known)}, such as "
                f"'8:16:24:32:40', got {text!r}"
            )
        return Architecture(self.name, tuple(known[width] for width in widths))

    def format(self, arch: Architecture) -> str:
        """Writes ``8:16:24:32:40``."""
        return ":".join(map(str, self.widths(arch)))

    def widths(self, arch: Architecture) -> tuple[int, ...]:
        """Output channels of the five blocks."""
        self._require(arch)
        return tuple(WIDTHS[code] for code in arch.genome)

    def from_widths(self, widths: Sequence[int]) -> Architecture:
        """The architecture with these channels: the inverse of :meth:`widths`."""
        return self.parse(":".join(map(str, widths)))

    def build(
        self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None, in_channels: int = 3
    ) -> SizeNetwork:
        """The network of ``arch``; see :class:`SizeNetwork` for the arguments.

        With ``seed`` the weights are drawn on the CPU from ``derive_seed(seed, arch.key)``.
        """
        widths = self.widths(arch)
        with drawn_for(arch, seed):
            return SizeNetwork(widths, num_classes=num_classes, in_channels=in_channels)

    def graph(self, arch: Architecture) -> Graph:
        """A chain of blocks, each with its width: ``input``, ``cell_8``, ``reduction_16``, ..., ``output``."""
        blocks = (f"{block}_{width}" for block, width in zip(_BLOCKS, self.widths(arch), strict=True))
        ops = ("input", *blocks, "output")
        return Graph(np.eye(len(ops), k=1, dtype=np.int8), ops)

    def layers(self, arch: Architecture, *, resolution: int | None = None, num_classes: int = 10) -> tuple[str, ...]:
        """Keys of all that the network computes, in a spelling of our own.

        Args:
            arch: Of this space.
            resolution: Of the images; by default 32.
            num_classes: Classes K.
        """
        size = self.resolution(arch) if resolution is None else resolution
        return tuple(layer_keys(self.widths(arch), size, num_classes))

    def resolution(self, arch: Architecture) -> int:
        """32, of all: that of CIFAR."""
        self._require(arch)
        return 32

    def official_index(self, arch: Architecture) -> int:
        """The benchmark's number of ``arch``, from 0 to 32,767."""
        self._require(arch)
        return int(np.ravel_multi_index(arch.genome, self.choices))

    def from_official_index(self, index: int) -> Architecture:
        """The architecture with this number. Raises :class:`~zcnas.errors.InputError` outside 0 to 32,767."""
        if not 0 <= index < len(self):
            raise InputError(f"{self.name}: expected an official index from 0 to {len(self) - 1}, got {index}")
        return Architecture(self.name, tuple(int(code) for code in np.unravel_index(index, self.choices)))
