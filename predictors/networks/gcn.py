"""The graph network of BRP-NAS: a global node gathers what all others tell."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.predictors.encoding.batch import GraphBatch


class GraphNetwork(nn.Module):
    r"""Maps a batch of graphs to numbers ``(G, outputs)``.

    A layer is :math:`\operatorname{Dropout}(\operatorname{ReLU}(\operatorname{LayerNorm}((A + I) X W + b)))`. A leads
    from a node to what it feeds, and from one node more, the global one, to all of its graph. The last layer's row of
    that node, with the graph's extra features behind it, goes through a linear map. It is kept apart from the others,
    which do not see it.

    Nothing but sums depends on the graphs, by indices, and nothing is written in place: ``torch.func`` can call and
    differentiate it.

    Reference: Dudziak et al. 2020, BRP-NAS, arXiv:2007.08668.

    Deviations: Types of operations come with their sizes and places. With ``both_ways``, :math:`A^T X W'` is added,
    which tells a node what it reads, too.

    Args:
        types: Size of the vocabulary.
        attributes: Number of attributes A of a node.
        extras: Number of extra features P of a graph.
        outputs: How many numbers.
        hidden: Width of all layers.
        layers: How many; at least 1.
        dropout: Probability.
        both_ways: See above.
    """

    def __init__(
        self,
        types: int,
        attributes: int,
        extras: int,
        outputs: int,
        *,
        hidden: int,
        layers: int,
        dropout: float,
        both_ways: bool,
    ) -> None:
        super().__init__()
        self.embedding = nn.Parameter(_uniform(types, hidden))
        self.every = nn.Parameter(_uniform(1, hidden))
        self.sizes = nn.Parameter(_uniform(attributes, hidden))
        self.weights = nn.ParameterList(_uniform(hidden, hidden) for _ in range(layers - 1))
        self.reverse = nn.ParameterList(_uniform(hidden, hidden) for _ in range(layers - 2 if both_ways else 0))
        self.biases = nn.ParameterList(_uniform(hidden, hidden)[0] for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden + extras, outputs)
        self.both_ways = both_ways

    def forward(self, batch: GraphBatch) -> Tensor:
        """``(G, outputs)``."""
        out: Tensor = self.head(torch.cat([self.embed(batch), batch.extras], dim=1))
        return out

    def embed(self, batch: GraphBatch) -> Tensor:
        """Last rows of the global nodes, ``(G, hidden)``."""
        nodes = self.embedding[batch.types] + batch.attributes @ self.sizes
        every = self._gathered(self.every.expand(batch.count, -1), nodes, batch)
        nodes = self._fed(nodes, batch) + (self._feeding(nodes, batch) if self.both_ways else 0)
        for level, weight in enumerate(self.weights):
            nodes, every = self._activated(level, nodes), self._activated(level, every)
            every = self._gathered(every, nodes, batch) @ weight
            if level < len(self.weights) - 1:  # Nobody reads what the others are in the end.
                fed = self._fed(nodes, batch) @ weight
                nodes = fed + self._feeding(nodes, batch) @ self.reverse[level] if self.both_ways else fed
        return self._activated(len(self.weights), every)

    def _activated(self, level: int, x: Tensor) -> Tensor:
        out: Tensor = self.dropout(F.relu(self.norms[level](x + self.biases[level])))
        return out

    @staticmethod
    def _gathered(every: Tensor, nodes: Tensor, batch: GraphBatch) -> Tensor:
        return every.index_add(0, batch.graphs, nodes)

    @staticmethod
    def _fed(nodes: Tensor, batch: GraphBatch) -> Tensor:
        return nodes.index_add(0, batch.sources, nodes[batch.targets])

    @staticmethod
    def _feeding(nodes: Tensor, batch: GraphBatch) -> Tensor:
        return torch.zeros_like(nodes).index_add(0, batch.targets, nodes[batch.sources])


def _uniform(rows: int, columns: int) -> Tensor:
    """Entries as those of the authors' layers: uniform up to one by the root of the number of columns."""
    return (2 * torch.rand(rows, columns) - 1) / math.sqrt(columns)
