"""Any-time curves: the best so far after each training, over several runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from zcnas.errors import InputError

Floats = npt.NDArray[np.float64]
Curves = Sequence[npt.ArrayLike]


def best_so_far(values: npt.ArrayLike) -> Floats:
    """``(T,)``: the highest of the first 1, 2, ..., T values; NaN for what failed, and before the first that did not.

    >>> best_so_far([3.0, float("nan"), 5.0, 4.0])
    array([3., 3., 5., 5.])
    """
    return np.fmax.accumulate(np.asarray(values, dtype=np.float64))


def chosen_so_far(seen: npt.ArrayLike, judged: npt.ArrayLike) -> Floats:
    """``(T,)``: what is ``judged`` of the one with the highest value ``seen``, among the first 1, 2, ..., T.

    With validation accuracies as ``seen`` and test accuracies as ``judged`` it is the honest line: what somebody gets
    who trains and chooses without looking at tests. Of equals the first is chosen.

    Raises:
        InputError: Lengths that differ.

    >>> chosen_so_far([3.0, 5.0, 4.0], [70.0, 69.0, 72.0])
    array([70., 69., 69.])
    """
    shown, hidden = np.asarray(seen, dtype=np.float64), np.asarray(judged, dtype=np.float64)
    if shown.shape != hidden.shape or shown.ndim != 1:
        raise InputError(f"expected as many values seen as judged, got shapes {shown.shape} and {hidden.shape}")
    low = np.where(np.isnan(shown), -np.inf, shown)
    best = np.maximum.accumulate(low)
    fresh = low > np.append(-np.inf, best[:-1])
    places = np.maximum.accumulate(np.where(fresh, np.arange(len(low)), -1))
    # Before the first value, the place is -1: there is nothing to choose.
    return np.where(places < 0, np.nan, np.append(hidden, np.nan)[places])


def regret(curve: npt.ArrayLike, optimum: float) -> Floats:
    """How much a curve of which more is better lacks to the best there is.

    >>> regret([70.0, 73.0], 73.5)
    array([3.5, 0.5])
    """
    return optimum - np.asarray(curve, dtype=np.float64)


def aligned(curves: Curves) -> Floats:
    """``(R, T)``: curves of R runs, each carried on with its last value to the length T of the longest.

    Carrying on is right for the best so far of a run that has ended, whatever ended it.

    Raises:
        InputError: No curves, or an empty one.
    """
    rows = [np.asarray(curve, dtype=np.float64) for curve in curves]
    if not rows or any(row.ndim != 1 or not len(row) for row in rows):
        raise InputError(f"expected curves of at least one value, got shapes {[row.shape for row in rows]}")
    length = max(map(len, rows))
    return np.stack([np.append(row, np.full(length - len(row), row[-1])) for row in rows])


@dataclass(frozen=True, slots=True)
class Band:
    """Several runs as one curve, ``(T,)`` each.

    Attributes:
        mean: Over the runs that have a value by then.
        low: Lower end of the interval of the mean.
        high: Upper end.
        runs: How many runs have a value by then.
    """

    mean: Floats
    low: Floats
    high: Floats
    runs: npt.NDArray[np.int64]


def band(curves: Curves, level: float = 0.95) -> Band:
    """Mean of any-time curves over runs, with Student's interval of the mean, one for each number of trainings.

    Args:
        curves: One for each run, of one length or carried on; see :func:`aligned`.
        level: Of the interval. Where fewer than two runs have a value, it is NaN.

    Raises:
        InputError: A level outside 0 to 1, or as in :func:`aligned`.
    """
    if not 0 < level < 1:
        raise InputError(f"level: expected a number between 0 and 1, got {level}")
    table = aligned(curves)
    there = np.isfinite(table)
    runs = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, table, 0).sum(axis=0) / runs
        squares = np.where(there, (table - mean) ** 2, 0).sum(axis=0)
        error = np.sqrt(squares / (runs - 1) / runs)
        half = stats.t.ppf((1 + level) / 2, np.where(runs > 1, runs - 1, np.nan)) * error
    return Band(mean, mean - half, mean + half, runs)
