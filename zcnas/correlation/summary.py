"""All that is said about the scores of one proxy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zcnas.correlation.favourites import Array, Shortlist, shortlist
from zcnas.correlation.weighted import Pairs
from zcnas.errors import InputError

CONFIDENCE = 0.95

CHUNK = 2**19
"""Counts that are held at once: 4 MB a copy."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its 95 % interval; NaN where it is undefined, or where no interval was asked for."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Correlation:
    """Rank agreement of scores with the truth. Positive means: works as declared.

    Attributes:
        n: Architectures with a score, from which the coefficients are.
        nans: Architectures whose score is undefined or failed (NaN): left out of the coefficients.
        ties: Architectures whose score another one has too.
        turned: Whether scores were multiplied by -1, because lower was declared better.
        spearman: Rank correlation, ties at their mean rank.
        kendall: Tau-b.
        shortlists: One for each top asked for, among all architectures.
        resamples: Bootstrap resamples behind the intervals.
    """

    n: int
    nans: int
    ties: int
    turned: bool
    spearman: Coefficient
    kendall: Coefficient
    shortlists: tuple[Shortlist, ...]
    resamples: int


def correlate(
    scores: npt.ArrayLike,
    truth: npt.ArrayLike,
    *,
    higher_is_better: bool = True,
    top: Sequence[float] = (1, 10, 0.1),
    bootstrap: int = 1000,
    seed: int | np.random.Generator = 0,
) -> Correlation:
    """Holds scores against the truth.

    Coefficients are signed: scores are turned by the declared direction and by nothing else, so that a proxy
    that ranks backwards has a negative one. Intervals are percentiles of a bootstrap over architectures (Efron and
    Tibshirani, 1993, chapter 13): chance in the choice of architectures, not in the initialisation. Every resample
    is computed in full, in about 3 ms for 15,625 architectures. Scores of equal length and without NaN see the
    same resamples, if given the same seed.

    Args:
        scores: ``(n,)``: NaN where a score is undefined or failed. Minus infinity is a score, the lowest one.
        truth: ``(n,)``: what to predict; higher is better.
        higher_is_better: The declared direction of the scores.
        top: Sizes of shortlists: numbers, or fractions of all; see :func:`shortlist`.
        bootstrap: Number of resamples; 0 for no intervals.
        seed: Of the resamples; or the generator that draws them.

    Raises:
        InputError: Lengths differ, nothing to compare, a truth that is not finite, or an impossible ``top`` or
            ``bootstrap``.

    >>> found = correlate([3.0, 2.0, float("nan"), 1.0], [10.0, 20.0, 5.0, 30.0], higher_is_better=False, top=[1])
    >>> found.n, found.nans, found.spearman.value, found.shortlists[0].regret
    (3, 1, 1.0, 0.0)
    """
    given, target = _checked(scores, truth, bootstrap)
    turned = given if higher_is_better else -given
    valid = ~np.isnan(turned)
    pairs = Pairs.of(turned[valid], target[valid])
    value = pairs.coefficients(np.ones((pairs.order.size, 1)))
    rho, tau = (
        _coefficient(float(one[0]), many) for one, many in zip(value, _resampled(pairs, bootstrap, seed), strict=True)
    )
    shared = np.bincount(pairs.first)
    return Correlation(
        n=int(valid.sum()),
        nans=int((~valid).sum()),
        ties=int(shared[shared > 1].sum()),
        turned=not higher_is_better,
        spearman=rho,
        kendall=tau,
        shortlists=tuple(shortlist(turned, target, size) for size in top),
        resamples=bootstrap,
    )


def _checked(scores: npt.ArrayLike, truth: npt.ArrayLike, bootstrap: int) -> tuple[Array, Array]:
    given, target = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if given.ndim != 1 or given.shape != target.shape or not given.size:
        raise InputError(
            f"correlate: expected as many scores as true values, (n,) with n >= 1, got {given.shape} and {target.shape}"
        )
    if not np.isfinite(target).all():
        raise InputError(
            f"correlate: expected finite true values, got {int((~np.isfinite(target)).sum())} NaN or infinite: "
            "leave those architectures out"
        )
    if bootstrap < 0:
        raise InputError(f"correlate: expected bootstrap >= 0, got {bootstrap}")
    return given, target


def _resampled(pairs: Pairs, count: int, seed: int | np.random.Generator) -> tuple[Array, Array]:
    """Both coefficients ``(count,)`` of resamples."""
    n, rng = pairs.order.size, np.random.default_rng(seed)
    if not n:
        return np.full(count, np.nan), np.full(count, np.nan)
    step = max(1, CHUNK // n)
    found = [pairs.coefficients(_drawn(rng, n, min(step, count - done))) for done in range(0, count, step)]
    return (
        np.concatenate([np.empty(0), *(rho for rho, _ in found)]),
        np.concatenate([np.empty(0), *(tau for _, tau in found)]),
    )


def _drawn(rng: np.random.Generator, n: int, count: int) -> Array:
    """``(n, count)``: how often each of ``n`` is in each resample."""
    places = rng.integers(n, size=(count, n))
    counts = np.bincount((places.T * count + np.arange(count)).ravel(), minlength=n * count)
    return counts.reshape(n, count).astype(np.float64)


def _coefficient(value: float, resampled: Array) -> Coefficient:
    # A resample may hold a single value over and over, and then has no correlation.
    defined = resampled[~np.isnan(resampled)]
    if not defined.size:
        return Coefficient(value, float("nan"), float("nan"))
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Coefficient(value, float(low), float(high))
