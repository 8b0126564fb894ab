"""Bayesian optimisation in a box: where to look next."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_KAPPA = 2.576  # that of the package bayes_opt, which RoBoT's authors use
_NOISE = 1e-6  # the same
_RESTARTS = 5  # the same
_CANDIDATES = 4096


def suggested(points: Array, values: Array, rng: np.random.Generator) -> list[float]:
    """A point of [-1, 1]^D that may be good: the highest upper confidence bound of a Gaussian process.

    Args:
        points: ``(N, D)``, where the values were found.
        values: ``(N,)``, higher is better.
        rng: Draws where the bound is looked at, and where the fit of the kernel starts.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern

    process = GaussianProcessRegressor(
        Matern(nu=2.5),
        alpha=_NOISE,
        normalize_y=True,
        n_restarts_optimizer=_RESTARTS,
        random_state=int(rng.integers(2**32)),
    )
    candidates = rng.uniform(-1, 1, (_CANDIDATES, points.shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # A length scale at its bound, as with equal values, does no harm.
        mean, deviation = process.fit(points, values).predict(candidates, return_std=True)
    best: list[float] = candidates[int(np.argmax(mean + _KAPPA * deviation))].tolist()
    return best
