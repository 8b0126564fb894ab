"""What to look at next."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Covariance = Callable[[int], Floats]
"""Of all N candidates with the one at a place."""


def picked(
    mean: Floats,
    variance: Floats,
    covariance: Covariance,
    *,
    free: npt.NDArray[np.bool_],
    noise: float,
    number: int,
    boldness: float,
) -> list[int]:
    """Places of what has the largest mean plus ``boldness`` deviations, one after the other.

    What a pick will tell lessens the deviations of what is like it, and leaves means as they are.

    Reference: Desautels et al. 2014, GP-BUCB, arXiv:1206.6402.

    Args:
        mean: ``(N,)``.
        variance: ``(N,)``, without noise.
        covariance: Of the same process.
        free: ``(N,)``, what may be picked.
        noise: Variance of what is measured.
        number: How many, at most.
        boldness: See above.
    """
    places, told, left, free = list[int](), list[Floats](), variance.copy(), free.copy()
    for _ in range(min(number, int(free.sum()))):
        score = np.where(free, mean + boldness * np.sqrt(np.maximum(left, 0)), -np.inf)
        place = int(score.argmax())
        row = covariance(place) - sum((one * one[place] for one in told), np.zeros(len(mean)))
        told.append(row / np.sqrt(max(left[place], 0) + noise))
        left -= told[-1] ** 2
        free[place] = False
        places.append(place)
    return places
