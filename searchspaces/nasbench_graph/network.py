"""The network that the benchmark trains: one cell on the nodes of one graph."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.errors import InputError, Undefined
from zcnas.searchspaces.nasbench_graph.cell import OPS, SKIP
from zcnas.searchspaces.nasbench_graph.operations import operation


class GraphNetwork(nn.Module):
    """Maps features of all nodes of a graph ``(N, F)`` to logits ``(N, K)``.

    What a node of the cell reads is normalised, rectified and dropped out first, unless it is the input as it came.
    As in the benchmark every node has a norm, used or not, and an ARMA layer a weight that no network of one such
    layer uses; both are among the recorded parameters.

    Args:
        links: What each node of the cell reads; see :data:`LINKS`.
        codes: Operation of each, a place in :data:`OPS`.
        in_features: Features F of a node of the graph.
        num_classes: Classes K.
        edge_index: ``(2, E)``: source and target node of every edge, both directions of undirected ones. ``None``
            is a graph without edges and of any size, which shows sizes and nothing of graphs.
        nodes: Number of nodes N; by default one more than the largest in ``edge_index``.
        dim: Features D of every node of the cell.
        pre: Whether a linear layer comes before the cell.
        post: Whether a linear layer comes after it.
        dropout: Probability with which, in train mode, features are dropped.
        heads: Of ``gat``. Two in the benchmark's list of operations; recorded numbers of parameters do not tell.

    Raises:
        InputError: Edges of another form, or to nodes that there are not.
        MissingExtraError: torch_geometric is not installed.
    """

    edge_index: Tensor

    def __init__(
        self,
        links: Sequence[int],
        codes: Sequence[int],
        *,
        in_features: int,
        num_classes: int,
        edge_index: Tensor | None = None,
        nodes: int | None = None,
        dim: int = 256,
        pre: bool = False,
        post: bool = False,
        dropout: float = 0.0,
        heads: int = 2,
    ) -> None:
        super().__init__()
        edges = torch.zeros(2, 0, dtype=torch.long) if edge_index is None else _checked(edge_index, nodes)
        self.register_buffer("edge_index", edges, persistent=False)
        self.graph_nodes = nodes if nodes is not None or edge_index is None else int(edges.max()) + 1
        self.dropout = dropout
        self._links = tuple(links)
        self._raw = _raw(links, codes, pre=pre)
        self._leaves = [node for node in range(len(codes) + 1) if node not in links]
        self.pre = nn.Linear(in_features, dim) if pre else nn.Identity()
        widths = [in_features if raw else dim for raw in self._raw]
        self.ops = nn.ModuleList(
            operation(OPS[code], widths[link], dim, heads) for code, link in zip(codes, links, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(dim) for _ in codes)
        self.fc = nn.Linear(len(self._leaves) * dim, dim if post else num_classes)
        self.post = nn.Linear(dim, num_classes) if post else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, F)`` to ``(N, K)``.

        Raises:
            InputError: Inputs that are no features of nodes.
            Undefined: Another number of nodes than the graph has.
        """
        self._check(x)
        states = [self.pre(self._dropped(x))]
        for link, op, norm in zip(self._links, self.ops, self.norms, strict=True):
            state = states[link] if self._raw[link] else self._dropped(F.relu(norm(states[link])))
            states.append(op(state) if isinstance(op, nn.Linear | nn.Identity) else op(state, self.edge_index))
        joined = torch.cat([states[node] for node in self._leaves], dim=1)
        logits: Tensor = self.post(self.fc(F.relu(joined)))
        return logits

    def _dropped(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training) if self.dropout else x

    def _check(self, x: Tensor) -> None:
        if x.ndim != 2:
            raise InputError(f"graph network: expected features of nodes (N, F), got {tuple(x.shape)}")
        if self.graph_nodes is not None and len(x) != self.graph_nodes:
            raise Undefined(
                f"the network's graph has {self.graph_nodes} nodes, which cannot be looked at apart; {len(x)} came: "
                "the inputs are features of all nodes, whose number build(..., nodes=...) takes"
            )


def _raw(links: Sequence[int], codes: Sequence[int], *, pre: bool) -> list[bool]:
    """Whether the input, and what each node gives, are the graph's features as they came."""
    found = [not pre]
    for link, code in zip(links, codes, strict=True):
        found.append(found[link] and code == SKIP)
    return found


def _checked(edges: Tensor, nodes: int | None) -> Tensor:
    fits = isinstance(edges, Tensor) and edges.ndim == 2 and len(edges) == 2 and edges.dtype == torch.long
    if not fits or (edges.numel() == 0 and nodes is None):
        came = f"{edges.dtype} of shape {tuple(edges.shape)}" if isinstance(edges, Tensor) else repr(edges)
        raise InputError(
            f"edge_index: expected torch.int64 of shape (2, E), and nodes=... where there are no edges, got {came}"
        )
    if edges.numel() and not 0 <= int(edges.min()) <= int(edges.max()) < (nodes or int(edges.max()) + 1):
        raise InputError(
            f"edge_index: expected nodes from 0 to {(nodes or int(edges.max()) + 1) - 1}, got {int(edges.min())} to "
            f"{int(edges.max())}"
        )
    return edges
