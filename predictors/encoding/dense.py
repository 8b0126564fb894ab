"""Batches of graphs padded to one size, as plain tensors that ``torch.func`` can map over."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from zcnas.errors import InputError
from zcnas.predictors.encoding.batch import GraphBatch


class DenseGraphs(NamedTuple):
    """Graphs of up to V nodes; those of smaller ones come last, so that every graph's output is the last node.

    As a tuple it is a tree of tensors: ``torch.func.vmap`` maps over graphs, or over tasks in front of them.

    Attributes:
        types: ``(G, V)``: indices in the vocabulary, 0 where there is no node.
        attributes: ``(G, V, A)``: sizes and places of operations.
        adjacency: ``(G, V, V)``: 1 where the first node feeds the second.
        present: ``(G, V)``: 1 where there is a node.
        extras: ``(G, P)``: further features of graphs, or of the task that they are seen for.
    """

    types: Tensor
    attributes: Tensor
    adjacency: Tensor
    present: Tensor
    extras: Tensor

    def select(self, places: Tensor) -> DenseGraphs:
        """The graphs at ``places``, of any shape, in this order."""
        return DenseGraphs(*(part[places] for part in self))

    def told(self, condition: Tensor) -> DenseGraphs:
        """The same with ``condition``, ``(C,)``, behind the extra features of all."""
        rows = condition.expand(len(self.extras), len(condition))
        return self._replace(extras=torch.cat([self.extras, rows], dim=-1))


def largest(batch: GraphBatch) -> int:
    """How many nodes the largest graph has."""
    return int(torch.bincount(batch.graphs).max())


def dense(batch: GraphBatch, nodes: int | None = None) -> DenseGraphs:
    """The same graphs, padded.

    Args:
        batch: At least one graph.
        nodes: V; by default that of the largest graph.

    Raises:
        InputError: A graph has more nodes.
    """
    sizes = torch.bincount(batch.graphs, minlength=len(batch))
    most = int(sizes.max())
    width = most if nodes is None else nodes
    if most > width:
        raise InputError(f"dense: expected graphs of at most {nodes} nodes, got one of {most}")
    ends = sizes.cumsum(0)
    places = torch.arange(len(batch.graphs)) - ends[batch.graphs] + width
    types = torch.zeros(len(batch), width, dtype=torch.int64)
    types[batch.graphs, places] = batch.types
    attributes = torch.zeros(len(batch), width, batch.attributes.shape[1], dtype=batch.attributes.dtype)
    attributes[batch.graphs, places] = batch.attributes
    adjacency, present = attributes.new_zeros(len(batch), width, width), attributes.new_zeros(len(batch), width)
    adjacency[batch.graphs[batch.sources], places[batch.sources], places[batch.targets]] = 1
    present[batch.graphs, places] = 1
    return DenseGraphs(types, attributes, adjacency, present, batch.extras)
