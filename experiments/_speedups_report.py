"""What speed-ups come to, in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from _search_report import Compared, compared
from _search_runs import Run
from _speedups_lines import Line
from _speedups_published import CROSSINGS, CURVES, SOURCE, TRAININGS, WHERE
from _speedups_setup import Setup, Source, setup_of
from scipy.stats import rankdata

from zcnas.analysis import Band, Reach, reached_at

MARKS = (10, 20, 50, 100, 200, 300)
"""Numbers of trainings that are reported."""
_MIDDLE = 100
_ROUNDING = 1e-6
"""Recorded means of 73.0 are stored as 72.99999995."""


@dataclass(frozen=True, slots=True)
class Found:
    """What all lines come to on one data set.

    Attributes:
        source: Which it is.
        setup: The same, read.
        target: Which few architectures reach.
        easier: Which ten times as many reach.
        lines: Against the target.
        easily: The same against the easier target.
        main: Names of lines for pictures of several data sets.
        left_out: Lines for which scores are missing.
    """

    source: Source
    setup: Setup
    target: float
    easier: float
    lines: list[Compared]
    easily: list[Compared]
    main: set[str]
    left_out: list[str]

    @property
    def published(self) -> bool:
        """Whether there are published figures."""
        return (self.source.space, self.source.dataset) == WHERE

    @property
    def honest(self) -> bool:
        """Whether what is judged differs from what is seen."""
        return self.setup.task.seen.column != self.setup.task.judged.column

    def told(self, number: float) -> str:
        """A number with as many digits as its unit is worth."""
        return f"{number:.2f}" if self.setup.task.judged.column.unit == "%" else f"{number:.4f}"


def found_on(source: Source, share: float, runs: dict[Line, list[Run]], left: list[str]) -> Found:
    """Compares the lines of one data set; ``share`` of all architectures reach the target."""
    setup = setup_of(source)
    targets = [setup.exceeded_by(share), setup.exceeded_by(10 * share)]
    lines, easily = (
        [compared(setup.task, line.name, several, target - _ROUNDING) for line, several in runs.items()]
        for target in targets
    )
    main = {line.name for line in runs if line.main}
    return Found(source, setup, *targets, lines, easily, main, left)


def markdown(found: Sequence[Found], share: float, facts: dict[str, str], pictures: dict[str, str]) -> str:
    """The report."""
    lines = ["# What zero-cost warm-up and move save", "", *(f"- {name}: {value}" for name, value in facts.items())]
    lines += [f"- {text}" for text in _rules(share)]
    for space in dict.fromkeys(one.source.space for one in found):
        there = [one for one in found if one.source.space == space]
        lines += ["", f"## {space}", "", *(f"- {text}" for text in _about(there))]
        if space in pictures:
            lines += ["", f"![Best so far over trained networks]({pictures[space]})"]
        for table in _single(there[0]) if len(there) == 1 else _several(there):
            lines += ["", *table]
    return "\n".join([*lines, ""])


def _rules(share: float) -> Iterator[str]:
    yield (
        "counted as papers count: the best of what is judged among the networks trained so far; 'honest' is what is "
        "judged of the one that was best by what the algorithm saw"
    )
    yield (
        f"targets: on the first benchmark as given; on the others the value that as large a share of all "
        f"architectures reaches, {100 * share:.3f} % (rounded up to whole architectures), and a second one that ten "
        "times as many reach"
    )
    yield (
        "trainings to a target are medians with quartiles over runs; a run that never got there counts as infinitely "
        "many. Where a mean curve crosses is what the paper reports"
    )
    yield "no network is trained twice in a run, while in the released notebook repetitions are trained and counted"


def _about(found: Sequence[Found]) -> Iterator[str]:
    for one in found:
        task = one.setup.task
        yield (
            f"{one.source.dataset}: seen is {task.seen.column.title}; judged is "
            f"{task.judged.column.title if one.honest else 'the same: searches see what they are judged by'}; best "
            f"there is {one.told(task.optimum)}, of the best by what is seen {one.told(task.ceiling)}; targets "
            f"{one.told(one.target)} and {one.told(one.easier)}"
        )
    space, scored = found[0].setup.space, max(map(len, found[0].setup.scores.values()))
    if scored < space.size:
        yield (
            f"scores of {scored} of {space.size} architectures, drawn uniformly: a warm-up scores half of them, drawn "
            f"anew in every run, and begins with the best; left out, as they need scores of all: "
            f"{', '.join(found[0].left_out)}"
        )
    else:
        yield f"scores of all {scored} architectures"


def _single(one: Found) -> Iterator[list[str]]:
    yield _table(_reached(one))
    title = "Best among the trained: mean over runs, and 95 % interval of the mean" + _beside(one)
    yield _titled(title, _marked(one, honest=False))
    if one.honest:
        yield _titled("Honest: of the one that was best by what was seen", _marked(one, honest=True))


def _beside(one: Found) -> str:
    return f"; in brackets what was published ({SOURCE})" if one.published else ""


def _reached(one: Found) -> Iterator[list[str]]:
    head = ["line", "runs", f"to {one.told(one.target)}", "mean curve", *(["published"] if one.published else [])]
    honest = [f"honestly to {one.told(one.target)}", "honest mean curve"] if one.honest else []
    yield [*head, *honest, f"to {one.told(one.easier)}", "mean curve"]
    for line, easy in zip(one.lines, one.easily, strict=True):
        cells = [line.name, str(line.runs), _reach(line.reach), f"{line.crossing:g}"]
        cells += [CROSSINGS.get(line.name, "")] if one.published else []
        if one.honest:
            cells += [_reach(line.reach_honestly), f"{honest_crossing(one, line):g}"]
        yield [*cells, _reach(easy.reach), f"{easy.crossing:g}"]


def honest_crossing(one: Found, line: Compared) -> float:
    """Where the mean of the honest line is at the target for the first time; it may fall again."""
    return reached_at(line.honest.mean, one.target - _ROUNDING)


def _reach(found: Reach | None) -> str:
    if found is None:
        return ""
    share = "" if found.reached == found.runs else f", {found.reached} runs"
    return f"{found.median:g} [{found.lower:g}, {found.upper:g}]{share}"


def _marked(one: Found, *, honest: bool) -> Iterator[list[str]]:
    marks = _reached_marks(one)
    yield ["line", *map(str, marks)]
    for line in one.lines:
        curve = line.honest if honest else line.best
        cells = [f"{one.told(_at(curve, mark))} ± {one.told(_half(curve, mark))}" for mark in marks]
        if one.published and not honest and line.name in CURVES:
            printed = dict(zip(TRAININGS, CURVES[line.name], strict=True))
            beside = [f" ({printed[mark]:g})" if mark in printed else "" for mark in marks]
            cells = [cell + text for cell, text in zip(cells, beside, strict=True)]
        yield [line.name, *cells]


def _reached_marks(one: Found) -> list[int]:
    longest = max(len(line.best.mean) for line in one.lines)
    return [mark for mark in MARKS if mark <= longest]


def _at(curve: Band, mark: int) -> float:
    return float(curve.mean[min(mark, len(curve.mean)) - 1])


def _half(curve: Band, mark: int) -> float:
    place = min(mark, len(curve.mean)) - 1
    return float(curve.high[place] - curve.low[place]) / 2


def _several(found: Sequence[Found]) -> Iterator[list[str]]:
    yield _titled("Mean rank over data sets by the mean curve, 1 is best", _ranks(found))
    yield _titled("Trainings to the target", _matrix(found, easily=False))
    yield _titled("Trainings to the easier target", _matrix(found, easily=True))
    yield _titled(f"Best among the trained after {_MIDDLE} trainings, mean over runs", _values(found, _MIDDLE))


def mean_ranks(found: Sequence[Found], mark: int) -> dict[str, float]:
    """Of all lines, over data sets, by the mean best after so many trainings."""
    ranks = [rankdata([-round(_at(line.best, mark), 9) for line in one.lines]) for one in found]
    return dict(zip([line.name for line in found[0].lines], np.mean(ranks, axis=0).tolist(), strict=True))


def _ranks(found: Sequence[Found]) -> Iterator[list[str]]:
    marks = _reached_marks(found[0])
    columns = [mean_ranks(found, mark) for mark in marks]
    yield ["line", *(f"after {mark}" for mark in marks)]
    for name in columns[0]:
        yield [name, *(f"{column[name]:.2f}" for column in columns)]


def _matrix(found: Sequence[Found], *, easily: bool) -> Iterator[list[str]]:
    yield ["line", *(one.source.dataset for one in found)]
    for place, line in enumerate(found[0].lines):
        yield [line.name, *(_reach((one.easily if easily else one.lines)[place].reach) for one in found)]


def _values(found: Sequence[Found], mark: int) -> Iterator[list[str]]:
    yield ["line", *(one.source.dataset for one in found)]
    for place, line in enumerate(found[0].lines):
        yield [line.name, *(one.told(_at(one.lines[place].best, mark)) for one in found)]


def summary(found: Sequence[Found]) -> Iterator[list[object]]:
    """All figures, a row for each line on each data set."""
    ends = [
        f"{kind}_{end}" for kind in ("target", "honest", "easier") for end in ("median", "lower", "upper", "reached")
    ]
    values = [f"{kind}_at_{mark}" for kind in ("best", "honest") for mark in MARKS]
    yield [
        "benchmark",
        "dataset",
        "line",
        "runs",
        "target",
        "easier_target",
        *ends,
        "crossing",
        "honest_crossing",
        *values,
    ]
    for one in found:
        for line, easy in zip(one.lines, one.easily, strict=True):
            reaches = [line.reach, line.reach_honestly, easy.reach]
            numbers = [[r.median, r.lower, r.upper, r.reached] for r in reaches if r is not None]
            curves = [round(_at(curve, mark), 4) for curve in (line.best, line.honest) for mark in MARKS]
            known = [one.source.space, one.source.dataset, line.name, line.runs, one.target, one.easier]
            crossings = [line.crossing, honest_crossing(one, line)]
            yield [*known, *(number for several in numbers for number in several), *crossings, *curves]


def _titled(title: str, rows: Iterator[list[str]]) -> list[str]:
    return [f"{title}:", "", *_table(rows)]


def _table(rows: Iterator[list[str]]) -> list[str]:
    head, *others = rows
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *others]]
