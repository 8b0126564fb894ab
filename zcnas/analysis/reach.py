"""How many trainings it takes to reach a target."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zcnas.analysis.curves import Curves
from zcnas.errors import InputError


def reached_at(curve: npt.ArrayLike, target: float) -> float:
    """The number, from 1, of the first value that is at least ``target``; infinity where none is.

    Of a mean curve, it is where that crosses the target.

    >>> reached_at([70.0, 73.0, 74.0], 73.0), reached_at([70.0], 73.0)
    (2.0, inf)
    """
    found = np.flatnonzero(np.asarray(curve, dtype=np.float64) >= target)
    return float(found[0] + 1) if len(found) else math.inf


@dataclass(frozen=True, slots=True)
class Reach:
    """Trainings until the target over several runs.

    A run that ended before it reached the target counts as infinitely many, as that is all that is known: a quartile is
    infinite where too few runs got there, and never the length of the runs that did not.

    Attributes:
        median: Of the numbers of trainings.
        lower: Lower quartile.
        upper: Upper quartile.
        reached: How many runs got there.
        runs: How many runs there were.
    """

    median: float
    lower: float
    upper: float
    reached: int
    runs: int

    def __str__(self) -> str:
        return f"{self.median:g} [{self.lower:g}, {self.upper:g}], {self.reached} of {self.runs} runs"


def reach(curves: Curves, target: float) -> Reach:
    """Median and quartiles of :func:`reached_at`, interpolated between runs as numpy does.

    Raises:
        InputError: No runs.

    >>> print(reach([[70, 73], [73, 74], [70, 71]], 73.0))
    2 [1.5, inf], 2 of 3 runs
    """
    numbers = sorted(reached_at(curve, target) for curve in curves)
    if not numbers:
        raise InputError("expected at least one run, got none")
    lower, median, upper = (_quantile(numbers, share) for share in (0.25, 0.5, 0.75))
    return Reach(median, lower, upper, sum(map(math.isfinite, numbers)), len(numbers))


def _quantile(numbers: list[float], share: float) -> float:
    """As ``numpy.quantile``, which makes NaN of infinities."""
    place = share * (len(numbers) - 1)
    below = math.floor(place)
    rest = place - below
    if not rest:
        return numbers[below]
    return numbers[below] + rest * (numbers[below + 1] - numbers[below]) if math.isfinite(numbers[below]) else math.inf
