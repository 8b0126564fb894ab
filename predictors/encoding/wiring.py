"""How operations are connected: ways through graphs, and which type feeds which."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from zcnas.predictors.encoding.batch import GraphBatch

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def wired(batch: GraphBatch) -> Floats:
    """``(G, 3)``: edges on the shortest way from the input to the output, ways, and edges out of the input.

    Without a way the first is 0; of numbers of ways it is the logarithm of one more.
    """
    last = torch.bincount(batch.graphs, minlength=len(batch)).cumsum(0) - 1
    first = torch.cat([last.new_zeros(1), last[:-1] + 1])
    ways, total = torch.zeros(len(batch.types), dtype=torch.float64), torch.zeros(len(batch), dtype=torch.float64)
    shortest, length = torch.zeros(len(batch), dtype=torch.float64), 0
    ways[first] = 1
    while ways.any():
        length += 1
        ways = torch.zeros_like(ways).index_add(0, batch.targets, ways[batch.sources])
        shortest[(total == 0) & (ways[last] > 0)] = length
        total += ways[last]
    out = torch.bincount(batch.sources, minlength=len(batch.types))[first]
    return np.stack([shortest.numpy(), np.log1p(total.numpy()), out.numpy()], axis=1)


def pairs(batch: GraphBatch, types: int) -> Ints:
    """``(E,)``: which type feeds which, as one number, of all edges with a vocabulary of ``types``."""
    found: Ints = (batch.types[batch.sources] * types + batch.types[batch.targets]).numpy()
    return found


def paired(batch: GraphBatch, types: int, known: Ints) -> Floats:
    """``(G, K)``: how many edges of a graph have the number of a column; ``known`` ascend, and others are left out."""
    found = pairs(batch, types)
    places = np.searchsorted(known, found)
    met = np.append(known, -1)[places] == found
    cells = batch.graphs[batch.sources].numpy()[met] * len(known) + places[met]
    shape = len(batch), len(known)
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
