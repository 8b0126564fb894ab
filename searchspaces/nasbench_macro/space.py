"""NAS-Bench-Macro as a search space."""

from __future__ import annotations

import re

import numpy as np

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.searchspaces.chain import chain
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.nasbench_macro.blocks import IDENTITY, LAYERS, OPS, STAGES
from zcnas.searchspaces.nasbench_macro.network import MacroNetwork, MacroSupernetwork
from zcnas.searchspaces.nasbench_macro.pieces import PIECES, layer_keys
from zcnas.searchspaces.pieces import InPieces
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Supernet


class NASBenchMacro(InPieces, SearchSpace):
    """6,561 stacks of inverted residuals (Su et al., 2021, arXiv:2103.11922); a genome is eight codes of :data:`OPS`.

    >>> space = NASBenchMacro()
    >>> space.parse("22212220").key
    'nasbench_macro:2-2-2-1-2-2-2-0'
    """

    name = "nasbench_macro"
    choices = (len(OPS),) * LAYERS
    pieces = PIECES

    def parse(self, text: str) -> Architecture:
        """Reads eight digits from 0 to 2. Raises :class:`~zcnas.errors.InputError` for another form."""
        if not isinstance(text, str) or not re.fullmatch(r"[0-2]{8}", text):
            raise InputError(
                f"{self.name} architecture: expected {LAYERS} digits from 0 to 2, such as '22212220', got {text!r}"
            )
        return Architecture(self.name, tuple(map(int, text)))

    def format(self, arch: Architecture) -> str:
        """Writes eight digits."""
        self._require(arch)
        return "".join(map(str, arch.genome))

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        C: int = 32,
        in_channels: int = 3,
    ) -> MacroNetwork:
        """The network of ``arch``; see :class:`MacroNetwork` for the arguments.

        With ``seed`` the weights are drawn on the CPU from ``derive_seed(seed, arch.key)``.
        """
        self._require(arch)
        with drawn_for(arch, seed):
            return MacroNetwork(arch.genome, C=C, num_classes=num_classes, in_channels=in_channels)

    def supernet(
        self, *, num_classes: int = 10, seed: int | None = None, C: int = 32, in_channels: int = 3
    ) -> Supernet:
        """All networks in one; see :class:`MacroSupernetwork` for the arguments.

        Its edges are the layers, ``layer0`` to ``layer7``. With ``seed`` the weights are drawn on the CPU from it.
        """
        with drawn_for(self.name, seed):
            network = MacroSupernetwork(C=C, num_classes=num_classes, in_channels=in_channels)
        return chain(self, network, [OPS] * LAYERS)

    def graph(self, arch: Architecture) -> Graph:
        """A chain: input, the eight blocks, output."""
        self._require(arch)
        ops = ("input", *(OPS[code] for code in arch.genome), "output")
        return Graph(np.eye(len(ops), k=1, dtype=np.int8), ops)

    def layers(
        self, arch: Architecture, *, resolution: int | None = None, C: int = 32, num_classes: int = 10
    ) -> tuple[str, ...]:
        """Keys of all that the network computes, in a spelling of our own.

        Args:
            arch: Of this space.
            resolution: Of the images; by default 32.
            C: Channels of the stem.
            num_classes: Classes K.
        """
        size = self.resolution(arch) if resolution is None else resolution
        return tuple(layer_keys(arch.genome, size, C, num_classes))

    def resolution(self, arch: Architecture) -> int:
        """32, of all: that of CIFAR."""
        self._require(arch)
        return 32

    def canonical(self, arch: Architecture) -> str:
        """The digits with the identities that do nothing moved to the ends of their stages.

        The benchmark trained each of these 3,969 networks once, and gives its results to all that are equal.

        >>> space = NASBenchMacro()
        >>> space.canonical(space.parse("00102101"))
        '00120110'
        """
        return self._sorted(arch, last=True)

    def representative(self, arch: Architecture) -> Architecture:
        """The first architecture, in the order of iteration, that is the same network."""
        return self.parse(self._sorted(arch, last=False))

    def _sorted(self, arch: Architecture, *, last: bool) -> str:
        self._require(arch)
        digits, start = "", 0
        for layers in STAGES:
            first, *others = arch.genome[start : start + layers]
            # A stage's first layer halves the size, even where it is the identity.
            others.sort(key=lambda code: (code == IDENTITY) == last)
            digits, start = digits + "".join(map(str, (first, *others))), start + layers
        return digits
