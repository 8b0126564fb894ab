"""How many networks must be trained to come close to the best there is, if a prior knows other benchmarks.

    python experiments/few_shot_search.py \
        --benchmark nasbench201 nb201_table.npz whole.sqlite few_shot/prior-without-nasbench201.safetensors \
        --benchmark nasbench101 nb101_table.npz nb101.sqlite few_shot/prior-without-nasbench101.safetensors \
        --benchmark transnasbench101_micro tnb101_micro_table.npz tnb_class_scene.sqlite \
            few_shot/prior-without-transnasbench101_micro.safetensors class_scene \
        --runs 50 --trainings 100 --workers 2

A benchmark is a space, a table that ``zcnas convert`` made (``digits`` is the one that ships), scores that ``zcnas
sweep`` made for the warm-up, a prior, and data sets, by default all that the table has. ``experiments/few_shot.py
--leave-out benchmark`` makes priors without one. One that was learned from a data set that is searched is refused; one
that knows its space from other data sets is named so.

Runs depend on their seeds alone, not on the number of workers. Finished ones are kept in the folder, and an interrupted
command goes on after them.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from _script import start
from _search_report import Compared, compared
from _search_runs import Run
from _speedups_lines import BY_PROXY, LINES, PREDICTING, Line, lines_for
from _speedups_runs import all_runs
from _speedups_setup import Source, setup_of, sha

from zcnas.cli.common import pairs
from zcnas.errors import InputError
from zcnas.predictors import Prior

OTHERS = {line.name: line for line in (*LINES, *BY_PROXY, *PREDICTING)}
USUAL = ("ageing evolution + warm-up 3000", "pairwise predictor")
FEW_SHOT = "few-shot"
MARKS = (5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class PriorFile:
    """A path that is told by what is in the file, so that runs with another prior are other runs."""

    path: Path

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"prior {sha(self.path)}"


@dataclass(frozen=True, slots=True)
class Found:
    """What all lines come to on one data set.

    Attributes:
        source: Which it is.
        target: What is to be reached.
        lines: Against it.
    """

    source: Source
    target: float
    lines: list[Compared]


def main(arguments: Sequence[str] | None = None) -> None:
    """Searches, compares, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    priors = {one: PriorFile(Path(several[3])) for several in options.benchmark for one in _sources(several)}
    lines = {one: _lines(one, prior, options) for one, prior in priors.items()}
    options.out.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys(priors, options.runs)
    wanted = [(source, line) for source, several in lines.items() for line in several]
    runs = all_runs(wanted, counts, options.trainings, options.workers, options.out / "runs", not options.quiet)
    found = [_compared(source, {line: runs[source, line] for line in lines[source]}, options) for source in lines]
    _csv(options.out / "summary.csv", _summary(found))
    text = "\n".join([*_markdown(found, _facts(given, priors), options.within), ""])
    (options.out / "report.md").write_text(text, encoding="utf-8")
    print(text)


def _sources(given: Sequence[str]) -> list[Source]:
    """One for each data set; without any, for all that the table has."""
    space, table, scores, _, *datasets = given
    first = Source(space, Path(table), Path(scores), "")
    names = datasets or dict.fromkeys(column.dataset for column in first.read().columns)
    return [replace(first, dataset=name) for name in names]


def _lines(source: Source, prior: PriorFile, options: argparse.Namespace) -> list[Line]:
    setup = setup_of(source)
    if setup.task.judged.column.unit != "%":
        raise InputError(f"{source.title}: expected a column in %, got {setup.task.judged.column.title}; leave it out")
    known, left = lines_for(setup, [OTHERS[name] for name in options.lines])
    if left:
        raise InputError(f"{source.title}: expected scores for {', '.join(left)}; leave them out by --lines")
    told = (("prior", prior), *pairs(options.few_shot).items())
    return [Line(_name(source, prior), "few_shot", told, main=True), *known]


def _name(source: Source, prior: PriorFile) -> str:
    """Says whether the prior knew the space."""
    tasks = [task.split("/") for task in Prior.load(prior).tasks]
    if any(task[:2] == [source.space, source.dataset] for task in tasks):
        raise InputError(f"{prior.path}: expected a prior that was not learned from {source.title}; leave that out")
    return f"{FEW_SHOT}, space known" if any(task[0] == source.space for task in tasks) else FEW_SHOT


