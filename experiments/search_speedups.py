"""How many trainings zero-cost warm-up and move save, on benchmarks' tables with scores of our own.

    python experiments/search_speedups.py --benchmark nasbench201 nb201_table.npz whole.sqlite cifar100 --target 73
    python experiments/search_speedups.py --benchmark nasbench201 nb201_table.npz whole.sqlite cifar100 --target 73 \
        --benchmark nasbench101 nb101_table.npz nb101.sqlite \
        --benchmark nasbench_macro macro_table.npz macro.sqlite \
        --benchmark transnasbench101_micro tnb101_micro_table.npz tnb_class_scene.sqlite
    python experiments/search_speedups.py --benchmark nasbench201 nb201_table.npz whole.sqlite cifar100 --target 73 \
        --trainings 60 --lines "ageing evolution" "ageing evolution + warm-up 3000" "pairwise predictor" \
        "pairwise predictor + warm-up 512"

A benchmark is a space, a table that ``zcnas convert`` made (``digits`` is the one that ships), scores that ``zcnas
sweep`` made, and data sets, by default all that the table has. The target is of the first; others get the value that as
large a share of their architectures reaches. Lines that need scores of the whole space are left out where only a sample
was scored. Those of the pairwise predictor take long, and are left out unless named.

Runs depend on their seeds alone, not on the number of workers. Finished ones are kept in the folder, and an interrupted
command goes on after them.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from _script import start
from _speedups_lines import BY_PROXY, LINES, PREDICTING, REPEATING, Line, lines_for
from _speedups_published import WHERE
from _speedups_report import Found, found_on, markdown, summary
from _speedups_runs import all_runs
from _speedups_setup import Source, setup_of, sha

from zcnas.errors import InputError


def main(arguments: Sequence[str] | None = None) -> None:
    """Searches, compares, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    count = _counted(options)
    sources = list(count)
    share = setup_of(sources[0]).share_of(options.target - 1e-6)
    if not share:
        raise InputError(f"--target: expected one that some of {sources[0].title} reach, got {options.target}")
    spaces = [source.space for source in sources]
    lines = {one: _lines(one, spaces.count(one.space) == 1, options.lines) for one in sources}
    pairs = [(source, line) for source, (several, _) in lines.items() for line in several]
    options.out.mkdir(parents=True, exist_ok=True)
    runs = all_runs(pairs, count, options.trainings, options.workers, options.out / "runs", not options.quiet)
    found = [
        found_on(source, share, {line: runs[source, line] for line in several}, left)
        for source, (several, left) in lines.items()
    ]
    _csv(options.out / "summary.csv", summary(found))
    text = markdown(found, share, _facts(given, sources), _pictures(options.out, found))
    (options.out / "report.md").write_text(text, encoding="utf-8")
    print(text)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--benchmark", action="append", nargs="+", required=True, metavar=("SPACE TABLE SCORES", "DATASET")
    )
    parser.add_argument("--target", type=float, required=True, help="of the first benchmark, in its unit")
    parser.add_argument("--lines", nargs="+", help="only these of the lines, by name")
    parser.add_argument("--runs", type=int, nargs="+", default=[100], help="of each line; one number a benchmark (100)")
    parser.add_argument("--trainings", type=int, default=300, help="of each run (300)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    parser.add_argument("--out", type=Path, default=Path("search_speedups"), help="folder for runs and report")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args(arguments)
    names = {line.name for line in (*LINES, REPEATING, *BY_PROXY, *PREDICTING)}
    if min(options.runs) < 1 or any(len(one) < 3 for one in options.benchmark) or not names >= set(options.lines or ()):
        parser.error(f"expected a run, a space with table and scores, and lines of {', '.join(sorted(names))}")
    return options


def _counted(options: argparse.Namespace) -> dict[Source, int]:
    """How many runs of each data set; the last number is of all further benchmarks."""
    numbers = [*options.runs, *options.runs[-1:] * len(options.benchmark)]
    return {one: number for given, number in zip(options.benchmark, numbers, strict=False) for one in _sources(given)}


def _sources(given: Sequence[str]) -> list[Source]:
    """One for each data set; without any, for all that the table has."""
    space, table, scores, *datasets = given
    first = Source(space, Path(table), Path(scores), "")
    names = datasets or dict.fromkeys(column.dataset for column in first.read().columns)
    return [replace(first, dataset=name) for name in names]


def _lines(source: Source, alone: bool, names: Sequence[str] | None) -> tuple[list[Line], list[str]]:
    """The paper's; on a benchmark with one data set also by other proxies, where there are scores."""
    setup = setup_of(source)
    others = [line for line in BY_PROXY if alone and line.score in setup.scores]
    released = [REPEATING] if (source.space, source.dataset) == WHERE else []
    usual = [*LINES, *released, *others]
    wanted = usual if names is None else [line for line in (*usual, *PREDICTING) if line.name in names]
    return lines_for(setup, wanted)


def _pictures(folder: Path, found: Sequence[Found]) -> dict[str, str]:
    """Names of files by space."""
    try:
        import _speedups_picture
    except ImportError as error:
        print(f"no pictures ({error}): pip install 'zcnas[plot]'")
        return {}
    spaces = dict.fromkeys(one.source.space for one in found)
    names = {space: f"anytime_{space}.png" for space in spaces}
    for space, name in names.items():
        _speedups_picture.draw([one for one in found if one.source.space == space], folder / name)
    return names


def _csv(path: Path, lines: Iterable[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def _facts(given: Sequence[str], sources: Sequence[Source]) -> dict[str, str]:
    versions = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "torch", "numpy"))
    files = dict.fromkeys(path for source in sources for path in source.files)
    return {
        "command": f"`{shlex.join(['python', 'experiments/search_speedups.py', *given])}`",
        "files": ", ".join(f"{path.name} (SHA-256 {sha(path)}...)" for path in files),
        "seeds": "0, 1, ... for the runs of every line",
        "versions": f"Python {platform.python_version()}, {versions}",
    }


if __name__ == "__main__":
    start(main)
