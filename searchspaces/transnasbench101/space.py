"""TransNAS-Bench-101's two search spaces."""

from __future__ import annotations

import re
from functools import cache, partial
from itertools import product

import numpy as np

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.nasbench201.graphs import operation_graph
from zcnas.searchspaces.pieces import InPieces
from zcnas.searchspaces.transnasbench101.canonical import first_of
from zcnas.searchspaces.transnasbench101.cells import BasicBlock, MicroCell
from zcnas.searchspaces.transnasbench101.encoder import Encoder, doubles, halves
from zcnas.searchspaces.transnasbench101.network import TaskNetwork
from zcnas.searchspaces.transnasbench101.pieces import PIECES, layer_keys
from zcnas.space import Architecture, SearchSpace

_MICRO_MODULES = (4, 1, 4, 1, 4)


class TransNASBench101Micro(SearchSpace):
    """4,096 cells (Duan et al., 2021, arXiv:2105.11871); a genome is six operation codes in the order of the string.

    >>> space = TransNASBench101Micro()
    >>> space.parse("64-41414-1_02_333").key
    'transnasbench101_micro:1-0-2-3-3-3'
    """

    name = "transnasbench101_micro"
    choices = (4,) * 6

    def parse(self, text: str) -> Architecture:
        """Reads ``64-41414-a_bc_def``, with digits from 0 to 3. Raises :class:`~zcnas.errors.InputError`."""
        found = re.fullmatch(r"64-41414-([0-3])_([0-3]{2})_([0-3]{3})", text) if isinstance(text, str) else None
        if found is None:
            raise InputError(
                f"{self.name} architecture: expected '64-41414-a_bc_def' with digits from 0 to 3, got {text!r}"
            )
        return Architecture(self.name, tuple(map(int, "".join(found.groups()))))

    def format(self, arch: Architecture) -> str:
        """Writes ``64-41414-a_bc_def``."""
        self._require(arch)
        return "64-41414-{}_{}{}_{}{}{}".format(*arch.genome)

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        task: str | None = None,
        C: int = 64,
        in_channels: int = 3,
        pooled: bool = False,
    ) -> TaskNetwork:
        """The network of ``arch`` for a task; see :class:`TaskNetwork`, and :class:`Encoder` for C.

        With ``seed`` the weights are drawn on the CPU from ``derive_seed(seed, arch.key)``.
        """
        self._require(arch)
        make = partial(MicroCell, arch.genome)
        with drawn_for(arch, seed):
            encoder = Encoder(_MICRO_MODULES, make, C=C, in_channels=in_channels)
            return TaskNetwork(encoder, task, num_classes, pooled=pooled)

    def graph(self, arch: Architecture) -> Graph:
        """Input, every operation but ``none``, output, with NAS-Bench-201's names for operations."""
        self._require(arch)
        return operation_graph(arch.genome)

    def canonical(self, arch: Architecture) -> str:
        """The spelling of :meth:`representative`."""
        return self.format(self.representative(arch))

    def representative(self, arch: Architecture) -> Architecture:
        """The first architecture that is the same network, but for what cannot reach the output."""
        self._require(arch)
        return Architecture(self.name, first_of(arch.genome))


class TransNASBench101Macro(InPieces, SearchSpace):
    """3,256 stacks of four to six modules (Duan et al., 2021, arXiv:2105.11871).

    A genome is six digits: 1 leaves the shape as it is, 2 doubles the channels, 3 halves the size, 4 does both,
    and 0, at the end only, is no module. Channels are doubled one to three times, and the size is halved one to
    four times.

    >>> space = TransNASBench101Macro()
    >>> space.parse("64-1234-basic").key
    'transnasbench101_macro:1-2-3-4-0-0'
    """

    name = "transnasbench101_macro"
    choices = (5,) * 6
    pieces = PIECES

    def parse(self, text: str) -> Architecture:
        """Reads ``64-<digits>-basic``. Raises :class:`~zcnas.errors.InputError` for what is not in the space."""
        found = re.fullmatch(r"64-([1-4]{4,6})-basic", text) if isinstance(text, str) else None
        arch = Architecture(self.name, tuple(map(int, found[1].ljust(6, "0"))) if found else ())
        if arch not in self:
            raise InputError(
                f"{self.name} architecture: expected '64-<digits>-basic' with four to six digits from 1 to 4, of them "
                f"one to three in 2 and 4, and one to four in 3 and 4, got {text!r}"
            )
        return arch

    def format(self, arch: Architecture) -> str:
        """Writes ``64-<digits>-basic``."""
        return f"64-{''.join(map(str, self.modules(arch)))}-basic"

    def modules(self, arch: Architecture) -> tuple[int, ...]:
        """The four to six digits."""
        self._require(arch)
        return _present(arch.genome)

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        task: str | None = None,
        C: int = 64,
        in_channels: int = 3,
        pooled: bool = False,
    ) -> TaskNetwork:
        """The network of ``arch`` for a task; see :class:`TaskNetwork`, and :class:`Encoder` for C.

        With ``seed`` the weights are drawn on the CPU from ``derive_seed(seed, arch.key)``.
        """
        modules = self.modules(arch)
        with drawn_for(arch, seed):
            encoder = Encoder(modules, BasicBlock, C=C, in_channels=in_channels)
            return TaskNetwork(encoder, task, num_classes, pooled=pooled)

    def graph(self, arch: Architecture) -> Graph:
        """A chain of modules: ``basic``, with ``_wider`` and ``_smaller`` where they change the shape."""
        names = (f"basic{'_wider' * doubles(module)}{'_smaller' * halves(module)}" for module in self.modules(arch))
        ops = ("input", *names, "output")
        return Graph(np.eye(len(ops), k=1, dtype=np.int8), ops)

    def layers(
        self, arch: Architecture, *, resolution: int | None = None, C: int = 64, num_classes: int = 10
    ) -> tuple[str, ...]:
        """Keys of all that the network of a plain classifier computes, in a spelling of our own.

        Args:
            arch: Of this space.
            resolution: Of the images; by default 256.
            C: As for :meth:`build`.
            num_classes: Classes K.
        """
        size = self.resolution(arch) if resolution is None else resolution
        return tuple(layer_keys(self.modules(arch), size, C, num_classes))

    def resolution(self, arch: Architecture) -> int:
        """256, of all: that of the benchmark's images."""
        self._require(arch)
        return 256

    def __contains__(self, arch: object) -> bool:
        return isinstance(arch, Architecture) and super().__contains__(arch) and _valid(arch.genome)

    def __len__(self) -> int:
        return _count()


def _present(genome: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(digit for digit in genome if digit)


def _valid(genome: tuple[int, ...]) -> bool:
    modules = _present(genome)
    ends_in_zeros = genome == (*modules, *(0,) * (6 - len(modules)))
    return (
        ends_in_zeros
        and len(modules) >= 4
        and 1 <= sum(map(doubles, modules)) <= 3
        and 1 <= sum(map(halves, modules)) <= 4
    )


@cache
def _count() -> int:
    return sum(map(_valid, product(range(5), repeat=6)))
