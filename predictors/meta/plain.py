"""Features of architectures that nothing has to be learned for, and kernels on them.

There are three blocks: genes; numbers of operations and of ways through the graph; how often which type feeds which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.counts import counted
from zcnas.predictors.encoding.scores import learn_scale, scaled
from zcnas.predictors.encoding.vectors import Genome
from zcnas.predictors.encoding.wiring import paired, pairs, wired
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def learn(space: SearchSpace, archs: Sequence[Architecture], batch: GraphBatch, types: int) -> list[dict[str, Any]]:
    """What :func:`columns` has to know, as plain JSON, from architectures that are like all of the space.

    Args:
        space: Of the architectures.
        archs: N.
        batch: Their graphs.
        types: Size of the vocabulary.
    """
    known = np.unique(pairs(batch, types))
    return [
        {**learn_scale(block), "kept": np.flatnonzero(np.ptp(block, axis=0) > 0).tolist(), "pairs": known.tolist()}
        for block in _raw(space, archs, batch, types, known)
    ]


def columns(
    space: SearchSpace,
    archs: Sequence[Architecture],
    batch: GraphBatch,
    types: int,
    facts: Sequence[Mapping[str, Any]],
) -> list[Floats]:
    """``(N, D)`` of each block: columns with mean 0, so scaled that the mean square of rows is 1."""
    blocks = _raw(space, archs, batch, types, np.array(facts[-1]["pairs"], dtype=np.int64))
    return [
        # Rows one behind the other, as they come out of files: sums round otherwise in other layouts.
        np.ascontiguousarray(scaled(block, one)[:, one["kept"]] / np.sqrt(max(len(one["kept"]), 1)))
        for block, one in zip(blocks, facts, strict=True)
    ]


def kernel(first: Floats, second: Floats) -> Floats:
    """``(N, M)``: half linear, half radial."""
    products = first @ second.T
    apart = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None, :] - 2 * products
    found: Floats = (products + np.exp(-np.maximum(apart, 0) / 2)) / 2
    return found


def own(rows: Floats) -> Floats:
    """``(N,)``: the diagonal of :func:`kernel`."""
    found: Floats = ((rows**2).sum(axis=1) + 1) / 2
    return found


def _raw(
    space: SearchSpace, archs: Sequence[Architecture], batch: GraphBatch, types: int, known: Ints
) -> tuple[Floats, ...]:
    counts = np.concatenate([counted(batch, types), wired(batch)], axis=1)
    return Genome()(space, archs, None), counts, paired(batch, types, known)
