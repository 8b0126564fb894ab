"""The cell: up to seven vertices, the first the input, the last the output, an operation on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError

OPS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
"""Operations in the benchmark's code order: code 0 is ``conv3x3-bn-relu``."""

CONV3, CONV1, POOL = range(len(OPS))

INPUT, OUTPUT = "input", "output"

VERTICES, MAX_EDGES = 7, 9
"""The largest cell, input and output included; edges are counted after pruning."""

EDGES = tuple((source, target) for target in range(1, VERTICES) for source in range(target))
"""(source, target) of every possible edge of seven vertices, in the order of the benchmark's bits."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Vertices in an order in which every edge goes forward.

    Attributes:
        sources: For every vertex those that feed it, in ascending order; the input's are none.
        ops: Codes of :data:`OPS` for all vertices but the first and the last.
    """

    sources: tuple[tuple[int, ...], ...]
    ops: tuple[int, ...]

    @property
    def output(self) -> int:
        """The last vertex."""
        return len(self.sources) - 1

    @property
    def edges(self) -> int:
        """Number of edges."""
        return sum(map(len, self.sources))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all vertices' operations, ``input`` and ``output`` included."""
        return (INPUT, *(OPS[code] for code in self.ops), OUTPUT)

    def matrix(self) -> npt.NDArray[np.int8]:
        """``(V, V)``, upper triangular: 1 where the row's vertex feeds the column's."""
        matrix = np.zeros((len(self.sources), len(self.sources)), dtype=np.int8)
        for target, sources in enumerate(self.sources):
            matrix[list(sources), target] = 1
        return matrix


def prune(cell: Cell) -> Cell:
    """The cell without vertices that lie on no path from the input to the output.

    >>> prune(Cell(sources=((), (0,), (0,), (2,)), ops=(CONV3, POOL)))
    Cell(sources=((), (0,), (1,)), ops=(2,))

    Raises:
        InputError: No path leads from the input to the output.
    """
    fed = {0}
    for vertex, sources in enumerate(cell.sources):
        if not fed.isdisjoint(sources):
            fed.add(vertex)
    if cell.output not in fed:
        raise InputError("expected a cell with a path from input to output, got one without; add edges")
    used = {cell.output}
    for vertex in range(cell.output, 0, -1):
        if vertex in used:
            used.update(cell.sources[vertex])
    return part_of(cell, [vertex for vertex in range(cell.output + 1) if vertex in fed and vertex in used])


def checked(cell: Cell) -> Cell:
    """Prunes the cell. Raises :class:`InputError` if more than nine edges remain, or no path to the output."""
    pruned = prune(cell)
    if pruned.edges > MAX_EDGES:
        raise InputError(f"expected a cell of at most {MAX_EDGES} edges, got {pruned.edges}; remove some")
    return pruned


def part_of(cell: Cell, vertices: Sequence[int]) -> Cell:
    """The part of a cell on some of its vertices, with the input and the output among them."""
    places = {vertex: place for place, vertex in enumerate(vertices)}
    sources = tuple(tuple(places[one] for one in cell.sources[vertex] if one in places) for vertex in vertices)
    return Cell(sources, tuple(cell.ops[vertex - 1] for vertex in vertices[1:-1]))


def cell_of(genome: Sequence[int]) -> Cell:
    """Reads a genome: 21 genes for :data:`EDGES`, 5 operation codes."""
    firsts = [target * (target - 1) // 2 for target in range(VERTICES)]
    sources = (
        tuple(source for source in range(target) if genome[first + source]) for target, first in enumerate(firsts)
    )
    return Cell(tuple(sources), tuple(genome[len(EDGES) :]))


def genome_of(cell: Cell) -> tuple[int, ...]:
    """Writes a genome. A smaller cell gets more vertices before its output, without edges and with code 0."""
    missing = VERTICES - len(cell.sources)
    sources = [*cell.sources[:-1], *[()] * missing, cell.sources[-1]]
    return (*(int(one in sources[target]) for one, target in EDGES), *cell.ops, *(CONV3,) * missing)


def trimmed(cell: Cell) -> Cell:
    """Without what :func:`genome_of` adds to a smaller cell; other dead vertices stay."""
    while cell.ops and cell.ops[-1] == CONV3 and _is_alone(cell, cell.output - 1):
        cell = part_of(cell, [*range(cell.output - 1), cell.output])
    return cell


def _is_alone(cell: Cell, vertex: int) -> bool:
    return not cell.sources[vertex] and not any(vertex in sources for sources in cell.sources)


def genomes_of(
    vertices: npt.NDArray[np.uint8], bits: npt.NDArray[np.uint32], ops: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Genomes ``(n, 26)`` of many cells at once; edges into the output move to where those into vertex 6 are.

    Args:
        vertices: ``(n,)``, from 2 to 7.
        bits: ``(n,)``; bit ``x + y (y - 1) / 2`` is set if x feeds y.
        ops: ``(n, 5)`` codes; what stands behind a cell's last one is ignored.
    """
    inner = (vertices.astype(np.uint32) - 1) * (vertices - 2) // 2
    into_output = bits >> inner << np.uint32(len(EDGES) - VERTICES + 1)
    moved = bits & ((np.uint32(1) << inner) - 1) | into_output
    edges = np.unpackbits(moved.astype("<u4").view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
    present = np.arange(VERTICES - 2) < vertices[:, None] - 2
    return np.hstack([edges[:, : len(EDGES)], np.where(present, ops, CONV3)])
