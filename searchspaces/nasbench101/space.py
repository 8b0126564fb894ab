"""NAS-Bench-101 as a search space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench101.cell import (
    EDGES,
    OPS,
    VERTICES,
    Cell,
    cell_of,
    checked,
    genome_of,
    trimmed,
)
from zcnas.searchspaces.nasbench101.cells import CellSpace
from zcnas.searchspaces.nasbench101.channels import parameters
from zcnas.searchspaces.nasbench101.models import MODELS_BY_VERTICES, all_models, models
from zcnas.searchspaces.nasbench101.spelling import cell_from_matrix, format_cell, parse_cell
from zcnas.space import Architecture


class NASBench101(CellSpace):
    """423,624 models of cells with up to seven vertices (Ying et al., 2019, arXiv:1902.09635).

    A genome spells a cell of seven vertices: a gene for each of :data:`EDGES`, then a code of :data:`OPS` for each
    inner vertex. Vertices on no path from input to output are dead, so that smaller cells are spelled as well.
    As in the authors' code, a spelling is valid if a path leads from input to output, and at most nine edges
    remain without dead vertices. All valid spellings are members; ``len``, iteration and samples are of models, each
    in one spelling, and :meth:`canonical` tells which are the same. Neighbours differ in one gene; some differ in dead
    vertices only, without which a cell could not grow, as a vertex needs two edges.

    >>> space = NASBench101()
    >>> arch = space.parse("0100001000010000:input,conv3x3-bn-relu,maxpool3x3,output")
    >>> arch.key
    'nasbench101:1-0-1-0-0-0-0-0-0-0-0-0-0-0-0-0-0-1-0-0-0-0-2-0-0-0'
    >>> space.canonical(arch)
    'fca3d3671f135e0347cd3688f3f34cad'
    """

    name = "nasbench101"
    choices = (2,) * len(EDGES) + (len(OPS),) * (VERTICES - 2)

    def parse(self, text: str) -> Architecture:
        """Reads ``<adjacency>:input,<op>,...,output`` or NASLib's flat list; see :func:`parse_cell`.

        Raises:
            InputError: Another form, no path to the output, or too many edges.
            UnknownNameError: An unknown operation.
        """
        return self.from_cell(parse_cell(text))

    def format(self, arch: Architecture) -> str:
        """Writes ``<adjacency>:input,<op>,...,output``, the adjacency in full, row by row.

        Dead vertices are written as well, but for unconnected ones before the output, if their code is 0.
        """
        self.cell(arch)
        return format_cell(trimmed(cell_of(arch.genome)))

    def from_matrix(self, matrix: npt.ArrayLike, ops: Sequence[str]) -> Architecture:
        """The architecture with this adjacency and these operations; see :func:`cell_from_matrix`.

        Raises:
            InputError: Another form, no path to the output, or too many edges.
            UnknownNameError: An unknown operation.
        """
        return self.from_cell(cell_from_matrix(matrix, ops))

    def from_cell(self, cell: Cell) -> Architecture:
        """The architecture that spells this cell. Raises :class:`InputError` if it is not valid."""
        return self.architecture(genome_of(cell))

    def parameters(self, arch: Architecture, *, C: int = 128, N: int = 3, num_classes: int = 10) -> int:
        """Trainable parameters of the network, counted without building it."""
        return parameters(self.cell(arch), C=C, N=N, num_classes=num_classes)

    def representative(self, arch: Architecture) -> Architecture:
        """The spelling without dead vertices. Isomorphic ones are kept apart: they can divide channels otherwise."""
        return Architecture(self.name, genome_of(self.cell(arch)))

    def sample(self, rng: np.random.Generator) -> Architecture:
        """One of the 423,624 models, uniformly. The first call lists them all, which takes seconds."""
        return self._of_codes(all_models()[int(rng.integers(len(self)))])

    def sample_spelling(self, rng: np.random.Generator) -> Architecture:
        """One of the valid spellings, uniformly, as the benchmark's authors draw.

        Most of these have many edges, of which few may be alive: seven vertices come once in some hundred, while
        85 of a hundred models have as many.
        """
        return super().sample(rng)

    def models(self, vertices: int) -> Iterator[Architecture]:
        """One spelling for each model of so many vertices, input and output included."""
        if vertices not in MODELS_BY_VERTICES:
            raise InputError(f"{self.name}: expected 2 to {VERTICES} vertices, got {vertices}")
        return map(self._of_codes, models(vertices))

    def __len__(self) -> int:
        return sum(MODELS_BY_VERTICES.values())

    def __iter__(self) -> Iterator[Architecture]:
        """One spelling for each model, smaller ones first."""
        return (arch for vertices in MODELS_BY_VERTICES for arch in self.models(vertices))

    def __contains__(self, arch: object) -> bool:
        if not super().__contains__(arch):
            return False
        assert isinstance(arch, Architecture)
        try:
            checked(cell_of(arch.genome))
        except InputError:
            return False
        return True

    def architecture(self, genome: tuple[int, ...]) -> Architecture:
        """Checks a genome. Raises :class:`~zcnas.errors.InputError` if it is not in this space."""
        arch = Architecture(self.name, tuple(int(gene) for gene in genome))
        self.cell(arch)
        return arch

    def cell(self, arch: Architecture) -> Cell:
        """The cell without dead vertices. Raises :class:`InputError` for what is not in this space."""
        if not super().__contains__(arch):
            super().architecture(arch.genome)
            raise InputError(f"{self.name}: the architecture {arch.key} is of another space")
        try:
            return checked(cell_of(arch.genome))
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from None

    def _of_codes(self, codes: npt.NDArray[np.uint8]) -> Architecture:
        return Architecture(self.name, tuple(codes.tolist()))
