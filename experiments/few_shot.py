"""How well few trained networks of a new task suffice, if other tasks are known.

    python experiments/few_shot.py --data ../shared/data --results experiments/results --workers 2 --out few_shot

One setting after the other, one benchmark after the other, and nothing, is left out; a prior is learned from all others
and adapted to random networks of what was left out, or with nothing left out of new tasks. Beside it stand what learns
from these networks alone, joint pre-training with fine-tuning, and an oracle that knows what all networks are worth on
other data sets of the same space; --methods has other ways to learn over tasks, too. Correlations are over all networks
of the setting that were drawn, those learned from included. What is finished is kept in the folder, and an interrupted
command goes on after it.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from _few_shot_methods import METHODS, USUAL
from _few_shot_picture import draw
from _few_shot_report import Report, write_csv
from _few_shot_runs import LEAVE_OUT, Plan, all_rows, shift
from _few_shot_settings import BENCHMARKS, best_proxy
from _script import start

from zcnas.errors import UnknownNameError
from zcnas.provenance import versions


def main(arguments: Sequence[str] | None = None) -> None:
    """Learns, adapts, predicts, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    options.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        options.data, options.out, tuple(options.spaces), options.most, options.steps, options.seed, options.draws
    )
    settings = _settings(plan, options.leave_out, options.settings)
    rows = all_rows(
        plan, settings, options.methods, options.support, workers=options.workers, progress=not options.quiet
    )
    shifts = {one: shift(plan, *one) for one in settings}
    proxies = {name: best_proxy(options.results, name) for _, name in settings} if options.results else {}
    write_csv(options.out / "summary.csv", rows)
    draw(rows, options.out / "curves.png")
    facts = [f"Command: `{shlex.join(['python', 'experiments/few_shot.py', *given])}`", f"Versions: {versions()}"]
    text = Report(rows, shifts, proxies).markdown(facts)
    (options.out / "report.md").write_text(text, encoding="utf-8")
    print(text)


def _settings(plan: Plan, left_out: Sequence[str], wanted: Sequence[str] | None) -> list[tuple[str, str]]:
    """Pairs of what is left out and the name of a task."""
    pairs = [(left, task.name) for left in left_out for task in plan.asked(left)]
    names = [name for _, name in pairs]
    for name in wanted or ():
        if name not in names:
            raise UnknownNameError("setting", name, names)
    return [pair for pair in pairs if not wanted or pair[1] in wanted]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the published files")
    parser.add_argument("--results", type=Path, help="this project's results, for the best single proxies")
    parser.add_argument("--leave-out", nargs="+", choices=LEAVE_OUT, default=list(LEAVE_OUT), help="(all)")
    parser.add_argument("--spaces", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS), help="some only")
    parser.add_argument("--settings", nargs="+", help="leave these out only, such as nasbench201/cifar10/accuracy")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(USUAL), help=f"({', '.join(USUAL)})")
    parser.add_argument("--support", nargs="+", type=int, default=[0, 5, 10, 20, 50, 100], help="trained networks")
    parser.add_argument("--draws", type=int, default=20, help="of them (20)")
    parser.add_argument("--most", type=int, default=4096, help="networks of a space (4096)")
    parser.add_argument("--steps", type=int, default=1000, help="of meta-training (1000)")
    parser.add_argument("--seed", type=int, default=0, help="of meta-training")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    parser.add_argument("--out", type=Path, required=True, help="folder for reports, priors and what is finished")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    start(main)
