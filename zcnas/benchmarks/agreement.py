"""How far a mean over seeds can be trusted to rank architectures: the ceiling for every predictor of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
import numpy.typing as npt

from zcnas.correlation import spearman
from zcnas.errors import InputError

Floats = npt.NDArray[np.floating]

MOST_SPLITS = 200
"""Splits into halves that are averaged; 8 seeds have 70, 10 have 252."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Rank agreement of repeated measurements.

    Attributes:
        single: Mean Spearman correlation between two single seeds.
        halves: Mean Spearman correlation between the means of two halves of the seeds.
        ceiling: ``halves`` stepped up to all seeds: the correlation to expect between this mean and the
            mean of as many new seeds.
    """

    single: float
    halves: float
    ceiling: float


def reliability(values: Floats) -> Reliability:
    """Split-half reliability of the row means of ``values``, an (A, S) table of A rows by S seeds.

    Halves of S // 2 seeds are correlated by rank over all splits (at most 200, drawn evenly from their
    list). A half has S // 2 seeds, the mean has S, so the Spearman-Brown formula steps the agreement up by
    the factor k = S / (S // 2): ``k r / (1 + (k - 1) r)`` (Spearman, 1910; Brown, 1910).

    >>> reliability(np.array([[1.0, 1.1], [2.0, 2.1], [3.0, 3.1]])).ceiling
    1.0

    Raises:
        InputError: Fewer than three rows or two seeds.
    """
    if values.ndim != 2 or values.shape[0] < 3 or values.shape[1] < 2:
        raise InputError(f"reliability: expected (A, S) with A >= 3 and S >= 2, got {values.shape}")
    seeds = values.shape[1]
    singles = [spearman(values[:, a], values[:, b]) for a, b in combinations(range(seeds), 2)]
    halves = float(np.mean([spearman(first, second) for first, second in _halves(values)]))
    factor = seeds / (seeds // 2)
    ceiling = factor * halves / (1 + (factor - 1) * halves)
    return Reliability(float(np.mean(singles)), halves, ceiling)


def _halves(values: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Means over two disjoint halves of the columns, for evenly chosen splits."""
    seeds = values.shape[1]
    # With an even number, every split is listed twice, from both sides: the first half has each once.
    splits = list(combinations(range(seeds), seeds // 2))
    splits = splits[: len(splits) // 2] if seeds % 2 == 0 else splits
    step = -(-len(splits) // MOST_SPLITS)
    for left in islice(splits, 0, None, step):
        right = [seed for seed in range(seeds) if seed not in left][: seeds // 2]
        yield values[:, left].mean(axis=1), values[:, right].mean(axis=1)
