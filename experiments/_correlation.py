"""Rank correlation of predictors with accuracy, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from zcnas.benchmarks import spearman
from zcnas.seeding import generator

Floats = npt.NDArray[np.float64]

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's correlation with its 95 % interval."""

    value: float
    low: float
    high: float


def correlate(predictor: Floats, truth: Floats, seed: int = 0) -> Correlation:
    """Correlation and percentile bootstrap over architectures (Efron and Tibshirani, 1993, chapter 13).

    What has no value (NaN) ranks last; scores that are all equal have no correlation (NaN). All predictors
    of one length see the same resamples.
    """
    filled = np.where(np.isnan(predictor), -np.inf, predictor)
    places = generator("bootstrap", seed).integers(len(truth), size=(RESAMPLES, len(truth)))
    resampled = _rows(rankdata(filled[places], axis=1), rankdata(truth[places], axis=1))
    if np.isnan(resampled).all():
        return Correlation(np.nan, np.nan, np.nan)
    low, high = np.nanquantile(resampled, [0.025, 0.975])
    return Correlation(spearman(filled, truth), float(low), float(high))


def _rows(first: Floats, second: Floats) -> Floats:
    """Pearson's correlation of every row of (R, n) with the same row of another."""
    a = first - first.mean(axis=1, keepdims=True)
    b = second - second.mean(axis=1, keepdims=True)
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    undefined = np.full(len(a), np.nan)
    rows: Floats = np.divide((a * b).sum(axis=1), scale, out=undefined, where=scale > 0)
    return rows
