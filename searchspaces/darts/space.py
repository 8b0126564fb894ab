"""DARTS as a search space, and its subspaces."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, permutations, product
from math import prod
from typing import Any

import numpy as np

from zcnas.errors import UnknownNameError
from zcnas.graph import Graph
from zcnas.searchspaces.darts import subspaces
from zcnas.searchspaces.darts.cell import EDGES, NODES, TARGETS, Candidates
from zcnas.searchspaces.darts.genotype import Cell, Compact, Genotype, from_compact, parse_genotype
from zcnas.searchspaces.darts.graphs import operation_graph
from zcnas.searchspaces.darts.network import CIFARNetwork, DARTSNetwork, ImageNetNetwork, cells_of
from zcnas.searchspaces.darts.supernet import CELL_NODES, edges_of, kept_genes, mixed_cells
from zcnas.searchspaces.drawing import drawn_for
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Decisions, Supernet

SKELETONS: dict[str, type[DARTSNetwork]] = {"cifar": CIFARNetwork, "imagenet": ImageNetNetwork}
"""Names for :meth:`DARTS.build`."""

_GENES = 4  # A node's: what it reads and with which operation, twice.


class DARTS(SearchSpace):
    """Two cells of four nodes with two inputs each, and seven operations (Liu et al. 2019, arXiv:1806.09055).

    A genome is NAS-Bench-301's compact code (Siems et al. 2020, arXiv:2008.09777) written flat: the normal cell
    and then the reduction cell, for each node what it reads and the operation's place among the edge's
    candidates, twice. No node reads the same twice. The order of a node's two inputs is kept, and means nothing:
    (180 x 7^8)^2, some 10^18 architectures, are spelt in 2^8 ways each.

    >>> space = DARTS()
    >>> arch = space.parse("[" + 2 * "[(0, 3), (1, 2), (0, 3), (1, 2), (0, 3), (1, 2), (4, 0), (2, 6)]," + "]")
    >>> arch.key
    'darts:0-3-1-2-0-3-1-2-0-3-1-2-4-0-2-6-0-3-1-2-0-3-1-2-0-3-1-2-4-0-2-6'
    >>> space.format(arch)[:45]
    "Genotype(normal=[('sep_conv_3x3', 0), ('skip_"

    Attributes:
        candidates: Operations that the edges of the normal and of the reduction cell may have.
    """

    name = "darts"
    candidates: tuple[Candidates, Candidates] = subspaces.ALL

    def __init__(self) -> None:
        widest = max(map(len, chain(*self.candidates)))
        self.choices = tuple(chain.from_iterable((node, widest) for node in TARGETS)) * len(self.candidates)
        self._nodes = [_options(edges, node) for edges in self.candidates for node in NODES]
        self._known = [frozenset(options) for options in self._nodes]

    def __contains__(self, arch: object) -> bool:
        return super().__contains__(arch) and isinstance(arch, Architecture) and self._fits(arch.genome)

    def __len__(self) -> int:
        return prod(map(len, self._nodes))

    def __iter__(self) -> Iterator[Architecture]:
        """All architectures, the last node running fastest; too many to wait for the end."""
        for nodes in product(*self._nodes):
            yield Architecture(self.name, tuple(chain.from_iterable(nodes)))

    def sample(self, rng: np.random.Generator) -> Architecture:
        """One architecture, uniformly."""
        nodes = (options[int(rng.integers(len(options)))] for options in self._nodes)
        return Architecture(self.name, tuple(chain.from_iterable(nodes)))

    def parse(self, text: str) -> Architecture:
        """Reads a genotype as DARTS prints it, or NAS-Bench-301's compact code.

        Raises:
            InputError: Another form, or cells of another space.
            UnknownNameError: An operation that there is not, or not on that edge.
        """
        return self.from_genotype(parse_genotype(text))

    def format(self, arch: Architecture) -> str:
        """Writes a genotype as DARTS prints it."""
        return str(self.genotype(arch))

    def genotype(self, arch: Architecture) -> Genotype:
        """The operations of both cells by name."""
        self._require(arch)
        size = len(arch.genome) // 2
        halves = (arch.genome[:size], arch.genome[size:])
        normal, reduce = (_decoded(genes, edges) for genes, edges in zip(halves, self.candidates, strict=True))
        return Genotype(normal, reduce)

    def from_genotype(self, genotype: Genotype) -> Architecture:
        """The architecture with these cells. Raises :class:`~zcnas.errors.UnknownNameError`."""
        genes = [
            gene
            for kind, cell, edges in zip(_KINDS, (genotype.normal, genotype.reduce), self.candidates, strict=True)
            for gene in self._encoded(cell, edges, kind)
        ]
        return self.architecture(tuple(genes))

    def compact(self, arch: Architecture) -> Compact:
        """NAS-Bench-301's compact code. Raises :class:`~zcnas.errors.InputError` where an operation has none."""
        return self.genotype(arch).compact()

    def from_compact(self, code: Any) -> Architecture:
        """The architecture with this compact code, given as tuples or lists; see :meth:`parse`."""
        return self.from_genotype(from_compact(code))

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        C: int = 16,
        layers: int = 8,
        skeleton: str = "cifar",
        in_channels: int = 3,
        auxiliary: bool = False,
        drop_path: float = 0.0,
        affine: bool = True,
    ) -> DARTSNetwork:
        """The network of ``arch``; see :class:`DARTSNetwork` and :class:`CellModule` for the arguments.

        The defaults have the size at which DARTS searches. It trains what it has found with ``C=36, layers=20,
        auxiliary=True, drop_path=0.2`` on CIFAR-10, and with ``skeleton="imagenet", C=48, layers=14,
        num_classes=1000, auxiliary=True`` on ImageNet.
        """
        cells, network = cells_of(self.genotype(arch), affine=affine), _skeleton(skeleton)
        with drawn_for(arch, seed):
            return network(
                cells,
                C=C,
                layers=layers,
                num_classes=num_classes,
                in_channels=in_channels,
                auxiliary=auxiliary,
                drop_path=drop_path,
            )

    def supernet(
        self,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        C: int = 16,
        layers: int = 8,
        skeleton: str = "cifar",
        in_channels: int = 3,
    ) -> Supernet:
        """All cells in one, with the defaults of DARTS's search; see :class:`DARTSNetwork` for the arguments.

        It has all candidates on all edges of both cells: edges are called ``normal.0-2`` to ``reduce.4-5`` by what
        they read and where they end, and every node keeps two of its own. With ``seed`` the weights are drawn on
        the CPU from it.

        Raises:
            InputError: Fewer than 3 layers, which lack one of the cells.
            UnknownNameError: An unknown skeleton.
        """
        cells, network = mixed_cells(self.candidates), _skeleton(skeleton)
        with drawn_for(self.name, seed):
            mixed = network(cells, C=C, layers=layers, num_classes=num_classes, in_channels=in_channels)
        return Supernet(mixed, edges_of(self.candidates), self._decided, CELL_NODES)

    def _decided(self, decisions: Decisions) -> Architecture:
        return self.architecture(kept_genes(self.name, decisions))

    def graph(self, arch: Architecture) -> Graph:
        """Input, the normal cell, the reduction cell, output; see :func:`operation_graph`."""
        return operation_graph(self.genotype(arch))

    def canonical(self, arch: Architecture) -> str:
        """The spelling in which every node's inputs are in order."""
        return self.format(self.representative(arch))

    def representative(self, arch: Architecture) -> Architecture:
        """The architecture that differs in the order of nodes' inputs at most, and has them in order."""
        self._require(arch)
        pairs = [arch.genome[place : place + 2] for place in range(0, len(arch.genome), 2)]
        nodes = (sorted(pairs[place : place + 2]) for place in range(0, len(pairs), 2))
        return Architecture(self.name, tuple(chain.from_iterable(chain.from_iterable(nodes))))

    def _fits(self, genome: tuple[int, ...]) -> bool:
        nodes = (genome[place : place + _GENES] for place in range(0, len(genome), _GENES))
        return all(node in options for node, options in zip(nodes, self._known, strict=True))

    def _encoded(self, cell: Cell, edges: Candidates, kind: str) -> Iterator[int]:
        for (op, source), node in zip(cell, TARGETS, strict=True):
            known = edges[EDGES.index((source, node))]
            if op not in known:
                raise UnknownNameError(
                    f"operation of {self.name} on the edge from {source} to {node} of its {kind} cell:", op, known
                )
            yield from (source, known.index(op))


