"""Correction of sums over layers by a few networks that were measured as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from zcnas.errors import InputError

Values = npt.NDArray[np.float64]

_NORMAL = 1.4826
"""From the median absolute deviation of a normal distribution to its standard deviation."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A straight line from sums to measurements.

    Attributes:
        scale: Its slope.
        offset: Its value at 0, in the unit of the sums.
        count: Of measurements behind it.
        robust: Whether outliers counted less.

    Raises:
        InputError: A slope that is not above 0, or something not finite.
    """

    scale: float
    offset: float
    count: int
    robust: bool = False

    def __post_init__(self) -> None:
        if not (np.isfinite([self.scale, self.offset]).all() and self.scale > 0):
            raise InputError(
                f"expected measurements that grow with the sums over layers, got a line of slope {self.scale:g} and "
                f"offset {self.offset:g}; measure more networks, of different sizes, or drop outliers"
            )

    def __call__(self, total: float) -> float:
        """What would be measured where the sum is ``total``."""
        return self.offset + self.scale * total


def calibrate(sums: Sequence[float], measured: Sequence[float], *, robust: bool = False) -> Calibration:
    """The line through measurements of some networks, by least squares.

    Args:
        sums: Of the networks' layers, in any unit.
        measured: Of the networks as a whole, in the same unit.
        robust: Residuals far beyond the usual, by the median of their sizes, count by their size rather than its
            square, so that a single hiccup does not turn the line.

    Raises:
        InputError: Fewer than two, or of different lengths; sums that are all equal; numbers that are not above 0;
            measurements that do not grow with the sums.

    >>> line = calibrate([1, 2, 3], [12, 14, 16])
    >>> round(line.scale, 6), round(line.offset, 6)
    (2.0, 10.0)
    """
    x, y = np.asarray(sums, dtype=np.float64), np.asarray(measured, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape or len(x) < 2 or len(np.unique(x)) < 2:
        raise InputError(f"expected measurements of two networks or more with different sums, got {x} and {y}")
    if not (np.isfinite([x, y]).all() and (x > 0).all() and (y > 0).all()):
        raise InputError(f"expected sums and measurements above 0, got {x} and {y}")
    scale, offset = np.polyfit(x, y, 1)
    if robust:
        scale, offset = _sturdy(x, y)
    return Calibration(float(scale), float(offset), len(x), robust)


def _sturdy(x: Values, y: Values) -> tuple[float, float]:
    """From the line through the medians of slopes and of offsets, which outliers hardly move."""
    upper = np.triu_indices(len(x), 1)
    differences = x[upper[1]] - x[upper[0]]
    slopes = (y[upper[1]] - y[upper[0]])[differences != 0] / differences[differences != 0]
    slope = float(np.median(slopes))
    residuals = y - slope * x
    offset = float(np.median(residuals))
    width = _NORMAL * float(np.median(np.abs(residuals - offset)))
    if width <= np.finfo(np.float64).eps * float(y.max()):
        return slope, offset  # half of the measurements lie on this line already
    found = least_squares(lambda line: line[0] * x + line[1] - y, (slope, offset), loss="soft_l1", f_scale=width)
    return float(found.x[0]), float(found.x[1])
