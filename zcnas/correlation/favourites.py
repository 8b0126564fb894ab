"""What is found by training only those that score highest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The ``k`` that score highest. Of equal scores any is as likely, and the numbers are expected values.

    Attributes:
        top: As asked for: a number, or a fraction of all.
        k: How many that are.
        overlap: Share of the ``k`` that are among the ``k`` best by truth; chance is k / n.
        regret: Truth of the best of all minus truth of the best among the ``k``, in the unit of the truth.
    """

    top: float
    k: int
    overlap: float
    regret: float


def shortlist(scores: Array, truth: Array, top: float) -> Shortlist:
    """Overlap and regret of the highest scores ``(n,)``; NaN is never chosen, while there is anything else.

    Ties are no luck: where the k-th place is shared, all ways to fill up the list are averaged, in closed
    form. So the numbers depend neither on the order of rows nor on a seed. What is undefined shares the last
    place, as whoever has no score must choose blindly.

    Args:
        scores: Higher is better.
        truth: Higher is better.
        top: A number of at least 1 as ``int``, or a fraction in (0, 1) as ``float``, rounded up.

    >>> shortlist(np.array([1.0, 5.0, 5.0, 2.0]), np.array([9.0, 8.0, 4.0, 1.0]), 1)
    Shortlist(top=1, k=1, overlap=0.0, regret=3.0)
    """
    k = min(size(top, len(scores)), len(scores))
    # Below every score, minus infinity included, which is one.
    keys = np.unique(np.where(np.isnan(scores), -np.inf, scores), return_inverse=True)[1].reshape(-1) + 1
    chances = _chances(np.where(np.isnan(scores), 0, keys), k)
    overlap = float(chances @ _chances(truth, k)) / k
    return Shortlist(top, k, overlap, float(truth.max()) - _expected_best(chances, truth, k))


def size(top: float, n: int) -> int:
    """How many of ``n`` the top is.

    >>> size(10, 200), size(0.1, 15)
    (10, 2)

    Raises:
        InputError: No number of at least 1, and no fraction.
    """
    if isinstance(top, int | np.integer) and not isinstance(top, bool) and top >= 1:
        return int(top)
    if isinstance(top, float) and 0 < top < 1:
        # A tenth of 30 is 3, whatever the last binary digit of 0.1 says.
        return max(1, math.ceil(round(top * n, 9)))
    raise InputError(f"top: expected whole numbers of at least 1 or fractions between 0 and 1, got {top!r}")


def _chances(values: npt.NDArray[np.generic], k: int) -> Array:
    """Probability ``(n,)`` of each to be among the ``k`` highest, if equal ones are drawn at random."""
    last = np.partition(values, len(values) - k)[len(values) - k]
    above, equal = values > last, values == last
    return np.asarray(above + equal * ((k - above.sum()) / equal.sum()))


def _expected_best(chances: Array, truth: Array, k: int) -> float:
    """Mean over all fillings of the largest truth on the list."""
    shared = (chances > 0) & (chances < 1)
    sure = truth[chances == 1].max(initial=-np.inf)
    if not shared.any():
        return float(sure)
    best_first = np.sort(truth[shared])[::-1]
    places, left = k - int((chances == 1).sum()), len(best_first) - np.arange(len(best_first))
    # The best is drawn with chance places / left; where it is not, the next is drawn from one fewer.
    drawn = np.minimum(places / left, 1.0)
    missed = np.concatenate([[1.0], np.cumprod(1 - drawn)[:-1]])
    return float((missed * drawn) @ np.maximum(best_first, sure))
