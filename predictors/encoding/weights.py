"""What operations weigh: sums that mean the same in all spaces."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.operations import Operation
from zcnas.predictors.encoding.vocabulary import TYPES

Floats = npt.NDArray[np.float64]

_CHANNELS = 16
"""Channels that depthwise convolutions are weighed with."""
_GRAPH = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "linear")


def weight(op: Operation) -> float:
    """Weights of an operation in multiples of those of a 1x1 convolution; 0 without any."""
    square, depthwise = op.kernel**2, op.kernel**2 / _CHANNELS
    found = {
        "conv": square / op.groups,
        "basic": 2 * square,
        "sep_conv": 2 * (1 + depthwise),
        "dil_conv": 1 + depthwise,
        "inverted": op.expansion * (2 / op.groups + depthwise),
    }
    return found.get(op.kind, float(op.kind in _GRAPH))


_WEIGHTS = torch.tensor([weight(op) for op in TYPES], dtype=torch.float64)
_KERNELS = torch.tensor([op.kernel - 1 if weight(op) else 0 for op in TYPES], dtype=torch.float64)
_POOLS = torch.tensor([op.kind.endswith("_pool") for op in TYPES], dtype=torch.float64)


def weighed(batch: GraphBatch) -> Floats:
    """``(G, 6)`` of graphs whose types are :data:`~zcnas.predictors.encoding.vocabulary.TYPES`.

    Weights and their logarithm, operations that have any, most of them on one way, sums of how much larger than 1
    their kernels are, and poolings.
    """
    heavy = (_WEIGHTS > 0).double()[batch.types]
    total, kernels, pools = (_sum(batch, column[batch.types]).numpy() for column in (_WEIGHTS, _KERNELS, _POOLS))
    number, longest = _sum(batch, heavy).numpy(), _longest(batch, heavy).numpy()
    return np.stack([total, np.log1p(total), number, longest, kernels, pools], axis=1)


def _sum(batch: GraphBatch, nodes: torch.Tensor) -> torch.Tensor:
    return torch.zeros(len(batch), dtype=nodes.dtype).index_add(0, batch.graphs, nodes)


def _longest(batch: GraphBatch, nodes: torch.Tensor) -> torch.Tensor:
    """The largest sum over a way, of each graph, by as many steps as the longest way has edges."""
    found, before = nodes, torch.full_like(nodes, -1)
    while not torch.equal(found, before):
        before = found
        told = torch.zeros_like(nodes).scatter_reduce(0, batch.targets, before[batch.sources], "amax")
        found = nodes + told
    return torch.zeros(len(batch), dtype=nodes.dtype).scatter_reduce(0, batch.graphs, found, "amax")
