"""NAS-Bench-Graph as a search space."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.nasbench_graph.cell import LINKS, OPS, Codes, Links, check_links, codes_of, format_cell
from zcnas.searchspaces.nasbench_graph.cell import parse_cell as parse
from zcnas.searchspaces.nasbench_graph.graphs import operation_graph
from zcnas.searchspaces.nasbench_graph.isomorphism import canonical, members
from zcnas.searchspaces.nasbench_graph.network import GraphNetwork
from zcnas.space import Architecture, SearchSpace


class NASBenchGraph(SearchSpace):
    """26,206 cells of four operations on the nodes of a graph (Qin et al. 2022, arXiv:2206.09166).

    A genome is a place in :data:`LINKS` and four codes of :data:`OPS`: the digits of the benchmark's hash. Only
    spellings that the benchmark holds for canonical are members; others are read as the one that is the same network.

    >>> space = NASBenchGraph()
    >>> arch = space.parse("Arch([0, 1, 2, 1], ['gcn', 'gin', 'fc', 'cheb'])")
    >>> arch.key, space.hash(arch), space.format(arch)
    ('nasbench_graph:6-1-2-3-7', 61237, "Arch([0, 1, 1, 2], ['gcn', 'gin', 'cheb', 'fc'])")
    """

    name = "nasbench_graph"
    choices = (len(LINKS), *[len(OPS)] * 4)

    def __contains__(self, arch: object) -> bool:
        return super().__contains__(arch) and isinstance(arch, Architecture) and arch.genome in members()

    def __len__(self) -> int:
        return len(members())

    def parse(self, text: str) -> Architecture:
        """Reads ``Arch([0, 0, 1, 2], ['gat', 'gcn', 'gin', 'skip'])``, links in any order, or the hash's digits.

        Raises:
            InputError: Another form, or four skips.
            UnknownNameError: An unknown operation.
        """
        return self._canonical(*parse(text))

    def format(self, arch: Architecture) -> str:
        """Writes ``Arch([0, 0, 1, 2], ['gat', 'gcn', 'gin', 'skip'])``."""
        return format_cell(*self._cell(arch))

    def from_links(self, links: Sequence[int], ops: Sequence[str]) -> Architecture:
        """The architecture whose nodes read these nodes with these operations; see :meth:`parse`."""
        return self._canonical(check_links(links), codes_of(ops))

    def hash(self, arch: Architecture) -> int:
        """The benchmark's number of ``arch``, by which its tables are looked up."""
        self._require(arch)
        return int("".join(map(str, arch.genome)))

    def canonical(self, arch: Architecture) -> str:
        """The five digits of the hash: every class of equal networks has one member."""
        return f"{self.hash(arch):05d}"

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        edge_index: Tensor | None = None,
        nodes: int | None = None,
        in_features: int = 1433,
        dim: int = 256,
        pre: bool = False,
        post: bool = True,
        dropout: float = 0.0,
        heads: int = 2,
    ) -> GraphNetwork:
        """The network of ``arch`` on the graph with these edges; see :class:`GraphNetwork` for the arguments.

        It maps features of all the graph's nodes ``(N, in_features)`` to logits ``(N, num_classes)``: for proxies the
        nodes are the batch. The defaults are the sizes for Cora; ``**SETTINGS["pubmed"]`` gives those for another
        data set. Where only some nodes have labels, give :func:`zcnas.score` a ``loss`` that picks them.
        """
        links, codes = self._cell(arch)
        with drawn_for(arch, seed):
            return GraphNetwork(
                links,
                codes,
                in_features=in_features,
                num_classes=num_classes,
                edge_index=edge_index,
                nodes=nodes,
                dim=dim,
                pre=pre,
                post=post,
                dropout=dropout,
                heads=heads,
            )

    def graph(self, arch: Architecture) -> Graph:
        """Input, the four operations, output; see :func:`operation_graph`."""
        return operation_graph(*self._cell(arch))

    def _cell(self, arch: Architecture) -> tuple[Links, Codes]:
        self._require(arch)
        return LINKS[arch.genome[0]], arch.genome[1:]

    def _canonical(self, links: Links, codes: Codes) -> Architecture:
        arch = Architecture(self.name, canonical(links, codes))
        if arch not in self:
            raise InputError(f"{self.name}: expected an operation other than skip, got {format_cell(links, codes)}")
        return arch
