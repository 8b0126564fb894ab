"""A comparison of search algorithms, in numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from _search_runs import Floats, Run
from _search_task import Task

from zcnas.analysis import Band, Reach, band, reach, reached_at

_MARKS = (10, 20, 50, 100, 150, 200, 300, 500, 1000, 2000, 5000)
"""Numbers of trainings that are reported."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What runs of one algorithm come to.

    Attributes:
        name: Of the algorithm.
        runs: How many.
        best: The best judged among all that was trained, as papers count.
        honest: What is judged of the one that is best by what was seen.
        reach: Trainings until ``best`` is at the target.
        reach_honestly: Likewise ``honest``.
        crossing: Where the mean of ``best`` crosses the target.
        seconds: Of training in a run, on average.
    """

    name: str
    runs: int
    best: Band
    honest: Band
    reach: Reach | None
    reach_honestly: Reach | None
    crossing: float
    seconds: float


def compared(task: Task, name: str, runs: Sequence[Run], target: float | None) -> Compared:
    """Joins the runs of one algorithm; those that trained nothing have empty curves, and never reach the target."""
    best, honest = [run.best(task) for run in runs], [run.honest(task) for run in runs]
    mean = _band(best)
    crossing = math.inf if target is None else reached_at(task.sign * mean.mean, task.sign * target)
    seconds = float(np.mean([sum(run.seconds) for run in runs]))
    reached = [_reach(task, lines, target) for lines in (best, honest)]
    return Compared(name, len(runs), mean, _band(honest), *reached, crossing, seconds)


def _band(lines: Sequence[Floats]) -> Band:
    return band([line if len(line) else [math.nan] for line in lines])


def _reach(task: Task, lines: Sequence[Floats], target: float | None) -> Reach | None:
    return None if target is None else reach([task.sign * line for line in lines], task.sign * target)


def markdown(
    task: Task, found: Sequence[Compared], target: float | None, facts: dict[str, str], pictures: Sequence[str]
) -> str:
    """The report."""
    column = task.judged.column
    lines = [f"# Searches of {task.space.name}: {column.title}", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += [f"- algorithms are told: {task.seen.column.title}"]
    if not math.isnan(task.optimum):
        lines += [f"- the best there is: {task.optimum:.2f}; of the best by what is told: {task.ceiling:.2f}"]
    lines += ["", *(f"![Best so far over trainings]({name})" for name in pictures), ""]
    lines += ["## Best among the trained", "", "As papers count; mean over runs, and 95 % interval of the mean.", ""]
    lines += _table(_marked(found, honest=False))
    lines += ["", "## Of the one that is best by what was told", "", "What somebody gets who does not look.", ""]
    lines += _table(_marked(found, honest=True))
    if not math.isnan(task.optimum):
        lines += ["", "## Regret after the last training", "", *_table(_regrets(task, found))]
    if target is not None:
        lines += ["", f"## Trainings until {target:g}", "", _CENSORED, "", *_table(_reached(found))]
    return "\n".join([*lines, ""])


_CENSORED = (
    "Median and quartiles over runs; a run that ended before counts as infinitely many. The mean curve crosses the "
    "target where the mean over runs is there, which is what some papers report."
)


def marks(length: int) -> list[int]:
    """Numbers of trainings to report of curves of this length."""
    return [*(mark for mark in _MARKS if mark < length), length]


def _longest(found: Sequence[Compared]) -> int:
    return max(len(one.best.mean) for one in found)


def _marked(found: Sequence[Compared], *, honest: bool) -> Iterator[list[str]]:
    shown = marks(_longest(found))
    yield ["algorithm", "runs", *map(str, shown), "seconds of training"]
    for one in found:
        curve = one.honest if honest else one.best
        cells = [_cell(curve, min(mark, len(curve.mean)) - 1) for mark in shown]
        yield [one.name, str(one.runs), *cells, f"{one.seconds:.0f}"]


def _cell(curve: Band, place: int) -> str:
    half = (curve.high - curve.low)[place] / 2
    return f"{curve.mean[place]:.2f}" + ("" if math.isnan(half) else f" ± {half:.2f}")


def _regrets(task: Task, found: Sequence[Compared]) -> Iterator[list[str]]:
    yield ["algorithm", "best among the trained", "best by what was told"]
    for one in found:
        ends = (one.best.mean[-1], one.honest.mean[-1])
        yield [one.name, *(f"{task.sign * (task.optimum - end):.2f}" for end in ends)]


def _reached(found: Sequence[Compared]) -> Iterator[list[str]]:
    yield ["algorithm", "best among the trained", "best by what was told", "mean curve crosses at"]
    for one in found:
        yield [one.name, str(one.reach), str(one.reach_honestly), f"{one.crossing:g}"]


def curves(found: Sequence[Compared]) -> Iterator[list[object]]:
    """All any-time curves."""
    ends = ("mean", "low", "high")
    yield ["algorithm", "training", *(f"best_{end}" for end in ends), *(f"honest_{end}" for end in ends), "runs"]
    for one in found:
        for place in range(len(one.best.mean)):
            numbers = [getattr(line, end)[place] for line in (one.best, one.honest) for end in ends]
            yield [one.name, place + 1, *numbers, int(one.best.runs[place])]


def _table(rows: Iterator[list[str]]) -> list[str]:
    head, *others = rows
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *others]]
