"""What values become before they are learned, and what predictions become afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]

_QUANTILES = np.linspace(0, 1, 11)
_GAP = 0.03
"""How far apart knots are at least, in ranges of the predictions of the examples."""
_SLIGHT = 1e-3
"""Of the values' deviation, over that range: the least slope."""
_TINY = 1e-9
"""A range below which predictions are equal but for rounding."""


def targets(values: Floats, *, ranks: bool) -> Floats:
    """Values with mean 0 and deviation 1; all 0 where they are equal.

    Args:
        values: ``(N,)``.
        ranks: Take, instead of the values, the normal distribution's quantiles at their ranks. Accuracies of a space
            have a long tail of bad networks, next to which all others are alike.
    """
    if ranks:
        values = stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values))
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > 0 else np.zeros(len(values))


def learn(values: Floats, predicted: Floats, *, ranks: bool) -> dict[str, Any]:
    """What :func:`restored` needs, as plain JSON, and ``noise``, the root mean square error on the examples.

    Args:
        values: ``(N,)``, those of the examples.
        predicted: ``(N,)``, what is predicted for them, in the unit of the targets.
        ranks: As for :func:`targets`. Then quantiles of predictions are led to those of values.
    """
    scale: dict[str, Any] = {"center": float(values.mean()), "spread": float(values.std())}
    if ranks:
        start, end = np.quantile(predicted, _QUANTILES), np.quantile(values, _QUANTILES)
        kept = _apart(start)
        scale |= {"from": start[kept].tolist(), "to": end[kept].tolist()}
    residuals = restored(predicted, scale) - values
    return {**scale, "noise": float(np.sqrt(np.mean(residuals**2)))}


def restored(predicted: Floats, scale: Mapping[str, Any]) -> Floats:
    """Predictions in the unit of the values, in the same order.

    Where ranks were learned, lines lead from quantile to quantile, and the first and the last go on beyond the
    examples. A slight slope is added, so that nothing becomes equal that was not, unless all values are.
    """
    if "from" not in scale:
        plain: Floats = scale["center"] + scale["spread"] * predicted
        return plain
    start, end = np.array(scale["from"]), np.array(scale["to"])
    if len(start) == 1:  # Nothing tells the examples apart.
        return np.full(len(predicted), scale["center"])
    slopes = np.diff(end) / np.diff(start)
    below, above = np.minimum(predicted - start[0], 0), np.maximum(predicted - start[-1], 0)
    slight = _SLIGHT * scale["spread"] * (predicted - start.mean()) / (start[-1] - start[0])
    bent: Floats = np.interp(predicted, start, end) + slopes[0] * below + slopes[-1] * above + slight
    return bent


def _apart(start: Floats) -> list[int]:
    """Places of knots so far apart that no line between two is steep, the first and the last among them.

    Equal graphs with unequal values would else make steps of it, on which the slightest rounding is seen.
    """
    gap, last = _GAP * (start[-1] - start[0]), len(start) - 1
    if gap <= _TINY:
        return [0]
    kept = [0]
    for place in range(1, last):
        if start[place] - start[kept[-1]] >= gap and start[last] - start[place] >= gap:
            kept.append(place)
    return [*kept, last]
