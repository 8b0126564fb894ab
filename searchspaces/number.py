"""Numbers as files claim to have them."""

from __future__ import annotations

import math
from typing import TypeGuard

import numpy as np

from zcnas.errors import DataError


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number of Python or numpy, be it NaN; truth values are none.

    >>> [is_number(value) for value in (1, 2.5, float("nan"), True, "1")]
    [True, True, True, False, False]
    """
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def number(value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """The value, if it is a finite number from ``low`` to ``high``. Raises :class:`~zcnas.errors.DataError`."""
    if not is_number(value) or not math.isfinite(value) or not low <= value <= high:
        bounds = "" if (low, high) == (-math.inf, math.inf) else f" from {low:g} to {high:g}"
        raise DataError(f"expected a finite number{bounds}, got {value!r:.100}")
    return float(value)
