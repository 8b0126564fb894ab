"""Searches for fronts, each of which is kept when it is finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from _front_task import SPACE, Floats, Task
from tqdm import tqdm

from zcnas.algorithm import SearchAlgorithm
from zcnas.analysis import front
from zcnas.journal import Journal
from zcnas.objectives import TableObjective
from zcnas.objectives.describe import of_column
from zcnas.rank import rank_sum
from zcnas.search import NSGA2, GaussianFrontSearch, RandomSearch, WarmUp
from zcnas.space import Architecture
from zcnas.study import run_search

POPULATION = 20
"""Of NSGA-II: five generations of a hundred trainings."""
WARM = 3000
"""Architectures that a warm-up scores."""

_FRONTS = 30
"""That are told apart: they hold hundreds of any 3000."""

Make = Callable[[Task, int], SearchAlgorithm]


def all_runs(
    chosen: Sequence[Task], names: Sequence[str], runs: int, trainings: int, batch: int, folder: Path
) -> dict[tuple[str, str], list[list[Architecture]]]:
    """What was trained, by device and algorithm; runs that the folder has are not done again."""
    journal = Journal(folder / "runs.jsonl", _settings(chosen[0], trainings, batch))
    every = [(task, name, seed) for task in chosen for name in names for seed in range(runs)]
    for task, name, seed in tqdm(every, unit=" searches", disable=None):
        if (key := f"{task.device} {name} {seed}") not in journal:
            journal.add(key, _searched(task, MAKERS[name](task, seed), trainings, batch))
    keys = {arch.key: arch for arch in chosen[0].archs}
    return {
        (task.device, name): [[keys[one] for one in journal[f"{task.device} {name} {seed}"]] for seed in range(runs)]
        for task in chosen
        for name in names
    }


def _settings(task: Task, trainings: int, batch: int) -> dict[str, Any]:
    columns = [of_column(look.table, look.column.dataset, look.column.choice) for look in (task.seen, task.judged)]
    return {"columns": columns, "proxies": sorted(task.scores), "trainings": trainings, "batch": batch}


def _searched(task: Task, algorithm: SearchAlgorithm, trainings: int, batch: int) -> list[str]:
    parts = [
        TableObjective(look.table, look.column.dataset, **look.column.choice) for look in (task.seen, task.latency)
    ]
    if isinstance(algorithm, RandomSearch):  # takes one
        parts = parts[:1]
    found = run_search(SPACE, algorithm, parts, trainings, batch=batch, progress=False)
    return [one.arch.key for one in found.trained]


def _warm(task: Task, seed: int) -> SearchAlgorithm:
    algorithm = NSGA2(SPACE, population=POPULATION, seed=seed)
    return WarmUp(algorithm, SPACE, _peeled(task), WARM, seed=seed)


@cache
def _peeled(task: Task) -> Mapping[Architecture, float]:
    """Minus the number of fronts, of mean rank by proxies and latency, that must be taken away before this one."""
    left = np.arange(len(task.archs))
    points = np.column_stack([rank_sum(task.scores), -_costs(task)])
    depth = np.full(len(left), _FRONTS)
    for number in range(_FRONTS):
        outer = front(points[left])
        depth[left[outer]] = number
        left = left[~outer]
    return dict(zip(task.archs, map(float, -depth), strict=True))


def _ours(task: Task, seed: int) -> SearchAlgorithm:
    return GaussianFrontSearch(SPACE, task.archs, task.scores, _costs(task), seed=seed)


def _without_proxies(task: Task, seed: int) -> SearchAlgorithm:
    """All proxies say the same, which is nothing."""
    nothing = {"none": np.zeros(len(task.archs))}
    return GaussianFrontSearch(SPACE, task.archs, nothing, _costs(task), share=1.0, seed=seed)


@cache
def _costs(task: Task) -> Floats:
    return np.array([task.latency(arch) for arch in task.archs])


MAKERS: Mapping[str, Make] = {
    "random": lambda _, seed: RandomSearch(SPACE, seed=seed),
    "nsga2": lambda _, seed: NSGA2(SPACE, population=POPULATION, seed=seed),
    "nsga2, warmed up": _warm,
    "gaussian_front, no proxies": _without_proxies,
    "gaussian_front": _ours,
}
