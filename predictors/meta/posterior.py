"""A posterior that doubts its prior: many settings of it, weighed by how likely they make the examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.stats.qmc import Sobol

Floats = npt.NDArray[np.float64]

_CONSTANT = 1.0
"""Variance of what all values have in common: examples may be better than others of their space."""
_TRUST, _NOISE, _DEEP, _BLOCK = (0.05, 2.0), (0.2, 5.0), (0.1, 1.0), (0.03, 2.0)
"""The least and the largest of what a setting consists of."""
_SETTINGS = 128


class Setting(NamedTuple):
    """How far a prior is trusted.

    Attributes:
        trust: Variance of the factor, of mean 1, by which the prior's mean is multiplied.
        noise: Factor of the noise that was learned over tasks.
        factors: Of the kernel that was learned over tasks, and of those on blocks of features.
    """

    trust: float
    noise: float
    factors: tuple[float, ...]


def trusted(blocks: int) -> Setting:
    """What holds without examples."""
    return Setting(trust=0.1, noise=1.0, factors=(1.0, *[0.05] * blocks))


@cache
def spread(blocks: int) -> tuple[Setting, ...]:
    """Settings for as many blocks of features, spread evenly in logarithms; each is as likely as any other."""
    ranges = np.log([_TRUST, _NOISE, _DEEP, *[_BLOCK] * blocks])
    # The first point is a corner.
    points = Sobol(len(ranges), scramble=False).fast_forward(1).random(_SETTINGS)
    rows = np.exp(ranges[:, 0] + points * (ranges[:, 1] - ranges[:, 0]))
    return tuple(Setting(trust, noise, tuple(factors)) for trust, noise, *factors in rows.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """What is believed of N architectures beforehand.

    Attributes:
        mean: ``(N,)``.
        kernels: ``(K, N, M)``: those that a :class:`Setting` has factors of, with M examples.
        variances: ``(K, N)``: their diagonals; only of what is asked about.
    """

    mean: Floats
    kernels: Floats
    variances: Floats | None = None

    def joint(self, other: Floats, one: Setting) -> Floats:
        """``(N, M)``: the covariance with the examples, whose means are ``other``."""
        found: Floats = np.tensordot(one.factors, self.kernels, 1) + one.trust * np.outer(self.mean, other) + _CONSTANT
        return found

    def variance(self, one: Setting) -> Floats:
        """``(N,)``: the variance before examples."""
        assert self.variances is not None
        found: Floats = np.array(one.factors) @ self.variances + one.trust * self.mean**2 + _CONSTANT
        return found

    def parts(self) -> Floats:
        """``(N, K M + 2)``: that of which covariances with examples are linear functions; see :class:`Posterior`."""
        rows = self.kernels.transpose(1, 0, 2).reshape(len(self.mean), -1)
        return np.concatenate([rows, self.mean[:, None], np.ones((len(self.mean), 1))], axis=1)


@dataclass(frozen=True, eq=False)
class Posterior:
    r"""What is believed after examples.

    Covariances of an architecture with examples are linear in its :meth:`Beliefs.parts` :math:`z`, by a matrix
    :math:`T_s` of each setting. So the mixture's mean is linear in it, and its second moment quadratic, whatever the
    number of settings: :math:`z^\top \sum_s w_s T_s^\top (\alpha_s \alpha_s^\top - C_s^{-1}) T_s z` beside variances
    beforehand.

    Attributes:
        known: Of the M examples, with themselves.
        targets: ``(M,)``.
        noise: Its variance as learned over tasks.
    """

    known: Beliefs
    targets: Floats
    noise: float

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """What is weighed."""
        return spread(len(self.known.kernels) - 1)

    @cached_property
    def weights(self) -> Floats:
        """``(S,)``: of the settings, by the density of the examples; they sum to 1."""
        white = np.linalg.solve(self._factors, self._residuals[None, :, None])[:, :, 0]
        sizes = np.log(np.diagonal(self._factors, axis1=1, axis2=2)).sum(axis=1)
        logarithms = -0.5 * (white**2).sum(axis=1) - sizes
        weights = np.exp(logarithms - logarithms.max())
        found: Floats = weights / weights.sum()
        return found

    @property
    def likeliest(self) -> Setting:
        """The setting of the largest weight."""
        return self.settings[int(self.weights.argmax())]

    def predict(self, asked: Beliefs) -> tuple[Floats, Floats]:
        """Means and variances ``(N,)``, without noise, of the mixture of settings."""
        slope, curve = self._moments
        parts = asked.parts()
        added = parts @ slope
        # Half as precise, which is enough for a variance, and twice as fast.
        narrow = parts.astype(np.float32)
        second = ((narrow @ curve.astype(np.float32)) * narrow).sum(axis=1)
        variance = asked.variance(self.mean_setting) + second - added**2
        return asked.mean + added, np.maximum(variance, 0)

    def across(self, asked: Beliefs, one: Setting) -> Floats:
        """``(M, N)``: covariances with the examples, whitened: products of columns are what examples explain."""
        factor = np.linalg.cholesky(self._covariances([one])[0])
        found: Floats = solve_triangular(factor, asked.joint(self.known.mean, one).T, lower=True, check_finite=False)
        return found

    @cached_property
    def mean_setting(self) -> Setting:
        """Weighed means of what settings consist of: variances beforehand are linear in it."""
        trust, noise = (float(self.weights @ [one[place] for one in self.settings]) for place in (0, 1))
        return Setting(trust, noise, tuple(self.weights @ np.array([one.factors for one in self.settings])))

    @cached_property
    def _moments(self) -> tuple[Floats, Floats]:
        """What of parts gives the mean, and what gives the rest of the second moment."""
        roots = np.linalg.inv(self._factors)
        inverses = roots.transpose(0, 2, 1) @ roots
        alphas = inverses @ self._residuals
        curves = alphas[:, :, None] * alphas[:, None, :] - inverses
        # Covariances from parts are sums of these matrices with these factors, which alone differ between settings.
        ones = np.eye(len(self.targets))
        bases = [ones] * len(self.known.kernels) + [self.known.mean[:, None], np.ones((len(ones), 1))]
        factors = np.array([(*one.factors, one.trust, _CONSTANT) for one in self.settings])
        slopes = np.einsum("s,sb,sm->bm", self.weights, factors, alphas)
        inner = np.einsum("s,sb,sc,smn->bcmn", self.weights, factors, factors, curves, optimize=True)
        slope = np.concatenate([base.T @ one for base, one in zip(bases, slopes, strict=True)])
        curve = [
            [first.T @ inner[row, column] @ second for column, second in enumerate(bases)]
            for row, first in enumerate(bases)
        ]
        return slope, np.block(curve)

    @cached_property
    def _residuals(self) -> Floats:
        found: Floats = self.targets - self.known.mean
        return found

    @cached_property
    def _factors(self) -> Floats:
        """``(S, M, M)``: of the examples' covariances."""
        return np.asarray(np.linalg.cholesky(self._covariances(self.settings)), dtype=np.float64)

    def _covariances(self, settings: Sequence[Setting]) -> Floats:
        found: Floats = np.stack([self.known.joint(self.known.mean, one) for one in settings])
        noise = self.noise * np.array([one.noise for one in settings])
        return found + noise[:, None, None] * np.eye(len(self.targets))
