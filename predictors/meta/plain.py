"""Features of architectures that nothing has to be learned for, and kernels on features.

There are five blocks: genes; numbers of operations and of ways through the graph; what operations weigh; how often
which type feeds which, with skips as edges and with skips as nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.counts import counted
from zcnas.predictors.encoding.vectors import Genome
from zcnas.predictors.encoding.vocabulary import TYPES
from zcnas.predictors.encoding.weights import weighed
from zcnas.predictors.encoding.wiring import paired, pairs, wired
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]
_ROUNDING = 1e-5
"""Columns whose deviations are a smaller share of their largest value are constant but for rounding in float32."""
Parts = tuple[Floats, ...]
"""``(N, D)`` each."""
Batches = tuple[GraphBatch, GraphBatch]
"""Graphs with skips as edges, and with skips as nodes."""


def known_pairs(batches: Batches) -> list[list[int]]:
    """What :func:`raw` has to know, from architectures that are like all of a space."""
    return [np.unique(pairs(batch, len(TYPES))).tolist() for batch in batches]


def raw(
    space: SearchSpace, archs: Sequence[Architecture], batches: Batches, known: Sequence[Sequence[int]]
) -> list[Parts]:
    """The parts of each block.

    Args:
        space: Of the architectures.
        archs: N.
        batches: Theirs.
        known: Of :func:`known_pairs`.
    """
    wiring = [
        paired(batch, len(TYPES), np.array(one, dtype=np.int64)) for batch, one in zip(batches, known, strict=True)
    ]
    counts = counted(batches[0], len(TYPES)), wired(batches[0])
    return [(Genome()(space, archs, None),), counts, (weighed(batches[0]),), *((one,) for one in wiring)]


def learn(blocks: Sequence[Parts]) -> list[list[dict[str, Any]]]:
    """What :func:`columns` has to know, from architectures that are like all of a space, as plain JSON."""
    return [[_learned(part, len(parts)) for part in parts] for parts in blocks]


def columns(blocks: Sequence[Parts], facts: Sequence[Sequence[Mapping[str, Any]]]) -> list[Floats]:
    """``(N, D)`` of each block: columns with mean 0, so scaled that the mean square of rows is 1.

    All parts of a block add alike to that, and so do all columns of a part.
    """
    return [
        np.concatenate([_column(part, one) for part, one in zip(*pair, strict=True)], axis=1)
        for pair in zip(blocks, facts, strict=True)
    ]


def _learned(part: Floats, parts: int) -> dict[str, Any]:
    part = part.astype(np.float64)
    deviations = part.std(axis=0)
    kept = np.flatnonzero(deviations > _ROUNDING * np.abs(part).max(axis=0))
    factor = 1 / (deviations[kept] * np.sqrt(max(len(kept), 1) * parts))
    return {"kept": kept.tolist(), "mean": part[:, kept].mean(axis=0).tolist(), "factor": factor.tolist()}


def _column(part: Floats, one: Mapping[str, Any]) -> Floats:
    found: Floats = (part[:, one["kept"]] - np.array(one["mean"], part.dtype)) * np.array(one["factor"], part.dtype)
    # Rows one behind the other, as they come out of files: sums round otherwise in other layouts.
    return np.ascontiguousarray(found)


def kernel(first: Floats, second: Floats) -> Floats:
    """``(N, M)``: half linear, half radial."""
    products = first @ second.T
    apart = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None, :] - 2 * products
    found: Floats = (products + np.exp(-np.maximum(apart, 0))) / 2
    return found


def own(rows: Floats) -> Floats:
    """``(N,)``: the diagonal of :func:`kernel`."""
    found: Floats = ((rows**2).sum(axis=1) + 1) / 2
    return found
