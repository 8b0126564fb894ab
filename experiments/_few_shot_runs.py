"""Few-shot predictors on settings that were left out, by several processes; what is finished is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _few_shot_methods import LEARNED, METHODS, SCRATCH, Given
from _few_shot_settings import BENCHMARKS, NEW, tasks
from scipy.stats import kendalltau, rankdata, spearmanr
from tqdm import tqdm

from zcnas import workers as pool
from zcnas.journal import Journal
from zcnas.predictors.meta import Task, rank_correlations
from zcnas.provenance import versions
from zcnas.seeding import generator

LEAVE_OUT = ("setting", "benchmark", "nothing")
"""What a prior does not know of the task that is predicted. Without nothing, tasks are new ones."""


class Row(NamedTuple):
    """One draw of examples.

    Attributes:
        left_out: Of :data:`LEAVE_OUT`.
        setting: A task's name.
        method: Of :data:`~_few_shot_methods.METHODS`.
        support: How many examples.
        draw: Which.
        spearman: Over all architectures of the setting, those learned from included.
        kendall: Likewise, tau-b.
        best: What the architecture of the best prediction is worth.
        share: The share of architectures that are worth no more than that one.
    """

    left_out: str
    setting: str
    method: str
    support: int
    draw: int
    spearman: float
    kendall: float
    best: float
    share: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What all runs depend on.

    Attributes:
        data: Folder of the published files.
        out: Folder for what is learned.
        spaces: Of :data:`~_few_shot_settings.BENCHMARKS`.
        most: Architectures of a space.
        steps: Of meta-training.
        seed: Of meta-training.
        draws: Of examples.
    """

    data: Path
    out: Path
    spaces: tuple[str, ...]
    most: int
    steps: int
    seed: int
    draws: int

    def facts(self) -> dict[str, Any]:
        """All but folders, as plain JSON."""
        told = {"most": self.most, "steps": self.steps, "seed": self.seed, "draws": self.draws, "versions": versions()}
        # Told where some are left out only, as in folders of old.
        return told if {*self.spaces} == {*BENCHMARKS} else {**told, "spaces": sorted(self.spaces)}

    def known(self) -> tuple[Task, ...]:
        """All that may be learned from, read once by each process."""
        return _tasks(self.data, self.spaces, self.most)

    def asked(self, left_out: str) -> tuple[Task, ...]:
        """Tasks to be predicted."""
        return _tasks(self.data, tuple(NEW), self.most, new=True) if left_out == "nothing" else self.known()

    def others(self, left_out: str, task: Task) -> list[Task]:
        """What is learned from."""
        whole = left_out == "benchmark"
        return [one for one in self.known() if one is not task and not (whole and one.space.name == task.space.name)]

    def left(self, left_out: str, task: Task) -> str:
        """What nothing was learned from: a task, or a space. Of spaces with one task both are the same."""
        if left_out == "nothing":
            return left_out
        single = [one.space.name for one in self.known()].count(task.space.name) == 1
        return task.space.name if single or left_out == "benchmark" else task.name

    def path(self, method: str, left_out: str, task: Task) -> Path:
        """Of what a method learned before."""
        left = self.left(left_out, task).replace("/", "-")
        return self.out / f"{method.replace(' ', '-')}-without-{left}.safetensors"


@dataclass(frozen=True, slots=True)
class Job:
    """All draws of one number of examples; or, with a negative number, what has to be learned before."""

    plan: Plan
    left_out: str
    setting: str
    method: str
    support: int

    @property
    def key(self) -> str:
        """In the journal."""
        # What learns from scratch does not know what was left out.
        left = "" if self.method in SCRATCH else f"without {self.plan.left(self.left_out, self.task())}, "
        return f"{self.setting}, {left}{self.method}, {self.support} examples"

    def task(self) -> Task:
        """The one to be predicted."""
        return next(task for task in self.plan.asked(self.left_out) if task.name == self.setting)


