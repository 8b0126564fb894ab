"""The graph network of FLAN: dense graph flow and attention side by side, gated by operations."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.dense import DenseGraphs, dense

_EIGHTH = 1 / 8  # Brings sums over the nodes of a cell to the size of one of them.
_SLOPE = 0.2
_FORBIDDEN = -1e9


class FlowNetwork(nn.Module):
    r"""Maps graphs to numbers ``(G, outputs)``.

    Nodes have states X, at first the embeddings E of their operations. With N(i) what feeds i and i itself, and
    :math:`g = \sigma(E W_o + b_o)`, a layer is the mean of

    * dense graph flow, :math:`g \odot (A^T X W_f + A X W_r) + X W_f + b`, and
    * attention, :math:`\operatorname{LayerNorm}(g \odot \sum_{j \in N(i)} \alpha_{ij} X_j W_p)`, where
      :math:`\alpha_i = \operatorname{softmax}_j \operatorname{LeakyReLU}(a \cdot (X_i W_p \odot X_j W_p))`,

    with ReLU between layers. The sum of all nodes' states and the output's own go through a hidden layer, which is the
    embedding; with the graph's extra features behind it, it goes through a linear map.

    Where tasks have features t, the outputs are multiplied by :math:`1 + \tanh(W_t t)`, at first 1: what counts for one
    task may not count for another, and features like none seen do no more than that.

    Only dense products, nothing in place: ``torch.func`` can call, differentiate and map it over tasks and graphs.

    Reference: Akhauri & Abdelfattah 2024, Encodings for Prediction-based Neural Architecture Search, arXiv:2403.02484;
    dense graph flow from Ning et al. 2022, TA-GATES.

    Deviations: Operations come with their sizes and places, and are the first states, too; A X W_r tells a node what it
    feeds, where the authors refine operations by a backward pass; sums instead of means over nodes, which count them;
    features of tasks.

    Args:
        types: Size of the vocabulary.
        attributes: Number of attributes A of a node.
        extras: Number of extra features P of a graph.
        outputs: How many numbers.
        hidden: Width of all layers.
        layers: How many; at least 1.
        dropout: Probability, between layers.
        both_ways: Whether there is W_r.
        conditions: Number of features of a task, which come behind those of a graph.
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
        dropout: float = 0.0,
        both_ways: bool = True,
        conditions: int = 0,
    ) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.randn(types, hidden) / 2)
        self.sizes = nn.Linear(attributes, hidden, bias=False)
        self.layers = nn.ModuleList(_Layer(hidden, both_ways) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.gathered = nn.Linear(2 * hidden, hidden)
        self.head = nn.Linear(hidden + extras, outputs)
        self.conditions = conditions
        if conditions:
            self.condition = nn.Parameter(torch.zeros(outputs, conditions))

    def forward(self, graphs: GraphBatch | DenseGraphs) -> Tensor:
        """``(G, outputs)``."""
        return self._out(self.embed(graphs), graphs.extras)

    def embed(self, graphs: GraphBatch | DenseGraphs) -> Tensor:
        """``(G, hidden)``, not negative."""
        return self._gathered(self._states(graphs)[-1])

    def watched(self, graphs: GraphBatch | DenseGraphs) -> tuple[Tensor, Tensor]:
        """What :meth:`forward` gives, and ``(G, 3 hidden)``, states a layer earlier.

        Of these the sum over nodes, the output's own, and the sum of what is positive.
        """
        states = self._states(graphs)
        x = states[-2]
        seen = [x.sum(dim=-2) * _EIGHTH, x[..., -1, :], F.relu(x).sum(dim=-2) * _EIGHTH]
        return self._out(self._gathered(states[-1]), graphs.extras), torch.cat(seen, dim=-1)

    def _out(self, embedded: Tensor, extras: Tensor) -> Tensor:
        own = extras.shape[-1] - self.conditions
        out: Tensor = self.head(torch.cat([embedded, extras[..., :own]], dim=-1))
        if self.conditions:
            out = out * (1 + torch.tanh(extras[..., own:] @ self.condition.mT))
        return out

    def _states(self, graphs: GraphBatch | DenseGraphs) -> list[Tensor]:
        """Of all nodes ``(G, V, hidden)``: embeddings, and what every layer makes of them."""
        padded = dense(graphs) if isinstance(graphs, GraphBatch) else graphs
        ops = self.embedding[padded.types] + self.sizes(padded.attributes)
        shown = padded.present[..., None]
        forbidden = _forbidden(padded)
        states = [ops := ops * shown]
        for number, layer in enumerate(self.layers):
            x = self.dropout(F.relu(states[-1])) if number else ops
            states.append(layer(x, ops, padded.adjacency, forbidden) * shown)
        return states

    def _gathered(self, x: Tensor) -> Tensor:
        return F.relu(self.gathered(torch.cat([x.sum(dim=-2) * _EIGHTH, x[..., -1, :]], dim=-1)))


class _Layer(nn.Module):
    def __init__(self, hidden: int, both_ways: bool) -> None:
        super().__init__()
        self.gate = nn.Linear(hidden, hidden)
        self.flow = nn.Linear(hidden, hidden, bias=False)
        self.reverse = nn.Linear(hidden, hidden, bias=False) if both_ways else None
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.attended = nn.Linear(hidden, hidden, bias=False)
        self.attention = nn.Parameter(torch.randn(hidden) / hidden**0.5)
        self.norm = nn.LayerNorm(hidden)

    def forward(self, x: Tensor, ops: Tensor, adjacency: Tensor, forbidden: Tensor) -> Tensor:
        """New states ``(G, V, hidden)``."""
        gate, support = torch.sigmoid(self.gate(ops)), self.flow(x)
        told = adjacency.mT @ support
        if self.reverse is not None:
            told = told + adjacency @ self.reverse(x)
        keys = self.attended(x)
        weights = F.leaky_relu((keys * self.attention) @ keys.mT, _SLOPE) + forbidden
        attended = self.norm(gate * (weights.softmax(dim=-1) @ keys))
        out: Tensor = (gate * told + support + self.bias + attended) / 2
        return out


def _forbidden(graphs: DenseGraphs) -> Tensor:
    """``(G, V, V)``: what a node must not look at has a large negative number: all that neither feeds it nor is it."""
    nodes = graphs.adjacency.shape[-1]
    looked = graphs.adjacency.mT + torch.eye(nodes, dtype=graphs.adjacency.dtype)
    return (1 - looked) * _FORBIDDEN
