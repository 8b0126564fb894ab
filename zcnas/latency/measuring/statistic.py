"""What is told of repeated measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from zcnas.errors import InputError, UnknownNameError

STATISTICS = {"median": 50, "lower quartile": 25, "minimum": 0}
"""Name -> percentile. On a machine with other work the lower ones are disturbed less."""

_FAR = 3
"""Tukey's factor of the interquartile range beyond which values are far out."""


class Summary(NamedTuple):
    """Of repeated measurements, in their unit.

    Attributes:
        value: The statistic.
        spread: Interquartile range.
        samples: How many there were.
        outliers: How many of them lie beyond the quartiles by more than three times the spread; they are counted,
            and not taken out, as quartiles do not mind them.
    """

    value: float
    spread: float
    samples: int
    outliers: int


def summary(samples: Sequence[float], statistic: str = "median") -> Summary:
    """Tells the statistic, the spread and the outliers.

    Raises:
        UnknownNameError: Another than :data:`STATISTICS`.
        InputError: No samples, or some that are not finite and at least 0.

    >>> summary([3.0, 1.0, 2.0, 4.0, 90.0])
    Summary(value=3.0, spread=2.0, samples=5, outliers=1)
    """
    if statistic not in STATISTICS:
        raise UnknownNameError("statistic", statistic, STATISTICS)
    values = np.asarray(samples, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not (np.isfinite(values).all() and (values >= 0).all()):
        raise InputError(f"expected measurements that are finite and not negative, got {samples!r:.200}")
    low, high = np.percentile(values, [25, 75])
    far = _FAR * (high - low)
    outliers = int(((values < low - far) | (values > high + far)).sum())
    return Summary(float(np.percentile(values, STATISTICS[statistic])), float(high - low), len(values), outliers)