def _compared(source: Source, runs: Mapping[Line, list[Run]], options: argparse.Namespace) -> Found:
    task = setup_of(source).task
    target = task.optimum - options.within
    return Found(source, target, [compared(task, line.name, several, target) for line, several in runs.items()])


def _markdown(found: Sequence[Found], facts: Mapping[str, str], within: float) -> Iterator[str]:
    yield from ["# Trained networks until close to the best", ""]
    yield from (f"- {name}: {value}" for name, value in facts.items())
    yield f"- target: {within:g} points below the best there is; trainings are medians with quartiles over runs"
    yield "- 'honest' is the network that was best by what the algorithm saw, else the best of all that were trained"
    for one in found:
        task = setup_of(one.source).task
        yield from ["", f"## {one.source.title}", ""]
        yield f"Seen: {task.seen.column.title}; judged: {task.judged.column.title}; best there is: {task.optimum:.2f}; "
        yield f"of the best by what is seen: {task.ceiling:.2f}."
        yield from ["", *_table(one)]


def _table(one: Found) -> Iterator[str]:
    marks = [mark for mark in MARKS if mark <= max(len(line.best.mean) for line in one.lines)]
    head = ["line", f"trainings to {one.target:.2f}", "mean curve", "honestly", *(f"best of {mark}" for mark in marks)]
    for row in (head, ["---"] * len(head), *(_cells(line, marks) for line in one.lines)):
        yield f"| {' | '.join(row)} |"


def _cells(line: Compared, marks: Sequence[int]) -> list[str]:
    places = [min(mark, len(line.best.mean)) - 1 for mark in marks]
    halves = [(line.best.high[place] - line.best.low[place]) / 2 for place in places]
    bests = [f"{line.best.mean[place]:.2f} \u00b1 {half:.2f}" for place, half in zip(places, halves, strict=True)]
    return [line.name, str(line.reach), f"{line.crossing:g}", str(line.reach_honestly), *bests]


def _summary(found: Sequence[Found]) -> Iterator[list[object]]:
    yield ["benchmark", "dataset", "line", "runs", "target", "median", "lower", "upper", "reached", "crossing"]
    for one in found:
        for line in one.lines:
            reach = line.reach
            assert reach is not None
            numbers = [reach.median, reach.lower, reach.upper, reach.reached, line.crossing]
            yield [one.source.space, one.source.dataset, line.name, line.runs, one.target, *numbers]


def _facts(given: Sequence[str], priors: Mapping[Source, PriorFile]) -> dict[str, str]:
    versions = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "torch", "numpy"))
    files = dict.fromkeys(path for source, prior in priors.items() for path in (*source.files, prior.path))
    return {
        "command": f"`{shlex.join(['python', 'experiments/few_shot_search.py', *given])}`",
        "files": ", ".join(f"{path.name} (SHA-256 {sha(path)}...)" for path in files),
        "seeds": "0, 1, ... for the runs of every line",
        "versions": f"Python {platform.python_version()}, {versions}",
    }


def _csv(path: Path, lines: Iterable[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--benchmark", action="append", nargs="+", required=True, metavar=("SPACE TABLE SCORES PRIOR", "DATASET")
    )
    parser.add_argument("--within", type=float, default=0.2, help="points of the best there is (0.2)")
    parser.add_argument("--lines", nargs="*", choices=OTHERS, default=USUAL, help="beside few-shot (the usual two)")
    parser.add_argument("--few-shot", nargs="+", default=[], metavar="NAME=VALUE", help="options of its search")
    parser.add_argument("--runs", type=int, default=50, help="of each line (50)")
    parser.add_argument("--trainings", type=int, default=100, help="of each run (100)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    parser.add_argument("--out", type=Path, default=Path("few_shot_search"), help="folder for runs and report")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args(arguments)
    if options.runs < 1 or any(len(one) < 4 for one in options.benchmark):
        parser.error("expected a run, and benchmarks of a space with table, scores and prior")
    return options


if __name__ == "__main__":
    start(main)