class DARTSWithNone(DARTS):
    """DARTS with its eighth candidate, ``none``, which its search offers and never chooses."""

    name = "darts_with_none"
    candidates = subspaces.WITH_NONE


class DARTSS1(DARTS):
    """Subspace S1 (Zela et al. 2020, arXiv:1909.09656): two operations an edge, which depend on the edge."""

    name = "darts_s1"
    candidates = subspaces.S1


class DARTSS2(DARTS):
    """Subspace S2 (Zela et al. 2020, arXiv:1909.09656): skip connections and separable 3x3 convolutions."""

    name = "darts_s2"
    candidates = subspaces.S2


class DARTSS3(DARTS):
    """Subspace S3 (Zela et al. 2020, arXiv:1909.09656): S2 and ``none``."""

    name = "darts_s3"
    candidates = subspaces.S3


class DARTSS4(DARTS):
    """Subspace S4 (Zela et al. 2020, arXiv:1909.09656): separable 3x3 convolutions and noise."""

    name = "darts_s4"
    candidates = subspaces.S4


_KINDS = ("normal", "reduction")


def _skeleton(name: str) -> type[DARTSNetwork]:
    if name not in SKELETONS:
        raise UnknownNameError("skeleton", name, SKELETONS)
    return SKELETONS[name]


def _options(edges: Candidates, node: int) -> list[tuple[int, ...]]:
    """All that a node's four genes can be."""
    pairs = [(source, gene) for source in range(node) for gene in range(len(edges[EDGES.index((source, node))]))]
    return [(*one, *other) for one, other in permutations(pairs, 2) if one[0] != other[0]]


def _decoded(genes: tuple[int, ...], edges: Candidates) -> Cell:
    pairs = zip(genes[::2], genes[1::2], TARGETS, strict=True)
    return tuple((edges[EDGES.index((source, node))][gene], source) for source, gene, node in pairs)
