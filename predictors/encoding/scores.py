"""Zero-cost scores, or whatever else is known of architectures, as features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError, UnknownNameError
from zcnas.space import Architecture

Floats = npt.NDArray[np.float64]
Score = Callable[[Sequence[Architecture]], Sequence[float]] | Mapping[Architecture, float]
"""A function of many architectures, or a mapping."""
Scores = Mapping[str, Score]


def score_matrix(scores: Scores, archs: Sequence[Architecture]) -> Floats:
    r"""``(len(archs), P)``: :math:`\operatorname{sign}(s) \log(1 + |s|)`, as scores span orders of magnitude.

    What is not finite is NaN.

    Raises:
        InputError: Another number of scores than of architectures.
        UnknownNameError: A mapping lacks an architecture.
    """
    columns = [_asked(name, score, archs) for name, score in scores.items()]
    matrix = np.array(columns, dtype=np.float64).reshape(len(columns), len(archs)).T
    return np.where(np.isfinite(matrix), np.sign(matrix) * np.log1p(np.abs(matrix)), np.nan)


def learn_scale(matrix: Floats) -> dict[str, Any]:
    """Means and standard deviations of columns, NaN left out, as plain JSON."""
    counts = np.maximum(np.isfinite(matrix).sum(axis=0), 1)
    means = np.nan_to_num(matrix).sum(axis=0) / counts
    deviations = np.sqrt(np.nan_to_num((matrix - means) ** 2).sum(axis=0) / counts)
    return {"mean": means.tolist(), "deviation": np.where(deviations > 0, deviations, 1.0).tolist()}


def scaled(matrix: Floats, scale: Mapping[str, Any]) -> Floats:
    """Columns with mean 0 and deviation 1 over the examples; NaN becomes 0.

    Raises:
        InputError: Another number of columns than was learned from.
    """
    if matrix.shape[1] != len(scale["mean"]):
        raise InputError(
            f"expected {len(scale['mean'])} columns, as in fit, got {matrix.shape[1]}; load() takes scores=... again"
        )
    found: Floats = np.nan_to_num((matrix - np.array(scale["mean"])) / np.array(scale["deviation"]))
    return found


def _asked(name: str, score: Score, archs: Sequence[Architecture]) -> Sequence[float]:
    if isinstance(score, Mapping):
        for arch in archs:
            if arch not in score:
                raise UnknownNameError(f"{name} score of", arch.key, [f"{len(score)} others"])
        return [score[arch] for arch in archs]
    found = score(archs)
    if len(found) != len(archs):
        raise InputError(f"{name}: expected a score for each of {len(archs)} architectures, got {len(found)}")
    return found