def all_rows(
    plan: Plan,
    settings: Sequence[tuple[str, str]],
    methods: Sequence[str],
    supports: Sequence[int],
    *,
    workers: int,
    progress: bool,
) -> list[Row]:
    """Every row, those that the folder has included, in the order of the arguments; settings with what is left out."""
    # First of all, since it refuses a folder whose priors were learned otherwise.
    journal = Journal(plan.out / "runs.jsonl", plan.facts())
    grid = [(*setting, method) for setting in settings for method in methods]
    _learn([Job(plan, *one, -1) for one in grid if one[-1] in LEARNED], workers, progress)
    jobs = [Job(plan, *one, support) for one in grid for support in supports]
    missing = {job.key: job for job in jobs if job.key not in journal}
    for job, found in _done(judged, missing.values(), workers, progress, "predicting"):
        journal.add(job.key, found)
    return [
        Row(job.left_out, job.setting, job.method, job.support, draw, *one)
        for job in jobs
        for draw, one in enumerate(journal[job.key])
    ]


def _learn(jobs: Iterable[Job], workers: int, progress: bool) -> None:
    missing: dict[Path, Job] = {}
    for job in jobs:
        path = job.plan.path(job.method, job.left_out, job.task())
        if not path.exists():
            missing[path] = job
    for _ in _done(learned, missing.values(), workers, progress, "learning over tasks"):
        pass


def _done(
    function: Any, jobs: Iterable[Job], workers: int, progress: bool, told: str
) -> Iterator[tuple[Job, list[list[float]]]]:
    left = list(jobs)
    with tqdm(total=len(left), desc=told, disable=None if progress else True) as bar:
        for job, found in pool.run(function, left, workers) if workers > 1 else pool.here(function, left):
            if isinstance(found, pool.WorkerDied):
                raise MemoryError(str(found))
            yield job, found
            bar.update()


def learned(job: Job) -> None:
    """Writes the file that a method needs."""
    plan, task = job.plan, job.task()
    path = plan.path(job.method, job.left_out, task)
    LEARNED[job.method](plan.others(job.left_out, task), plan.steps, plan.seed, path)


def judged(job: Job) -> list[list[float]]:
    """For each draw Spearman, Kendall's tau-b, the top pick's value and its share; nothing where a method has none.

    Where all predictions are equal, correlations are 0, and any architecture is the pick.
    """
    plan, task = job.plan, job.task()
    files = {method: plan.path(method, job.left_out, task) for method in LEARNED}
    predict = METHODS[job.method](Given(task, plan.others(job.left_out, task), files))
    found = []
    for draw in range(plan.draws if job.support else 1):
        rng = generator("few_shot", task.name, job.support, draw)
        predicted = predict(rng.choice(len(task.archs), job.support, replace=False), draw)
        if predicted is not None:
            found.append(_judged(predicted, task))
    return found


def _judged(predicted: np.ndarray, task: Task) -> list[float]:
    ranks, top = rankdata(task.values, method="max") / len(predicted), int(predicted.argmax())
    # NaN would make means NaN.
    if np.ptp(predicted) == 0:
        return [0.0, 0.0, float(task.values.mean()), float(ranks.mean())]
    together = spearmanr(predicted, task.values).statistic, kendalltau(predicted, task.values).statistic
    return [float(one) for one in (*together, task.values[top], ranks[top])]


def shift(plan: Plan, left_out: str, setting: str) -> float:
    """The rank correlation with the most similar task that was learned from; NaN where none shares architectures."""
    task = next(one for one in plan.asked(left_out) if one.name == setting)
    alike = [one for one in plan.others(left_out, task) if one.space.name == task.space.name]
    found = [rank_correlations([task, other])[0, 1] for other in alike]
    return float(np.nanmax(found)) if np.isfinite(found).any() else float("nan")


@cache
def _tasks(data: Path, spaces: tuple[str, ...], most: int, *, new: bool = False) -> tuple[Task, ...]:
    benchmarks = {name: one for name, one in (NEW if new else BENCHMARKS).items() if name in spaces}
    with tempfile.TemporaryDirectory() as folder:
        return tuple(tasks(benchmarks, data, Path(folder), most=most))
