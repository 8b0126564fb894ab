"""Spaces whose architectures are cells of NAS-Bench-101, however they spell them."""

from __future__ import annotations

from abc import abstractmethod

from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.nasbench101.cell import Cell
from zcnas.searchspaces.nasbench101.hashing import graph_hash
from zcnas.searchspaces.nasbench101.network import ModuleNetwork
from zcnas.space import Architecture, SearchSpace


class CellSpace(SearchSpace):
    """Networks, graphs and hashes follow from the cell."""

    @abstractmethod
    def cell(self, arch: Architecture) -> Cell:
        """The cell without dead vertices. Raises :class:`~zcnas.errors.InputError` for what is not in this space."""

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        C: int = 128,
        N: int = 3,
        in_channels: int = 3,
    ) -> ModuleNetwork:
        """The network of ``arch``; see :class:`ModuleNetwork` for the arguments.

        With ``seed`` the weights are drawn on the CPU from ``derive_seed(seed, arch.key)``.
        """
        cell = self.cell(arch)
        with drawn_for(arch, seed):
            return ModuleNetwork(cell, C=C, N=N, num_classes=num_classes, in_channels=in_channels)

    def graph(self, arch: Architecture) -> Graph:
        """The cell without dead vertices."""
        cell = self.cell(arch)
        return Graph(cell.matrix(), cell.labels)

    def canonical(self, arch: Architecture) -> str:
        """The benchmark's hash of the cell without dead vertices, of which NAS-Bench-101 has 423,624."""
        return graph_hash(self.cell(arch))
