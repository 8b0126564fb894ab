"""The nine operations on node features ``(N, F)``."""

from __future__ import annotations

import warnings
from typing import Any

from torch import nn

from zcnas.errors import MissingExtraError


def operation(op: str, in_features: int, out_features: int, heads: int) -> nn.Module:
    """The operation called ``op``. Graph convolutions take features and edges, the others features alone."""
    if op == "skip":
        return nn.Identity()
    if op == "fc":
        return nn.Linear(in_features, out_features)
    layers = _layers()
    if op == "gat":
        gat: nn.Module = layers.GATConv(in_features, out_features // heads, heads)
        return gat
    if op == "gin":
        gin: nn.Module = layers.GINConv(nn.Linear(in_features, out_features))
        return gin
    if op == "cheb":
        cheb: nn.Module = layers.ChebConv(in_features, out_features, K=2)
        return cheb
    names = {"gcn": "GCNConv", "sage": "SAGEConv", "arma": "ARMAConv", "graph": "GraphConv"}
    layer: nn.Module = getattr(layers, names[op])(in_features, out_features)
    return layer


def _layers() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of torch's own functions, which only its authors can do without.
            import torch_geometric.nn as layers
    except ImportError as error:
        raise MissingExtraError(
            f"networks of nasbench_graph: expected torch_geometric, got {error}; install the extra 'graph', as in "
            "pip install 'zcnas[graph]'"
        ) from error
    return layers
