"""Searches of NAS-Bench-201 with few trainings, each of which is kept when it is finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _beyond_scores import SPACE, Floats
from tqdm import tqdm

from zcnas.algorithm import SearchAlgorithm
from zcnas.journal import Journal
from zcnas.objectives import Lookup, TableObjective
from zcnas.rank import rank_sum
from zcnas.search import GaussianProcessSearch, RandomSearch, RegularizedEvolution, RoBoT, WarmUp
from zcnas.space import Architecture
from zcnas.study import run_search
from zcnas.table import Table

WARM = 3000
"""Architectures that a warm-up scores."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What searches may know beforehand.

    Attributes:
        archs: All architectures.
        proxies: Zero-cost proxies, by name, of every architecture.
        tasks: What TransNAS-Bench-101 says of each, by task.
    """

    archs: Sequence[Architecture]
    proxies: Mapping[str, Floats]
    tasks: Mapping[str, Floats]

    @property
    def both(self) -> dict[str, Floats]:
        """Proxies and tasks."""
        return {**self.proxies, **self.tasks}


def _evolution(known: Known, seed: int) -> SearchAlgorithm:
    """A population of half of the trainings."""
    score = dict(zip(known.archs, rank_sum(known.proxies).tolist(), strict=True))
    algorithm = RegularizedEvolution(SPACE, population=10, tournament=5, seed=seed)
    return WarmUp(algorithm, SPACE, score, WARM, seed=seed)


def _unlike(known: Known, seed: int) -> SearchAlgorithm:
    nothing = {"nothing": np.zeros(len(known.archs))}
    return GaussianProcessSearch(SPACE, known.archs, nothing, share=1.0, seed=seed)


def _ours(
    columns: Callable[[Known], Mapping[str, Floats]], **settings: float
) -> Callable[[Known, int], SearchAlgorithm]:
    return lambda known, seed: GaussianProcessSearch(SPACE, known.archs, columns(known), seed=seed, **settings)


OURS = "gaussian_process: proxies and tasks"
MAKERS: Mapping[str, Callable[[Known, int], SearchAlgorithm]] = {
    "random": lambda _, seed: RandomSearch(SPACE, seed=seed),
    "regularized_evolution, warmed up by proxies": _evolution,
    "robot: proxies": lambda known, seed: RoBoT(SPACE, known.archs, known.proxies, seed=seed),
    "robot: proxies and tasks": lambda known, seed: RoBoT(SPACE, known.archs, known.both, seed=seed),
    OURS: _ours(lambda known: known.both),
    "... tasks alone": _ours(lambda known: known.tasks),
    "... proxies alone": _ours(lambda known: known.proxies),
    "... neither: genes alone": _unlike,
    "... both, without trend": _ours(lambda known: known.both, trend=0.0),
}


def all_runs(
    known: Known, table: Table, names: Sequence[str], datasets: Sequence[str], runs: int, trainings: int, folder: Path
) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """By algorithm and data set, of every run: best test accuracy, and that of the best validation accuracy."""
    journal = Journal(folder / "runs.jsonl", {"trainings": trainings, "scores": sorted(known.both)})
    every = [(name, dataset, seed) for name in names for dataset in datasets for seed in range(runs)]
    for name, dataset, seed in tqdm(every, unit=" searches", disable=None):
        if (key := f"{name} {dataset} {seed}") not in journal:
            journal.add(key, _searched(table, dataset, MAKERS[name](known, seed), trainings))
    return {
        (name, dataset): [tuple(journal[f"{name} {dataset} {seed}"][:2]) for seed in range(runs)]
        for name in names
        for dataset in datasets
    }


def judged(table: Table, dataset: str) -> Lookup:
    """What results are reported in: the benchmark's published test accuracy after 200 epochs."""
    return Lookup(table, dataset, split="test", metric="accuracy", epochs=200, seed="published")


def _searched(table: Table, dataset: str, algorithm: SearchAlgorithm, trainings: int) -> list[object]:
    objective = TableObjective(table, dataset, metric="accuracy", epochs=200)
    look = {"judged": judged(table, dataset)}
    found = run_search(SPACE, algorithm, objective, trainings, observe=look, progress=False)
    tests = found.column("judged")
    keys = [one.arch.key for one in found.trained]
    return [float(tests.max()), float(tests[np.argmax(found.column())]), keys]
