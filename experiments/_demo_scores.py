"""Scores of the demonstration's cells, one job per cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from _digits_task import CLASSES, Task, distort, splits
from _digits_training import Recipe

import zcnas
from zcnas.batch import Batch
from zcnas.proxies import PROXIES
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture

BATCH_SIZE, BATCHES = 64, 2
"""Two batches, since ZiCo compares gradients between batches; all other proxies look at the first."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Job:
    """A cell, its place in the table, and the proxies to score it with."""

    place: int
    arch: Architecture
    proxies: tuple[str, ...]
    task: Task
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Scored:
    """Values and processor seconds by proxy; NaN where a proxy has no value."""

    place: int
    values: dict[str, float]
    seconds: dict[str, float]


def score(job: Job) -> Scored:
    """Scores an untrained network on training images, as the benchmark would begin to train it."""
    recipe = job.recipe
    network = NASBench201().build(job.arch, num_classes=CLASSES, seed=0, C=recipe.C, N=recipe.N, in_channels=1)
    scores = zcnas.score(network, job.proxies, batch=_batches(job.task), seed=0)
    seconds = {name: detail.seconds for name, detail in scores.details.items()}
    return Scored(job.place, dict(scores), seconds)


@lru_cache(maxsize=1)
def _batches(task: Task) -> list[Batch]:
    images = distort(splits(task).train, task, "scoring")
    pairs = zip(images.inputs.split(BATCH_SIZE), images.labels.split(BATCH_SIZE), strict=True)
    return [Batch(inputs, labels, "digits task, training images") for inputs, labels in pairs][:BATCHES]


def columns(scored: list[Scored], proxies: tuple[str, ...]) -> dict[str, Floats]:
    """A column per proxy in the order of places, turned so that higher is better."""
    ordered = sorted(scored, key=lambda one: one.place)
    signs = {name: 1.0 if PROXIES.create(name).higher_is_better else -1.0 for name in proxies}
    return {name: signs[name] * np.array([one.values[name] for one in ordered]) for name in proxies}
