"""Compares search algorithms on recorded results: any-time curves, trainings to a target, a report.

    python experiments/search.py --algorithms random regularized_evolution --runs 20 --trainings 100
    python experiments/search.py --table nb201_table.npz --dataset cifar100 --epochs 200 --runs 100 --trainings 300 \
        --target 73 --algorithms random regularized_evolution:population=64,tournament=10 local_search
    python experiments/search.py --table nb201_table.npz --dataset cifar100 --scores scores.sqlite --score synflow \
        --warm-up 3000 --algorithms regularized_evolution:warm_up=0 regularized_evolution regularized_evolution:move=1

Warm-up and move are of all algorithms, unless one says otherwise. ``robot`` and ``gaussian_process`` take all proxies
of the store, and the architectures that have them; ``zero_cost_pt`` builds its networks by ``--build``.

Algorithms see one column, validation accuracy unless told otherwise; what they find is judged by another. Finished runs
are kept in the folder, and an interrupted command goes on after them.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shlex
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from _script import start
from _search_guides import guides_of
from _search_report import Compared, compared, curves, markdown
from _search_runs import all_runs, rows
from _search_task import Task, task_of

from zcnas.study import Budget


def main(arguments: Sequence[str] | None = None) -> None:
    """Searches, compares, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    task, seeds = task_of(options), range(options.first_seed, options.first_seed + options.runs)
    budget = Budget(options.trainings, options.training_seconds)
    # Misspelt names are told before the first has run.
    guides = guides_of(options, task.space, task.seen.table, task.seen.column.dataset)
    runs = all_runs(task, options.algorithms, seeds, budget, options.batch, guides, options.out, not options.quiet)
    found = [compared(task, name, several, options.target) for name, several in runs.items()]
    _csv(options.out / "trainings.csv", rows(runs, seeds))
    _csv(options.out / "curves.csv", curves(found))
    pictures = _pictures(options.out, task, found, options.target)
    text = markdown(task, found, options.target, _facts(given, options.at_most), pictures)
    (options.out / "report.md").write_text(text, encoding="utf-8")
    print(text)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--algorithms", nargs="+", required=True, metavar="NAME[:OPTION=VALUE,...]", help="of all runs")
    parser.add_argument("--space", default="nasbench201", help="of the table")
    parser.add_argument("--table", type=Path, help="what 'zcnas convert' made; without, the digits that ship")
    parser.add_argument("--dataset", help="of the table; by default its first")
    parser.add_argument("--split", default="val", help="that algorithms see (val)")
    parser.add_argument("--judged-split", default="test", help="that results are reported in (test)")
    parser.add_argument("--judged-seed", help="of that, such as mean; by default the table's first")
    parser.add_argument("--metric", default="accuracy", help="of both (accuracy)")
    parser.add_argument("--epochs", type=int, help="of both, where the table has several lengths of training")
    parser.add_argument("--runs", type=int, default=10, help="with seeds of their own (10)")
    parser.add_argument("--first-seed", type=int, default=0, help="(0)")
    parser.add_argument("--trainings", type=int, default=100, help="of each run (100)")
    parser.add_argument("--training-seconds", type=float, help="of each run, where the table has them")
    parser.add_argument("--target", type=float, help="report how many trainings it takes to this")
    parser.add_argument("--batch", type=int, default=1, help="architectures that are asked for at a time (1)")
    several: Any = {"nargs": "+", "default": [], "metavar": "NAME=VALUE"}
    parser.add_argument("--at-most", **several, help="columns, or costs of networks, e.g. params=50000")
    parser.add_argument("--build", **several, help="of networks whose costs are bounded, and of zero_cost_pt")
    _add_guides(parser)
    parser.add_argument("--out", type=Path, default=Path("search-output"), help="folder for runs and report")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    options = parser.parse_args(arguments)
    if options.runs < 1 or len(set(options.algorithms)) != len(options.algorithms):
        parser.error("expected at least one run, and every algorithm once")
    return options


def _add_guides(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--score", metavar="NAME", help="proxy or aggregate of --scores, or the table's such as params")
    parser.add_argument("--scores", type=Path, metavar="STORE", help="what 'zcnas sweep' wrote")
    parser.add_argument("--settings", metavar="FINGERPRINT", help="which scores, where the store has several settings")
    parser.add_argument("--warm-up", type=int, metavar="N", help="random architectures to score, the best go first")
    parser.add_argument("--move", type=int, metavar="N", help="candidates, of which the best by score is trained")
    parser.add_argument("--images", default="digits", help="for zero_cost_pt (digits)")


def _csv(path: Path, lines: Iterable[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def _pictures(folder: Path, task: Task, found: Sequence[Compared], target: float | None) -> list[str]:
    if not any(one.best.runs.any() for one in found):
        return []
    try:
        import _search_picture
    except ImportError as error:
        print(f"no pictures ({error}): pip install 'zcnas[plot]'")
        return []
    _search_picture.draw(task, found, target, folder / "anytime.png")
    return ["anytime.png"]


def _facts(given: Sequence[str], bounds: Sequence[str]) -> dict[str, str]:
    versions = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "torch", "numpy"))
    return {
        "command": f"`{shlex.join(['python', 'experiments/search.py', *given])}`",
        "at most": ", ".join(bounds) or "no bounds",
        "versions": f"Python {platform.python_version()}, {versions}",
    }


if __name__ == "__main__":
    start(main)
