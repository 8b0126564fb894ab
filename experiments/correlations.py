"""How well scores rank what training gave, beside parameters, multiply-adds and published figures.

    make demo && .venv/bin/python experiments/correlations.py
    python experiments/correlations.py --scores scores.csv --table nb201_table.npz --dataset cifar10 cifar100

    python experiments/correlations.py --space nasbench_macro --scores macro.sqlite --table macro_table.npz

The first holds the scores that ``make demo`` wrote against the embedded digits benchmark. Scores are a store
of ``zcnas sweep``, or a table with the column ``arch`` and one for each proxy; see ``_correlations_scores.py``.
Tables are what ``zcnas convert`` writes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import platform
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from _correlations_markdown import markdown
from _correlations_report import BENCHMARKS, Findings, findings, rows, text, truth_of
from _correlations_scores import Networks, Scored, completed, read_scores, with_short_training

from zcnas.benchmarks import digits
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces import get, load_table
from zcnas.space import SearchSpace
from zcnas.table import Table


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads, correlates, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    space = get(options.space)
    table, networks = _benchmark(options.table, space)
    scored = with_short_training(completed(_scores(options, space), networks), table, options.trained)
    if scored.aside:
        print(f"left aside, as neither proxies nor declared by --higher or --lower: {', '.join(scored.aside)}\n")
    all_found = []
    for dataset in options.dataset or _datasets(table):
        truth = truth_of(table, dataset, scored, split=options.split, metric=options.metric, device=options.device)
        benchmark = BENCHMARKS.get(space.name, space.name)
        all_found.append(findings(scored, truth, options.top, options.bootstrap, options.seed, benchmark))
        print(text(all_found[-1]) + "\n")
    for path in _written(all_found, scored, _facts(options, given, networks), options.out):
        print(f"wrote {path}")


def _scores(options: argparse.Namespace, space: SearchSpace) -> Scored:
    return read_scores(
        options.scores, space=space, higher=options.higher, lower=options.lower, settings=options.settings
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scores", type=Path, default=Path("demo-output/scores.csv"))
    parser.add_argument("--settings", help="fingerprint of the scores, where a store has several settings")
    parser.add_argument("--space", default="nasbench201", help="of the architectures; see 'zcnas list spaces'")
    parser.add_argument("--table", type=Path, help="nb201_table.npz; by default the embedded digits benchmark")
    parser.add_argument("--dataset", nargs="+", help="of the table; by default all")
    parser.add_argument("--split", choices=["train", "val", "test"], help="of the accuracies; by default test")
    parser.add_argument("--metric", help="of the table; by default accuracy, or what there is")
    parser.add_argument("--device", help="of a measured latency or energy, where the table has several")
    parser.add_argument("--higher", nargs="+", default=[], help="columns besides proxies where higher is better")
    parser.add_argument("--lower", nargs="+", default=[], help="columns besides proxies where lower is better")
    parser.add_argument(
        "--trained", nargs="+", default=[], metavar="DATASET:EPOCHS", help="also validation accuracies of the table"
    )
    parser.add_argument("--top", nargs="+", type=_top, default=[1, 10, 0.1], help="numbers, or fractions of all")
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamples behind the intervals")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples")
    parser.add_argument("--out", type=Path, default=Path("correlations-output"), help="folder for what is written")
    return parser.parse_args(arguments)


def _top(text: str) -> float:
    return float(text) if "." in text else int(text)


def _benchmark(path: Path | None, space: SearchSpace) -> tuple[Table, Networks | None]:
    """The table, and how its networks were built, where that is known."""
    if path is not None:
        return load_table(path, space), Networks() if space.name == "nasbench201" else None
    if space.name != "nasbench201":
        raise InputError(f"--table: expected one of {space.name}, got none; the embedded one is of nasbench201")
    recipe = digits().meta["recipe"]
    return digits(), Networks(recipe["C"], recipe["N"], in_channels=1, pixels=8)


def _datasets(table: Table) -> list[str]:
    return list(dict.fromkeys(column.dataset for column in table.columns))


def _facts(options: argparse.Namespace, given: Sequence[str], networks: Networks | None) -> dict[str, str]:
    versions = {name: version(name) for name in ("zcnas", "torch", "numpy")}
    sizes = "as scored"
    if networks is not None:
        sizes = (
            f"where not among the scores: C={networks.C}, N={networks.N}, images of {networks.pixels} x "
            f"{networks.pixels}, 10 classes; multiply-adds on edges that reach the output"
        )
    return {
        "command": f"`{shlex.join(['python', 'experiments/correlations.py', *given])}`",
        "scores": f"{options.scores.name}, SHA-256 {hashlib.sha256(options.scores.read_bytes()).hexdigest()[:16]}...",
        "search space": options.space,
        "accuracies": options.table.name if options.table else "embedded digits benchmark",
        "sizes": sizes,
        "bootstrap": f"{options.bootstrap} resamples, seed {options.seed}",
        "versions": f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {number}" for name, number in versions.items()),
    }


def _written(all_found: Sequence[Findings], scored: Scored, facts: Mapping[str, str], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    numbers, report = folder / "correlations.csv", folder / "report.md"
    _write(numbers, rows(all_found))
    pictures: dict[str, list[str]] = {}
    try:
        import _correlations_pictures
    except ImportError as error:
        print(f"no pictures ({error}): pip install 'zcnas[plot]'")
    else:
        pictures = _correlations_pictures.draw(all_found, scored, folder)
    report.write_text(markdown(all_found, scored, facts, pictures), encoding="utf-8")
    return [numbers, report, *(folder / name for names in pictures.values() for name in names)]


def _write(path: Path, table: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)


if __name__ == "__main__":
    try:
        main()
    except (InputError, DataError, UnknownNameError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
