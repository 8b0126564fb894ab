"""Runs of search algorithms, each of which is kept when it is finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _search_guides import Guides
from _search_task import Task
from tqdm import tqdm

from zcnas.analysis import best_so_far, chosen_so_far
from zcnas.journal import Journal
from zcnas.provenance import named
from zcnas.study import Budget, run_search

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run trained, in order; numbers in the columns' own units.

    Attributes:
        archs: Keys of architectures.
        seen: What the algorithm was told; NaN where there is none.
        judged: What it was not told.
        seconds: Of training.
        stopped: Why it ended.
    """

    archs: list[str]
    seen: list[float]
    judged: list[float]
    seconds: list[float]
    stopped: str

    def best(self, task: Task) -> Floats:
        """Any-time curve of the best judged among all that was trained, as papers count."""
        return task.sign * best_so_far(task.sign * np.array(self.judged))

    def honest(self, task: Task) -> Floats:
        """Any-time curve of what is judged of the one that is best by what was seen."""
        sign = 1 if task.seen.column.higher_is_better else -1
        return chosen_so_far(sign * np.array(self.seen), self.judged)


def all_runs(
    task: Task,
    names: Sequence[str],
    seeds: Sequence[int],
    budget: Budget,
    batch: int,
    guides: Guides,
    folder: Path,
    progress: bool,
) -> dict[str, list[Run]]:
    """Runs by algorithm; those that the folder has are not done again."""
    settings = {
        "space": named(task.space),
        "objective": task.objective.settings(),
        "judged": named(task.judged),
        "constraints": [one.settings() for one in task.constraints],
        "budget": repr(budget),
        "batch": batch,
        **guides.settings(),
    }
    journal = Journal(folder / "runs.jsonl", settings)
    bar = tqdm(total=len(names) * len(seeds), unit=" searches", disable=None if progress else True)
    with bar:
        for name, seed in ((name, seed) for name in names for seed in seeds):
            if (key := f"{name} {seed}") not in journal:
                journal.add(key, _searched(task, name, seed, budget, batch, guides))
            bar.update()
    return {name: [Run(**journal[f"{name} {seed}"]) for seed in seeds] for name in names}


def _searched(task: Task, name: str, seed: int, budget: Budget, batch: int, guides: Guides) -> dict[str, Any]:
    found = run_search(
        task.space,
        objective=task.objective,
        budget=budget,
        constraints=task.constraints,
        **guides.arguments(name, task.space),
        seed=seed,
        observe={"judged": task.judged},
        batch=batch,
        progress=False,
    )
    return {
        "archs": [one.arch.key for one in found.trained],
        "seen": found.column().tolist(),
        "judged": found.column("judged").tolist() if found.trained else [],
        "seconds": [one.seconds for one in found.trained],
        "stopped": found.stopped,
    }


def rows(runs: dict[str, list[Run]], seeds: Sequence[int]) -> Iterator[list[object]]:
    """A table of all trainings."""
    yield ["algorithm", "seed", "training", "architecture", "seen", "judged", "seconds"]
    for name, several in runs.items():
        for seed, run in zip(seeds, several, strict=True):
            columns = zip(run.archs, run.seen, run.judged, run.seconds, strict=True)
            for number, (arch, seen, judged, seconds) in enumerate(columns, start=1):
                yield [name, seed, number, arch, seen, judged, seconds]
