"""Runs of all lines on all benchmarks, by several processes; what is finished is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _search_runs import Run
from _speedups_lines import Line
from _speedups_released import NAME, trained
from _speedups_setup import Source, setup_of
from tqdm import tqdm

from zcnas import workers as pool
from zcnas.journal import Journal
from zcnas.provenance import versions
from zcnas.study import run_search

_TOGETHER = 10
"""Runs that are one piece of work."""


@dataclass(frozen=True, slots=True)
class Job:
    """Some runs of one line."""

    source: Source
    line: Line
    seeds: range
    trainings: int

    @property
    def key(self) -> str:
        """Says all that the runs depend on, but for files."""
        return f"{self.source.title}: {self.line!r}, seeds {self.seeds.start} to {self.seeds.stop - 1}"


def all_runs(
    pairs: Sequence[tuple[Source, Line]],
    runs: Mapping[Source, int],
    trainings: int,
    workers: int,
    folder: Path,
    progress: bool,
) -> dict[tuple[Source, Line], list[Run]]:
    """Every line's runs, whose seeds are 0, 1, ...; those that the folder has are not done again."""
    jobs = {pair: list(_jobs(*pair, runs[pair[0]], trainings)) for pair in pairs}
    journals = {source: _journal(source, trainings, folder) for source, _ in pairs}
    left = [job for several in jobs.values() for job in several if job.key not in journals[job.source]]
    bar = tqdm(total=len(left) * _TOGETHER, unit=" searches", disable=None if progress else True)
    with bar:
        for job, found in pool.run(searched, left, workers) if workers > 1 else pool.here(searched, left):
            if isinstance(found, pool.WorkerDied):
                raise MemoryError(str(found))
            journals[job.source].add(job.key, found)
            bar.update(_TOGETHER)
    return {
        pair: [_run(one) for job in several for one in journals[job.source][job.key]] for pair, several in jobs.items()
    }


def _journal(source: Source, trainings: int, folder: Path) -> Journal:
    settings = {**source.settings(), "trainings": trainings, "versions": versions()}
    return Journal(folder / f"{source.title.replace(' ', '_')}.jsonl", settings)


def _jobs(source: Source, line: Line, runs: int, trainings: int) -> Iterator[Job]:
    for first in range(0, runs, _TOGETHER):
        yield Job(source, line, range(first, min(first + _TOGETHER, runs)), trainings)


def searched(job: Job) -> list[list[list[float]]]:
    """For each seed what was seen, and what is judged, of all trained networks in order."""
    setup = setup_of(job.source)
    return [_searched(job, setup.task.judged, seed) for seed in job.seeds]


def _searched(job: Job, judged: Any, seed: int) -> list[list[float]]:
    setup = setup_of(job.source)
    if job.line.algorithm == NAME:
        return trained(setup, seed, job.trainings)
    found = run_search(
        setup.space,
        job.line.make(setup, seed),
        setup.task.objective,
        job.trainings,
        observe={"judged": judged},
        progress=False,
    )
    return [found.column().tolist(), found.column("judged").tolist()]


def _run(found: list[list[float]]) -> Run:
    seen, judged = found
    return Run([], seen, judged, [0.0] * len(seen), "")
