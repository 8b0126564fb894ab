"""How alike tasks are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from zcnas.predictors.meta.tasks import Task
from zcnas.space import Architecture

Floats = npt.NDArray[np.float64]


def rank_correlations(tasks: Sequence[Task], *, least: int = 10) -> Floats:
    """``(T, T)``: Spearman correlations over the architectures that two tasks share.

    The less a new task correlates with those that were learned from, the less can be transferred: the domain shift.
    NaN where fewer than ``least`` architectures are shared, as between spaces; or all of these are worth the same.
    """
    known = [dict(zip(task.archs, task.values.tolist(), strict=True)) for task in tasks]
    found = np.eye(len(tasks))
    for first in range(len(tasks)):
        for second in range(first):
            found[first, second] = found[second, first] = _spearman(known[first], known[second], least)
    return found


def near(correlations: Floats, *, temperature: float = 0.2) -> Floats:
    """``(T,)``: probabilities by which to draw tasks, larger for those that correlate with a target.

    Args:
        correlations: ``(T,)`` with the target: a column of :func:`rank_correlations`, or of what a prior's prediction
            and few samples tell. NaN counts as no correlation.
        temperature: The smaller, the fewer tasks are drawn often; with infinity, all are drawn alike.
    """
    shown = np.nan_to_num(correlations) / temperature
    shares = np.exp(shown - shown.max())
    found: Floats = shares / shares.sum()
    return found


def balanced(tasks: Sequence[Task]) -> Floats:
    """``(T,)``: probabilities by which every space is drawn alike, and within it every task."""
    names = [task.space.name for task in tasks]
    shares = np.array([1 / names.count(name) for name in names])
    found: Floats = shares / shares.sum()
    return found


def _spearman(first: Mapping[Architecture, float], second: Mapping[Architecture, float], least: int) -> float:
    shared = [arch for arch in first if arch in second]
    if len(shared) < max(least, 2):
        return float("nan")
    one, other = rankdata([first[arch] for arch in shared]), rankdata([second[arch] for arch in shared])
    if not (np.ptp(one) and np.ptp(other)):
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])
