"""A Gaussian process over a finite set of candidates, which it knows by their genes and their ranks by proxies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.special import ndtr
from scipy.stats import norm, rankdata

from zcnas.errors import InputError
from zcnas.space import Architecture

Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Kernel = tuple[int, int, float, float]
"""Which length scale of genes, which of ranks, the share of ranks, the noise."""

_GENES = (0.25, 0.5, 1.0, 2.0)
"""Length scales of the genes, of which all differ at a distance of the square root of 2."""
_RANKS = (0.2, 0.5)
"""Length scales of ranks, as root mean squares over proxies; ranks go from 0 to 1."""
_SHARES = (0.0, 0.3, 0.7, 1.0)
"""Of the variance, what proxies explain."""
_NOISES = (0.01, 0.1, 0.3)
"""Variances of what is neither, as of one training and the next; that of the process is 1."""
_LEVEL = 4.0
"""Variance of the common level, which is large, since nothing is known of it."""
_GRID = tuple(product(range(len(_GENES)), range(len(_RANKS)), _SHARES, _NOISES))


class Process:
    """What is to be expected of every candidate, once some have values.

    The kernel is a level that all share, a trend along the mean rank, and a weighted mean of two squared exponentials:
    one of the share of genes that differ, one of the differences between ranks. Length scales, weights and noise are
    those of the highest marginal likelihood on a small grid; the scale of values is integrated out with one value's
    worth of prior. Values enter as normal scores of their ranks: how bad the bad ones are does not matter. All this was
    chosen on the digits benchmark, TransNAS-Bench-101 and NAS-Bench-Macro.

    Args:
        candidates: ``n`` architectures.
        scores: Proxy -> a score of every candidate, higher is better; NaN ranks last.
        trend: Prior standard deviation of the trend, in those of the process for ranks that are spread evenly.

    Attributes:
        columns: ``(n, proxies)``, ranks from 0 to 1.
        ranks: ``(n,)``, the mean over proxies, from 0 to 1.

    Raises:
        InputError: No proxies, or columns of other lengths.
    """

    def __init__(
        self, candidates: Sequence[Architecture], scores: Mapping[str, Sequence[float] | Array], *, trend: float
    ) -> None:
        lengths = {name: len(column) for name, column in scores.items()}
        if not scores or set(lengths.values()) != {len(candidates)}:
            raise InputError(f"expected scores of {len(candidates)} candidates by at least one proxy, got {lengths}")
        self.columns = np.stack([_ranked(column) for column in scores.values()], axis=1).astype(np.float32)
        self.ranks: Array = self.columns.mean(axis=1, dtype=np.float64)
        self._trend = trend * np.sqrt(12) * (self.ranks - 0.5)
        longest = max(len(arch.genome) for arch in candidates)
        genes = [(*arch.genome, *(-1,) * (longest - len(arch.genome))) for arch in candidates]
        self._genes = np.array(genes, dtype=np.int16)
        self._known: dict[int, Single] = {}

    def expected(self, places: Sequence[int], values: Sequence[float]) -> tuple[Array, Array]:
        """Mean and standard deviation of every candidate, ``(n,)`` each, on the scale of :func:`normal_scores`.

        Args:
            places: ``t`` candidates whose values are known, by their numbers.
            values: Of these, higher is better.
        """
        told = list(places)
        rows = [self._likeness(place) for place in told]
        common = _LEVEL + np.outer(self._trend[told], self._trend[told])
        fit = _fitted(np.stack([row[:, told] for row in rows], axis=1), common, normal_scores(values))
        cross = _mixed(fit.kernel, np.stack([row[list(_pair(fit.kernel))] for row in rows], axis=1))
        cross = cross + np.float32(_LEVEL) + np.outer(self._trend[told], self._trend).astype(np.float32)
        inner = solve_triangular(fit.factor.astype(np.float32), cross, lower=True, check_finite=False)
        variance = 1 + _LEVEL + self._trend**2 - np.einsum("tn,tn->n", inner, inner)
        # Single precision may leave less than nothing where a value is known.
        return fit.solved @ inner, np.sqrt(fit.scale * np.maximum(variance, 1e-4))

    def _likeness(self, place: int) -> Single:
        """``(6, n)``: how like one candidate all are, by genes and by ranks, for every length scale."""
        if place not in self._known:
            genes = 2 * (self._genes != self._genes[place]).mean(axis=1, dtype=np.float32)
            ranks = ((self.columns - self.columns[place]) ** 2).mean(axis=1, dtype=np.float32)
            scaled = [genes / length**2 for length in _GENES] + [ranks / width**2 for width in _RANKS]
            self._known[place] = np.exp(-np.stack(scaled) / 2)
        return self._known[place]


@dataclass(frozen=True, slots=True)
class _Fit:
    """The kernel of the highest marginal likelihood.

    Attributes:
        columns: ``(n, proxies)``, ranks from 0 to 1.
        kernel: Of the grid.
        factor: Cholesky factor of its matrix.
        solved: The values divided by that.
        scale: Variance.
    """

    kernel: Kernel
    factor: Array
    solved: Array
    scale: float


def _fitted(likeness: Single, common: Array, target: Array) -> _Fit:
    """Of ``(6, t, t)`` likenesses of what is known, a matrix that is added to any mixture, and the values."""
    exact, count = likeness.astype(np.float64), len(target)
    kernels = [_mixed(kernel, exact[list(_pair(kernel))]) + kernel[3] * np.eye(count) for kernel in _GRID]
    factors = np.linalg.cholesky(np.stack(kernels) + common)
    solved = np.linalg.solve(factors, np.broadcast_to(target[:, None], (len(factors), count, 1)))[..., 0]
    scales = ((solved**2).sum(axis=1) + 1) / (count + 1)
    sizes = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    best = int(np.argmin((count + 1) / 2 * np.log(scales) + sizes))
    return _Fit(_GRID[best], factors[best], solved[best], float(scales[best]))


def _pair(kernel: Kernel) -> tuple[int, int]:
    """Which likenesses it mixes."""
    return kernel[0], len(_GENES) + kernel[1]


def _mixed(kernel: Kernel, pair: npt.NDArray[Any]) -> npt.NDArray[Any]:
    # Python's numbers keep single precision single.
    return np.asarray((1 - kernel[2]) * pair[0] + kernel[2] * pair[1])


def normal_scores(values: Sequence[float] | Array) -> Array:
    """Quantiles of a standard normal distribution, by rank; equal values share theirs.

    >>> normal_scores([70.0, 10.0, 73.0]).round(2)
    array([ 0.  , -0.97,  0.97])
    """
    return np.asarray(norm.ppf((rankdata(values) - 0.5) / len(values)))


def improvement(mean: Array, deviation: Array, level: float) -> Array:
    """By how much normal variables exceed a level, in expectation; what is below counts zero.

    >>> improvement(np.array([0.0, 3.0]), np.array([1.0, 0.1]), 0.0).round(3)
    array([0.399, 3.   ])
    """
    standard = (mean - level) / deviation
    return np.asarray(deviation * (standard * ndtr(standard) + np.exp(-(standard**2) / 2) / np.sqrt(2 * np.pi)))


def _ranked(column: Sequence[float] | Array) -> Array:
    numbers = np.asarray(column, dtype=np.float64)
    return np.asarray((rankdata(np.where(np.isnan(numbers), -np.inf, numbers)) - 0.5) / len(numbers))
