"""NAS-Bench-201 as a search space."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.nasbench201.canonical import canonical_form
from zcnas.searchspaces.nasbench201.cell import EDGES, NONE, OPS, codes_of, format_ops, parse_ops
from zcnas.searchspaces.nasbench201.graphs import operation_graph
from zcnas.searchspaces.nasbench201.keys import layer_keys
from zcnas.searchspaces.nasbench201.network import CellNetwork
from zcnas.searchspaces.nasbench201.order import official_codes, official_indices
from zcnas.searchspaces.nasbench201.pieces import PIECES
from zcnas.searchspaces.nasbench201.strict import strict_key
from zcnas.searchspaces.nasbench201.supernet import CHOICES, CellSupernetwork
from zcnas.searchspaces.pieces import InPieces
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Decisions, Supernet

_RESOLUTION = 32


@cache
def _representatives() -> dict[str, tuple[int, ...]]:
    """The first codes of every strict key."""
    found: dict[str, tuple[int, ...]] = {}
    for codes in product(range(len(OPS)), repeat=len(EDGES)):
        found.setdefault(strict_key(codes), codes)
    return found


class NASBench201(InPieces, SearchSpace):
    """15,625 cells (Dong and Yang, 2020, arXiv:2001.00326); a genome is six codes of :data:`OPS`.

    >>> space = NASBench201()
    >>> space.parse("|none~0|+|none~0|nor_conv_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|").key
    'nasbench201:0-0-3-0-3-4'
    """

    name = "nasbench201"
    choices = (len(OPS),) * len(EDGES)
    pieces = PIECES

    def parse(self, text: str) -> Architecture:
        """Reads ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``.

        Raises:
            InputError: Another form.
            UnknownNameError: An unknown operation.
        """
        return Architecture(self.name, parse_ops(text))

    def format(self, arch: Architecture) -> str:
        """Writes ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
        return format_ops(self._codes(arch))

    def from_ops(self, ops: Sequence[str]) -> Architecture:
        """The architecture with these six operation names, in the order of :data:`EDGES`.

        Raises:
            InputError: Not six names.
            UnknownNameError: An unknown operation.
        """
        if isinstance(ops, str) or len(ops) != len(EDGES):
            raise InputError(f"{self.name}: expected a sequence of {len(EDGES)} operation names, got {ops!r}")
        return Architecture(self.name, codes_of(ops))

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        C: int = 16,
        N: int = 5,
        in_channels: int = 3,
        live_only: bool = True,
    ) -> CellNetwork:
        """The network of ``arch``; see :class:`CellNetwork` for the arguments.

        With ``seed`` the weights are drawn on the CPU from ``derive_seed(seed, arch.key)``.
        """
        codes = self._codes(arch)
        with drawn_for(arch, seed):
            return CellNetwork(codes, C=C, N=N, num_classes=num_classes, in_channels=in_channels, live_only=live_only)

    def supernet(
        self, *, num_classes: int = 10, seed: int | None = None, C: int = 16, N: int = 5, in_channels: int = 3
    ) -> Supernet:
        """All cells in one; see :class:`CellSupernetwork` for the arguments.

        With ``seed`` the weights are drawn on the CPU from it.
        """
        with drawn_for(self.name, seed):
            network = CellSupernetwork(C=C, N=N, num_classes=num_classes, in_channels=in_channels)
        return Supernet(network, CHOICES, self._decided)

    def _decided(self, decisions: Decisions) -> Architecture:
        return self.architecture(tuple(NONE if op is None else op for op in decisions))

    def graph(self, arch: Architecture) -> Graph:
        """Input, every operation but ``none``, output; see :func:`operation_graph`."""
        return operation_graph(self._codes(arch))

    def layers(
        self,
        arch: Architecture,
        *,
        resolution: int | None = None,
        C: int = 16,
        N: int = 5,
        num_classes: int = 10,
        folded: bool = False,
    ) -> tuple[str, ...]:
        """Keys of all that the network computes; see :func:`layer_keys`, and :class:`CellNetwork` for the arguments.

        Args:
            arch: Of this space.
            resolution: Of the images; by default 32.
            C: Channels of the first stage.
            N: Cells per stage.
            num_classes: Classes K.
            folded: As a runtime runs them that optimises graphs, such as ONNX Runtime: without what does not depend on
                the images, and equal pools and sums once.
        """
        size = self.resolution(arch) if resolution is None else resolution
        return tuple(layer_keys(self._codes(arch), size, C, N, num_classes, folded=folded))

    def resolution(self, arch: Architecture) -> int:
        """32, of all: that of CIFAR."""
        self._codes(arch)
        return _RESOLUTION

    def canonical(self, arch: Architecture) -> str:
        """The benchmark's canonical string, of which there are 6,466; see :func:`canonical_form`."""
        return canonical_form(self._codes(arch))

    def strict_key(self, arch: Architecture) -> str:
        """Equal for equal networks, which may share scores: 6,040 keys; see :func:`strict_key`."""
        return strict_key(self._codes(arch))

    def representative(self, arch: Architecture) -> Architecture:
        """The first architecture, in the order of iteration, with the same :meth:`strict_key`."""
        return Architecture(self.name, _representatives()[strict_key(self._codes(arch))])

    def official_index(self, arch: Architecture) -> int:
        """The benchmark's number of ``arch``, from 0 to 15,624."""
        return official_indices()[self._codes(arch)]

    def from_official_index(self, index: int) -> Architecture:
        """The architecture with this number. Raises :class:`~zcnas.errors.InputError` outside 0 to 15,624."""
        if not 0 <= index < len(self):
            raise InputError(f"{self.name}: expected an official index from 0 to {len(self) - 1}, got {index}")
        return Architecture(self.name, official_codes()[index])

    def _codes(self, arch: Architecture) -> tuple[int, ...]:
        if arch not in self:
            self.architecture(arch.genome)
            raise InputError(f"{self.name}: the architecture {arch.key} is of another space")
        return arch.genome
