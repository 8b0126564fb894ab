"""Searches under a budget of latency that ten measurements have to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zcnas.objectives import LatencyBudget, TableObjective
from zcnas.predictors import DeviceTransfer
from zcnas.search import GaussianProcessSearch
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace
from zcnas.study import run_search
from zcnas.table import Column, Table

Floats = npt.NDArray[np.float64]

MEASUREMENTS = 10
_OFFERED = 600
"""Architectures drawn at random from which those to measure are chosen, anew for each run."""
_BATCH = 10


class Way(NamedTuple):
    """How the budget is kept.

    Attributes:
        share: Probability with which the latency of what is trained must stay below the budget, as it is predicted.
        verified: The same of what is found, once for each of the measurements that verify it, until one has succeeded;
            the fewer of these are left, the higher. Where there are none, nothing is verified.
        hope: The same of what is more accurate than that, on which the other measurements are spent.
    """

    share: float
    verified: tuple[float, ...] = ()
    hope: float = 0.2


@dataclass(frozen=True, eq=False)
class Task:
    """What a search is given, and what it is judged by.

    Attributes:
        space: Where architectures come from.
        archs: All of them.
        table: Accuracies.
        seen: Its column of validation accuracies, which searches are told.
        judged: Test accuracies of all.
        latency: What measuring gives, in ms.
        scores: Proxy -> a score of every architecture.
        prior: What was learned over reference devices.
    """

    space: SearchSpace
    archs: Sequence[Architecture]
    table: Table
    seen: Column
    judged: Floats
    latency: Floats
    scores: Mapping[str, Floats]
    prior: DeviceTransfer


class Found(NamedTuple):
    """One run's result.

    Attributes:
        way: As reports call it.
        percentile: The budget, of all latencies.
        seed: Of the run.
        arch: What was found.
        measured: How many architectures were measured, those among it that verified.
        latency: True, in ms.
        accuracy: On the test images, in %.
    """

    way: str
    percentile: int
    seed: int
    arch: str
    measured: int
    latency: float
    accuracy: float


def searched(task: Task, way: Way, budget: float, trainings: int, seed: int) -> tuple[int, int]:
    """The number of the architecture that is found, and how many were measured.

    It is the best by validation accuracy of those among the trained whose latency was verified. Where all measurements
    are spent without success, it is, of the others, the one that is most likely fast enough.
    """
    measured = [*_measured(task, seed, MEASUREMENTS - len(way.verified))]
    number = {arch: place for place, arch in enumerate(task.archs)}
    ranked = [number[arch] for arch in _trained(task, _bounds(task, measured, way.share), budget, trainings, seed)]
    best = None if way.verified else ranked[0]
    for share in way.verified:
        bounds = _bounds(task, measured, share if best is None else way.hope)
        # Of what is ranked after the best found so far nothing is left.
        place = next((one for one in ranked if bounds[one] <= budget), None)
        if place is None and best is not None:
            break
        place = min(ranked, key=bounds.__getitem__) if place is None else place
        measured.append(place)
        if task.latency[place] <= budget:
            best, ranked = place, ranked[: ranked.index(place)]
        else:
            ranked.remove(place)
    if best is None:
        best = min(ranked, key=_bounds(task, measured, way.verified[-1]).__getitem__)
    return best, len(measured)


@cache
def _measured(task: Task, seed: int, count: int) -> tuple[int, ...]:
    """Numbers of the architectures that are measured before the search."""
    offered = generator("latency_search", seed).choice(len(task.archs), _OFFERED, replace=False)
    picked = task.prior.choose(count, [task.archs[place] for place in offered])
    number = {task.archs[place]: int(place) for place in offered}
    return tuple(number[arch] for arch in picked)


def _bounds(task: Task, measured: Sequence[int], share: float) -> Floats:
    """What latencies stay below with this probability, ``(N,)``."""
    adapted = task.prior.adapt([task.archs[place] for place in measured], task.latency[list(measured)])
    return adapted.quantile(task.archs, share)


def _trained(task: Task, bounds: Floats, budget: float, trainings: int, seed: int) -> list[Architecture]:
    """What was trained, best validation accuracy first."""
    # Where nothing is sure to be fast enough, what is fastest.
    budget = max(budget, float(bounds.min()))
    kept = np.flatnonzero(bounds <= budget)
    candidates = [task.archs[place] for place in kept]
    scores: dict[str, Any] = {name: column[kept] for name, column in task.scores.items()}
    algorithm = GaussianProcessSearch(task.space, candidates, scores, seed=seed)
    predicted = dict(zip(task.archs, bounds.tolist(), strict=True))
    keeps = LatencyBudget(predicted.__getitem__, budget)
    objective = TableObjective(task.table, task.seen.dataset, **task.seen.choice)
    found = run_search(task.space, algorithm, objective, trainings, keeps, batch=_BATCH, progress=False)
    return [one.arch for one in sorted(found.trained, key=lambda one: -one.values[0])]
