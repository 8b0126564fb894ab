"""How often every operation occurs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.graphs import PLACES, GraphEncoder
from zcnas.predictors.encoding.operations import ATTRIBUTES
from zcnas.predictors.encoding.vectors import Encoding, Floats, graphs_of
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.space import Architecture, SearchSpace


class Counts(Encoding):
    """Numbers of operations of every type, of nodes, edges and edges into the output, the depth, and sums of sizes.

    Only of what can reach the output. The columns are the same for all spaces.
    """

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self._encoder = GraphEncoder(vocabulary or Vocabulary())

    def __call__(self, space: SearchSpace, archs: Sequence[Architecture], _known: Any, /) -> Floats:
        return counted(self._encoder(graphs_of(space, archs)), len(self._encoder.vocabulary))


def counted(batch: GraphBatch, types: int) -> Floats:
    """The matrix of :class:`Counts` for graphs that are encoded already, with a vocabulary of ``types``."""
    places = batch.graphs.numpy() * types + batch.types.numpy()
    counts = np.bincount(places, minlength=len(batch) * types).reshape(len(batch), types).astype(np.float64)
    return np.concatenate([counts, *(column[:, None] for column in _summary(batch))], axis=1)


class Operations(Encoding):
    """Numbers of operations of every type, also of those that cannot reach the output.

    They are computed all the same, where nothing removes them, and so they take their time.
    """

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self._vocabulary = vocabulary or Vocabulary()

    def __call__(self, space: SearchSpace, archs: Sequence[Architecture], _known: Any, /) -> Floats:
        graphs = graphs_of(space, archs)
        spellings = {op for graph in graphs for op in graph.ops}
        index = {op: self._vocabulary.index(op) for op in spellings}
        counts = np.zeros((len(graphs), len(self._vocabulary)))
        rows = np.repeat(np.arange(len(graphs)), [len(graph.ops) for graph in graphs])
        columns = np.array([index[op] for graph in graphs for op in graph.ops], dtype=np.int64)
        np.add.at(counts, (rows, columns), 1.0)
        return counts


def _summary(batch: GraphBatch) -> list[Floats]:
    nodes = torch.bincount(batch.graphs, minlength=len(batch))
    last = nodes.cumsum(0) - 1
    edges = torch.bincount(batch.graphs[batch.sources], minlength=len(batch))
    into = torch.bincount(batch.targets, minlength=len(batch.types))[last]
    depth = batch.attributes[last, len(ATTRIBUTES) + PLACES.index("before")]
    sizes = torch.zeros(len(batch), batch.attributes.shape[1]).index_add(0, batch.graphs, batch.attributes)
    return [column.double().numpy() for column in (nodes, edges, into, depth, *sizes[:, : len(ATTRIBUTES)].T)]
