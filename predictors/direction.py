"""Whether values were given in the wrong direction."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zcnas.correlation import spearman

Floats = npt.NDArray[np.float64]

_MANY = 10
_TURNED = -0.6
"""A rank correlation of so many values with what was expected of them, below which their direction is doubted."""


def warn_if_turned(expected: Floats, values: Sequence[float] | Floats, remedy: str) -> None:
    """Warns the caller's caller if 10 or more values are nearly in the reverse order.

    Args:
        expected: ``(N,)``, before any value was known.
        values: ``(N,)``.
        remedy: Who expected it, and what to do.
    """
    if len(values) >= _MANY and spearman(expected, values) < _TURNED:
        warnings.warn(f"the values are nearly in the reverse order of what {remedy}", stacklevel=3)
