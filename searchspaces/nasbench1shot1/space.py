"""NAS-Bench-1Shot1's three search spaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from zcnas.errors import InputError
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.nasbench1shot1.supernet import Supernetwork, decided_cell, edges_of, nodes_of
from zcnas.searchspaces.nasbench1shot1.wiring import (
    PARENTS,
    SIZES,
    options,
    parent_sets,
    wirings,
)
from zcnas.searchspaces.nasbench101 import OPS, Cell, NASBench101
from zcnas.searchspaces.nasbench101.cell import CONV1, VERTICES, part_of, prune
from zcnas.searchspaces.nasbench101.cells import CellSpace
from zcnas.searchspaces.nasbench101.spelling import format_cell, parse_cell
from zcnas.space import Architecture
from zcnas.supernet import Decisions, Supernet

_NASBENCH101 = NASBench101()


class NASBench1Shot1(CellSpace):
    """Cells of NAS-Bench-101 in which vertices have fixed numbers of parents (Zela et al., 2020, arXiv:2001.10422).

    Spaces 1, 2 and 3 hold 2,487, 3,609 and 24,066 architectures: those without loose ends that the authors list, see
    :func:`is_chained`. A genome has the number of a set of parents for each vertex from 2 to the output, then codes
    of :data:`OPS`. Of vertices that do not lead to the output all genes are 0. Different genomes can be the same
    model of NAS-Bench-101; :meth:`canonical` tells.

    >>> space = NASBench1Shot1(2)
    >>> arch = space.architecture((0, 0, 5, 7, 1, 0, 0, 2))
    >>> space.format(arch)[50:]
    'input,conv1x1-bn-relu,conv1x1-bn-relu,conv1x1-bn-relu,maxpool3x3,conv1x1-bn-relu,output'

    Args:
        number: Which of the three.
    """

    def __init__(self, number: int) -> None:
        if number not in PARENTS:
            raise InputError(f"expected NAS-Bench-1Shot1's space 1, 2 or 3, got {number!r}")
        self.number = number
        self.name = f"nasbench1shot1_{number}"
        self._wirings = len(options(number))
        self.choices = options(number) + (len(OPS),) * self._wirings

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.number})"

    def parse(self, text: str) -> Architecture:
        """Reads what :func:`zcnas.searchspaces.nasbench101.spelling.parse_cell` reads.

        Spaces 1 and 2 are spelled with six vertices, or with seven of which vertex 5 is unused. What does not lead to
        the output is passed over.

        Raises:
            InputError: Another form, or not in this space.
            UnknownNameError: An unknown operation.
        """
        cell = parse_cell(text)
        size = len(PARENTS[self.number]) + 1
        if len(cell.sources) == VERTICES > size and not any(size - 1 in sources for sources in cell.sources):
            cell = part_of(cell, [*range(size - 1), VERTICES - 1])
        if len(cell.sources) != size:
            raise InputError(f"{self.name}: expected a cell of {size} vertices, got {len(cell.sources)}")
        return self.architecture(self._genome(cell))

    def format(self, arch: Architecture) -> str:
        """Writes ``<adjacency>:input,<op>,...,output`` with seven vertices; unused ones get ``conv1x1-bn-relu``."""
        cell = self.whole(arch)
        missing = VERTICES - len(cell.sources)
        ops = (code if sources else CONV1 for code, sources in zip(cell.ops, cell.sources[1:], strict=False))
        return format_cell(Cell((*cell.sources[:-1], *((),) * missing, cell.sources[-1]), (*ops, *(CONV1,) * missing)))

    def nasbench101(self, arch: Architecture) -> Architecture:
        """The architecture of :class:`NASBench101` that it is, without unused vertices."""
        return _NASBENCH101.from_cell(self.cell(arch))

    def cell(self, arch: Architecture) -> Cell:
        """The cell without unused vertices."""
        return prune(self.whole(arch))

    def supernet(
        self, *, num_classes: int = 10, seed: int | None = None, C: int = 16, N: int = 3, in_channels: int = 3
    ) -> Supernet:
        """All cells in one; see :class:`Supernetwork` for the arguments.

        First come edges for the vertices, ``vertex1`` and on, with operations in the order of NAS-Bench-101; then
        edges with the one operation ``parent``, such as ``0-3``, for all that a vertex may choose to read. ``decode``
        gives architectures of :class:`NASBench101`, because parents that are chosen by themselves need not be in the
        authors' list: vertices that do not lead to the output are left out, and what remains is always valid there.
        With ``seed`` the weights are drawn on the CPU from it.
        """
        with drawn_for(self.name, seed):
            network = Supernetwork(self.number, C=C, N=N, num_classes=num_classes, in_channels=in_channels)
        return Supernet(network, edges_of(self.number), self._decided, nodes_of(self.number))

    def _decided(self, decisions: Decisions) -> Architecture:
        return _NASBENCH101.from_cell(prune(decided_cell(self.number, decisions)))

    def __len__(self) -> int:
        return SIZES[self.number]

    def __iter__(self) -> Iterator[Architecture]:
        """All architectures, the last gene running fastest."""
        for genes, sources in wirings(self.number).items():
            for ops in product(*(range(len(OPS)) if parents else (0,) for parents in sources[1:-1])):
                yield Architecture(self.name, (*genes, *ops))

    def sample(self, rng: np.random.Generator) -> Architecture:
        """One architecture, uniformly: few choices of all genes are valid, so they are not tried."""
        place = int(rng.integers(len(self)))
        for genes, sources in wirings(self.number).items():
            used = [vertex for vertex, parents in enumerate(sources[:-1]) if parents]
            if place < len(OPS) ** len(used):
                return Architecture(self.name, (*genes, *self._ops(place, used)))
            place -= len(OPS) ** len(used)
        raise AssertionError(f"{self.name} has fewer architectures than its size")

    def _ops(self, place: int, used: Sequence[int]) -> list[int]:
        """The digits of a number, one for each used vertex."""
        ops = [0] * self._wirings
        for vertex in used:
            place, ops[vertex - 1] = divmod(place, len(OPS))
        return ops

    def __contains__(self, arch: object) -> bool:
        if not super().__contains__(arch):
            return False
        assert isinstance(arch, Architecture)
        sources = wirings(self.number).get(arch.genome[: self._wirings])
        ops = arch.genome[self._wirings :]
        return sources is not None and not any(
            op for op, parents in zip(ops, sources[1:-1], strict=True) if not parents
        )

    def architecture(self, genome: tuple[int, ...]) -> Architecture:
        """Checks a genome. Raises :class:`~zcnas.errors.InputError` if it is not in this space."""
        arch = Architecture(self.name, tuple(int(gene) for gene in genome))
        self.whole(arch)
        return arch

    def whole(self, arch: Architecture) -> Cell:
        """The cell with unused vertices."""
        if not super().__contains__(arch):
            self._require(arch)
        if arch not in self:
            raise InputError(
                f"{self.name}: expected each used vertex to be fed by the used one before, and genes 0 at unused "
                f"ones, got {arch.key}"
            )
        return Cell(wirings(self.number)[arch.genome[: self._wirings]], arch.genome[self._wirings :])

    def _genome(self, cell: Cell) -> tuple[int, ...]:
        """Of a cell with as many vertices as the space has."""
        live = {cell.output}
        genes, ops = [], []
        for vertex in range(cell.output, 0, -1):
            sets, sources = parent_sets(self.number, vertex), cell.sources[vertex]
            if vertex in live and sources not in sets:
                raise InputError(f"{self.name}: expected {len(sets[0])} parents of vertex {vertex}, got {sources}")
            live.update(sources if vertex in live else ())
            genes.append(sets.index(sources) if vertex in live else 0)
            ops.append(cell.ops[vertex - 1] if vertex in live and vertex != cell.output else 0)
        return (*reversed(genes[:-1]), *reversed(ops[1:]))
