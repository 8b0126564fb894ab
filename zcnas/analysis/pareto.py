"""Pareto fronts and hypervolumes, of values of which more is better."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError

Floats = npt.NDArray[np.float64]


def front(points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """``(n,)``: which of the points ``(n, K)`` no other one dominates: is as good throughout, and better once.

    Of equal points all are on the front; those with NaN are not.

    >>> front([[1, 3], [2, 2], [1, 2], [2, 2]])
    array([ True,  True, False,  True])
    """
    table = _points(points)
    if table.shape[1] == 2:
        return _front_of_two(table)
    kept = np.asarray(~np.isnan(table).any(axis=1))
    for place in np.flatnonzero(kept):
        at_least, better = (table >= table[place]).all(axis=1), (table > table[place]).any(axis=1)
        kept[place] = not (at_least & better).any()
    return kept


def hypervolume(points: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Volume that points ``(n, K)`` dominate above ``reference`` ``(K,)``; exact.

    What is not above the reference in every goal adds nothing. By sweeping for two goals; for more, slices along the
    last goal, whose cost grows with the power K - 1 of the front's size.

    Raises:
        InputError: Lengths that differ.

    >>> hypervolume([[1, 3], [2, 2], [0, 9]], [0, 0])
    5.0
    """
    corner = np.asarray(reference, dtype=np.float64)
    table = _points(points, len(corner))
    above = table[(table > corner).all(axis=1)] - corner
    return _volume(above[front(above)]) if len(above) else 0.0


def hypervolume_ratio(points: npt.ArrayLike, truth: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Hypervolume of ``points`` as a share of that of ``truth``, such as all architectures of a table.

    Raises:
        InputError: Nothing of the truth is above the reference.
    """
    whole = hypervolume(truth, reference)
    if not whole:
        raise InputError(f"reference: expected a point below some of the true ones, got {np.asarray(reference)}")
    return hypervolume(points, reference) / whole


def _points(points: npt.ArrayLike, goals: int | None = None) -> Floats:
    table = np.asarray(points, dtype=np.float64)
    if not table.size:
        return np.zeros((0, goals or 2))
    if table.ndim != 2 or goals not in (None, table.shape[1]):
        wanted = "K" if goals is None else str(goals)
        raise InputError(f"expected points (n, {wanted}), got shape {table.shape}")
    return table


def _front_of_two(table: Floats) -> npt.NDArray[np.bool_]:
    """In the order of the first goal, best first, a point must be better in the second than all before."""
    valid = ~np.isnan(table).any(axis=1)
    kept = np.zeros(len(table), dtype=bool)
    chosen = np.unique(table[valid], axis=0)[::-1]
    best_before = np.append(-np.inf, np.maximum.accumulate(chosen[:, 1])[:-1])
    # Of equal first goals, the best second comes first and dominates the rest.
    good = {tuple(point) for point in chosen[chosen[:, 1] > best_before].tolist()}
    kept[valid] = [tuple(point) in good for point in table[valid].tolist()]
    return kept


def _volume(points: Floats) -> float:
    """Of points above zero that do not dominate each other."""
    if points.shape[1] == 1:
        return float(points.max())
    ordered = points[np.argsort(-points[:, -1], kind="stable")]
    ends = np.append(ordered[1:, -1], 0.0)
    total = 0.0
    for place, thickness in enumerate(ordered[:, -1] - ends, start=1):
        if thickness:
            slab = ordered[:place, :-1]
            total += float(thickness) * _volume(slab[front(slab)] if slab.shape[1] > 1 else slab)
    return total
