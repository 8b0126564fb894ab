"""Digits tasks on which different cells are good, what untrained cells say of them, and priors that are told it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

import _digits_cells
import numpy as np
import numpy.typing as npt
import torch
from _digits_task import CLASSES, batches
from _digits_task import Task as Images
from _digits_training import Job, Recipe, train
from scipy.stats import spearmanr
from tqdm import tqdm

import zcnas
from zcnas import workers as pool
from zcnas.journal import Journal
from zcnas.predictors import Prior, meta_train
from zcnas.predictors.encoding import task_features
from zcnas.predictors.meta import Task
from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.nasbench201 import OPS
from zcnas.seeding import generator

Floats = npt.NDArray[np.float64]

SPACE = NASBench201()
REFERENCES = [SPACE.architecture((OPS.index(op),) * 6) for op in OPS if op != "none"]
"""Cells with one operation throughout."""
SUPPORTS = (0, 5, 10, 20)
_BATCH = 128

TOLD, ANOTHERS, NOTHING, WITHOUT = (
    "learned with features, told those of the task",
    "learned with features, told those of another task",
    "learned with features, told nothing",
    "learned without features",
)
WAYS = (TOLD, ANOTHERS, NOTHING, WITHOUT)


@dataclass(frozen=True, slots=True)
class Plan:
    """What all depends on.

    Attributes:
        tasks: How many.
        cells: Trained on each.
        proxies: What features are scores of.
        folds: In so many parts tasks are left out.
        steps: Of meta-training.
        draws: Of examples.
    """

    tasks: int
    cells: int
    proxies: tuple[str, ...]
    folds: int
    steps: int
    draws: int


class Piece(NamedTuple):
    """Of the work: cells trained on a task, its features, or a fold judged."""

    plan: Plan
    kind: str
    place: int
    values: Sequence[Sequence[float]] = ()
    features: Sequence[Sequence[float]] = ()

    @property
    def key(self) -> str:
        """In the journal."""
        return f"{self.kind} {self.place}"


class Found(NamedTuple):
    """All that reports are made of.

    Attributes:
        accuracies: ``(T, N)``, on test images, in %.
        features: ``(T, 2, F)``, from two batches that share no image.
        correlations: Spearman's, by way of :data:`WAYS` ``(T, supports)``, means over draws.
    """

    accuracies: Floats
    features: Floats
    correlations: Mapping[str, Floats]


def images(place: int) -> Images:
    """What the task's images are like: drawn, but the same in all plans."""
    rng = generator("task features", place)
    rotation, shift, inverted, noise = rng.uniform(0, [1.5, 2.0, 0.5, 0.8]).round(3).tolist()
    return Images(rotation=rotation, shift=shift, inverted=inverted, noise=noise, seed=place)


def found(plan: Plan, journal: Journal, workers: int, progress: bool) -> Found:
    """Does what the journal has not."""
    first = [Piece(plan, kind, place) for kind in ("trained", "described") for place in range(plan.tasks)]
    _finish(first, journal, workers, progress, "training")
    values, features = (
        [journal[f"{kind} {place}"] for place in range(plan.tasks)] for kind in ("trained", "described")
    )
    own = [rows[0] for rows in features]
    folds = [Piece(plan, "judged", place, values, own) for place in range(plan.folds)]
    _finish(folds, journal, workers, progress, "learning over tasks")
    judged = {place: rows for fold in folds for place, rows in journal[fold.key]}
    means = np.array([judged[place] for place in range(plan.tasks)])
    return Found(np.array(values), np.array(features), {way: means[:, number] for number, way in enumerate(WAYS)})


def _finish(pieces: Iterable[Piece], journal: Journal, workers: int, progress: bool, told: str) -> None:
    left = [piece for piece in pieces if piece.key not in journal]
    for piece, result in tqdm(_done(left, workers), total=len(left), desc=told, disable=None if progress else True):
        if isinstance(result, pool.WorkerDied):
            raise MemoryError(str(result))
        journal.add(piece.key, result)


def _done(pieces: list[Piece], workers: int) -> Iterator[tuple[Piece, Any]]:
    return pool.run(one, pieces, workers) if workers > 1 else pool.here(one, pieces)


def one(piece: Piece) -> Any:
    """Does a piece."""
    kinds: Mapping[str, Callable[[Piece], Any]] = {"trained": _trained, "described": _described, "judged": _judged}
    return kinds[piece.kind](piece)


def _trained(piece: Piece) -> list[float]:
    return [train(Job(cell, 0, images(piece.place))).test for cell in _digits_cells.draw(piece.plan.cells)]


def _described(piece: Piece) -> list[list[float]]:
    """Features from two batches."""
    return [_features(batch, piece.plan.proxies) for batch in batches(images(piece.place), _BATCH, 2)]


def _features(batch: zcnas.Batch, proxies: Sequence[str]) -> list[float]:
    rng = torch.Generator().manual_seed(0)
    noise = zcnas.Batch(torch.randn(batch.inputs.shape, generator=rng), batch.targets, "noise")
    recipe = Recipe()
    build = {"C": recipe.C, "N": recipe.N, "in_channels": batch.inputs.shape[1], "num_classes": CLASSES}
    of = [{name: zcnas.ProxyScores(SPACE, name, some, build=build) for name in proxies} for some in (batch, noise)]
    return task_features(of[0], REFERENCES, of[1]).tolist()


def _judged(piece: Piece) -> list[tuple[int, list[list[float]]]]:
    """For each task of a fold, by way and support, the mean correlation over draws."""
    plan = piece.plan
    asked = [place for place in range(plan.tasks) if place % plan.folds == piece.place]
    known = [_task(piece, place) for place in range(plan.tasks) if place not in asked]
    sampling: dict[str, Any] = {"support": (0, min(plan.cells // 4, 20)), "query": min(plan.cells // 2, 40)}
    bare = [replace(task, features=None) for task in known]
    knowing, unknowing = (meta_train(tasks, steps=plan.steps, **sampling) for tasks in (known, bare))
    rows = []
    for place in asked:
        own, other = (np.array(piece.features[one]) for one in (place, (place + 1) % plan.tasks))
        priors = [(knowing, own), (knowing, other), (knowing, None), (unknowing, None)]
        rows.append((place, [_correlations(plan, *prior, _task(piece, place)) for prior in priors]))
    return rows


def _correlations(plan: Plan, prior: Prior, features: Floats | None, task: Task) -> list[float]:
    start, means = prior.on(SPACE, features=features), []
    for support in SUPPORTS:
        correlations = []
        for draw in range(plan.draws if support else 1):
            places = generator("task features", task.dataset, support, draw).permutation(len(task.archs))[:support]
            archs = [task.archs[place] for place in places]
            predictor = start.adapt(archs, task.values[places]) if support else start
            correlations.append(spearmanr(predictor.predict(task.archs)[0], task.values).statistic)
        means.append(float(np.mean(correlations)))
    return means


def _task(piece: Piece, place: int) -> Task:
    features = np.array(piece.features[place])
    return Task(SPACE, f"digits {place}", _archs(piece.plan.cells), np.array(piece.values[place]), features=features)


@cache
def _archs(cells: int) -> tuple[zcnas.space.Architecture, ...]:
    return tuple(map(SPACE.parse, _digits_cells.draw(cells)))
