"""Examples of a task, joined to a prior."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.predictors import scale
from zcnas.predictors.learned import Learned
from zcnas.predictors.meta.posterior import Beliefs, Posterior, trusted
from zcnas.predictors.meta.selection import picked
from zcnas.predictors.meta.views import Columns, View, beliefs
from zcnas.predictors.prior import Prior

Floats = npt.NDArray[np.float64]

_AT_ONCE = 2048
"""Architectures that are predicted at a time: matrices of more leave the cache."""


def examined(prior: Prior, view: View, values: Floats, columns: Columns) -> Learned:
    """What is to be known of examples, of which there may be none."""
    facts: dict[str, Any] = {"columns": columns, "targets": []}
    if not len(values):
        return Learned(view.arrays(), {**facts, "scale": {"center": 0.0, "spread": 1.0}})
    targets, known = scale.targets(values, ranks=True), beliefs(prior, view, view)
    mean, _ = Posterior(known, targets, _noise(prior)).predict(known)
    facts["targets"] = targets.tolist()
    return Learned(view.arrays(), {**facts, "scale": scale.learn(values, mean, ranks=True)})


def predicted(prior: Prior, task: Learned, view: View) -> tuple[Floats, Floats]:
    """Means and deviations, in the unit of the examples' values."""
    posterior, known = _posterior(prior, task), _known(task)
    pairs = [_latent(task, posterior, beliefs(prior, one, known)) for one in view.split(_AT_ONCE)]
    mean, variance = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    told, noise = task.facts["scale"], _noise(prior)
    if task.facts["targets"]:
        noise *= posterior.mean_setting.noise
    return scale.restored(mean, told), told["spread"] * np.sqrt(variance + noise)


def chosen(
    prior: Prior, task: Learned, view: View, number: int, boldness: float, free: npt.NDArray[np.bool_]
) -> list[int]:
    """Places of what to train next; see :func:`zcnas.predictors.meta.selection.picked`."""
    posterior, known = _posterior(prior, task), _known(task)
    some = len(known.mean) > 0
    one = posterior.likeliest if some else trusted(len(known.blocks()))
    found = []
    for part in view.split(_AT_ONCE):
        asked = beliefs(prior, part, known)
        across = posterior.across(asked, one) if some else np.empty((0, len(part.mean)))
        found.append((*_latent(task, posterior, asked), across))
    mean, variance, across = (np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))

    def covariance(place: int) -> Floats:
        single = View(*(array[place : place + 1] for array in view.arrays().values()))
        before = beliefs(prior, view, single).joint(single.mean, one)[:, 0]
        left: Floats = before - across.T @ across[:, place]
        return left

    noise = _noise(prior) * one.noise
    return picked(mean, variance, covariance, free=free, noise=noise, number=number, boldness=boldness)


def _latent(task: Learned, posterior: Posterior, asked: Beliefs) -> tuple[Floats, Floats]:
    """Means and variances without noise, in the unit of the targets."""
    if not task.facts["targets"]:
        return asked.mean, asked.variance(trusted(len(asked.kernels) - 1))
    return posterior.predict(asked)


def _posterior(prior: Prior, task: Learned) -> Posterior:
    known = _known(task)
    return Posterior(beliefs(prior, known, known), np.array(task.facts["targets"]), _noise(prior))


def _known(task: Learned) -> View:
    return View(**{name: np.asarray(array) for name, array in task.arrays.items()})


def _noise(prior: Prior) -> float:
    return float(prior.parameters["kernel.log_noise"].exp())
