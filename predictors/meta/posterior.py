"""A posterior that doubts its prior: several of its settings, weighed by how likely they make the examples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular

Floats = npt.NDArray[np.float64]

_CONSTANT = 1.0
"""Variance of what all values have in common: examples may be better than others of their space."""
_DOUBT = 2.0
"""What the logarithm of a setting's weight loses by a step away from what was learned over tasks."""
_LEAST = 0.01
"""Settings of a smaller share of the largest weight are left out."""


class Setting(NamedTuple):
    """How far a prior is trusted.

    Attributes:
        trust: Variance of the factor, of mean 1, by which the prior's mean is multiplied.
        deep: Factor of the kernel that was learned over tasks.
        plain: Factor of the kernel that nothing was learned for.
        noise: Factor of the noise that was learned over tasks.
    """

    trust: float
    deep: float
    plain: float
    noise: float


_GRID = (
    ((0.1, 0), (2.0, 2)),
    ((0.5, 1), (1.0, 0), (2.0, 1)),
    ((0.05, 0), (0.3, 1), (1.0, 2)),
    ((0.3, 1), (1.0, 0), (2.0, 1)),
)
SETTINGS = tuple((Setting(*(pair[0] for pair in one)), sum(pair[1] for pair in one)) for one in product(*_GRID))
"""All that are weighed; and how many steps each is away from what was learned over tasks."""


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """What is believed of N architectures beforehand.

    Attributes:
        mean: ``(N,)``.
        deep: ``(N, M)``: the learned kernel with M examples.
        plain: ``(N, M)``: the other one with them.
        variances: ``(2, N)``: diagonals of both; only of what is asked about.
    """

    mean: Floats
    deep: Floats
    plain: Floats
    variances: Floats | None = None

    def joint(self, other: Floats, one: Setting) -> Floats:
        """``(N, M)``: the covariance with the examples, whose means are ``other``."""
        kernels: Floats = one.deep * self.deep + one.plain * self.plain
        return kernels + one.trust * np.outer(self.mean, other) + _CONSTANT

    def variance(self, one: Setting) -> Floats:
        """``(N,)``: the variance before examples."""
        assert self.variances is not None
        found: Floats = one.deep * self.variances[0] + one.plain * self.variances[1] + one.trust * self.mean**2
        return found + _CONSTANT


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What is believed after examples.

    Attributes:
        known: Of the examples, with themselves.
        targets: ``(M,)``.
        noise: Its variance as learned over tasks.
        factors: Of the examples' covariances, kept for what is asked next.
    """

    known: Beliefs
    targets: Floats
    noise: float
    factors: dict[Setting, Floats] = field(default_factory=dict)

    def weighed(self) -> list[tuple[float, Setting]]:
        """Settings with their weights, which sum to 1, by the density of the examples."""
        logarithms = np.array([self._evidence(one) - _DOUBT * steps for one, steps in SETTINGS])
        weights = np.exp(logarithms - logarithms.max())
        kept = np.flatnonzero(weights >= _LEAST)
        total = float(weights[kept].sum())
        return [(float(weights[place]) / total, SETTINGS[place][0]) for place in kept]

    def predict(self, asked: Beliefs, weighed: Sequence[tuple[float, Setting]]) -> tuple[Floats, Floats]:
        """Means and variances ``(N,)``, without noise, of the mixture of settings."""
        pairs = [self._alone(asked, one) for _, one in weighed]
        means, variances = np.array([mean for mean, _ in pairs]), np.array([own for _, own in pairs])
        shares = np.array([share for share, _ in weighed])
        mean = shares @ means
        return mean, shares @ (variances + (means - mean) ** 2)

    def across(self, asked: Beliefs, one: Setting) -> Floats:
        """``(M, N)``: covariances with the examples, whitened: products of columns are what examples explain."""
        found: Floats = self._white(one, asked.joint(self.known.mean, one).T)
        return found

    def _alone(self, asked: Beliefs, one: Setting) -> tuple[Floats, Floats]:
        across = self.across(asked, one)
        mean = asked.mean + self._white(one, self.targets - self.known.mean) @ across
        return mean, np.maximum(asked.variance(one) - (across**2).sum(axis=0), 0)

    def _evidence(self, one: Setting) -> float:
        white = self._white(one, self.targets - self.known.mean)
        size = np.log(np.diag(self._factor(one))).sum() + 0.5 * len(white) * math.log(2 * math.pi)
        return float(-0.5 * white @ white - size)

    def _white(self, one: Setting, columns: Floats) -> Floats:
        found: Floats = solve_triangular(self._factor(one), columns, lower=True, check_finite=False)
        return found

    def _factor(self, one: Setting) -> Floats:
        if one not in self.factors:
            covariance = self.known.joint(self.known.mean, one) + self.noise * one.noise * np.eye(len(self.targets))
            self.factors[one] = cholesky(covariance, lower=True, check_finite=False)
        return self.factors[one]
