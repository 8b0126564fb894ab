"""Features of architectures that nothing has to be learned for, and a kernel on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.counts import counted
from zcnas.predictors.encoding.scores import learn_scale, scaled
from zcnas.predictors.encoding.vectors import Genome
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


def raw(space: SearchSpace, archs: Sequence[Architecture], batch: GraphBatch, types: int) -> list[Floats]:
    """Genes and counts, ``(N, D)`` each.

    Args:
        space: Of the architectures.
        archs: N.
        batch: Their graphs.
        types: Size of the vocabulary.
    """
    return [Genome()(space, archs, None), counted(batch, types)]


def learn(blocks: Sequence[Floats]) -> list[dict[str, Any]]:
    """What :func:`columns` has to know, from architectures that are like all of the space."""
    return [{**learn_scale(block), "kept": np.flatnonzero(np.ptp(block, axis=0) > 0).tolist()} for block in blocks]


def columns(blocks: Sequence[Floats], facts: Sequence[Mapping[str, Any]]) -> Floats:
    """``(N, D)``: columns with mean 0, so scaled that the mean square of rows is 1, to which all blocks add alike."""
    parts = [
        scaled(block, one)[:, one["kept"]] / np.sqrt(max(len(one["kept"]), 1))
        for block, one in zip(blocks, facts, strict=True)
    ]
    # Rows one behind the other, as they come out of files: sums round otherwise in other layouts.
    found: Floats = np.ascontiguousarray(np.concatenate(parts, axis=1)) / np.sqrt(len(parts))
    return found


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
