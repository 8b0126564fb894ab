"""The adjacency matrix and the operations of its nodes, written one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from zcnas.predictors.encoding.graphs import GraphEncoder
from zcnas.predictors.encoding.vectors import Encoding, Floats, graphs_of
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.space import Architecture, SearchSpace


class Adjacency(Encoding):
    """A one for every edge and for every node's type, of what can reach the output.

    Nodes keep their order; the output comes first, so that its place does not depend on how many there are. Graphs
    larger than all examples lose their last nodes. Types that no example has have no columns.

    Reference: White et al. 2020, A Study on Encodings for Neural Architecture Search, arXiv:2007.04965.
    """

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self._encoder = GraphEncoder(vocabulary or Vocabulary())

    def learn(self, space: SearchSpace, archs: Sequence[Architecture]) -> Any:
        batch = self._encoder(graphs_of(space, archs))
        return {"nodes": int(torch.bincount(batch.graphs).max()), "types": batch.types.unique().tolist()}

    def __call__(self, space: SearchSpace, archs: Sequence[Architecture], known: Any, /) -> Floats:
        batch = self._encoder(graphs_of(space, archs))
        graphs, nodes = batch.graphs.numpy(), known["nodes"]
        counts = np.bincount(graphs, minlength=len(batch))
        # From the node's place in the row of all nodes to that in its graph, with the output in front.
        places = (np.arange(len(graphs)) - (counts.cumsum() - counts)[graphs] + 1) % counts[graphs]
        matrix = np.zeros((len(batch), nodes, nodes))
        sources, targets = batch.sources.numpy(), batch.targets.numpy()
        fits = np.maximum(places[sources], places[targets]) < nodes
        matrix[graphs[sources[fits]], places[sources[fits]], places[targets[fits]]] = 1
        types = np.zeros((len(batch), nodes, len(known["types"])))
        column = np.full(len(self._encoder.vocabulary), -1)
        column[known["types"]] = np.arange(len(known["types"]))
        fits = (places < nodes) & (column[batch.types.numpy()] >= 0)
        types[graphs[fits], places[fits], column[batch.types.numpy()[fits]]] = 1
        return np.concatenate([matrix.reshape(len(batch), -1), types.reshape(len(batch), -1)], axis=1)
