"""How well few trained networks of a new task suffice, if other tasks are known.

    python experiments/few_shot.py --data ../shared/data --leave-out setting --out few_shot

One setting after the other, or one benchmark after the other, is left out; a prior is learned from all others and
adapted to random networks of what was left out. Beside it stand what learns from these networks alone, joint
pre-training with fine-tuning, and an oracle that knows what all networks are worth on other data sets of the same
space. Correlations are over all networks of the setting that were drawn, those learned from included. Priors are kept
in the folder, and are not learned again.
"""

from __future__ import annotations

import argparse
import csv
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _few_shot_methods import SCRATCH, joint_training, methods
from _few_shot_settings import BENCHMARKS, tasks
from scipy.stats import kendalltau, rankdata, spearmanr

from zcnas.predictors import Prior, meta_train
from zcnas.predictors.meta import Task, rank_correlations
from zcnas.seeding import generator


class Row(NamedTuple):
    setting: str
    method: str
    support: int
    draw: int
    spearman: float
    kendall: float
    top: float
    shift: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Learns, adapts, predicts, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        every = tasks(options.data, Path(folder), most=options.most, spaces=options.spaces)
    rows = []
    for task in every:
        if not options.settings or task.name in options.settings:
            rows += list(_left_out(task, every, options))
            _write(options.out, rows, shlex.join(given))
    print((options.out / "report.md").read_text(encoding="utf-8"))


def _left_out(task: Task, every: Sequence[Task], options: argparse.Namespace) -> Iterator[Row]:
    whole = options.leave_out == "benchmark"
    others = [one for one in every if one is not task and not (whole and one.space.name == task.space.name)]
    prior = _prior(task, others, options)
    joint = joint_training(others, options.steps, options.seed) if options.joint else None
    shift = _shift(task, others)
    for name, method in methods(task, others, prior, joint, options.scratch).items():
        for support in options.support:
            for draw in range(options.draws if support else 1):
                places = generator("few_shot", task.name, support, draw).choice(len(task.archs), support, replace=False)
                found = method(places, draw)
                if found is not None:
                    yield Row(task.name, name, support, draw, *_judged(found, task), shift)
        print(task.name, name, flush=True)


def _prior(task: Task, others: Sequence[Task], options: argparse.Namespace) -> Prior:
    left = task.space.name if options.leave_out == "benchmark" else task.name.replace("/", "-")
    path = options.out / f"without-{left}.safetensors"
    if not path.exists():
        start = time.process_time()
        meta_train(others, steps=options.steps, seed=options.seed).save(path)
        print(f"{path.name}: {time.process_time() - start:.0f} s of the processor", flush=True)
    return Prior.load(path)


def _shift(task: Task, others: Sequence[Task]) -> float:
    """The rank correlation with the most similar task that was learned from; NaN where none shares architectures."""
    found = rank_correlations([task, *others])[0, 1:]
    return float(np.nanmax(found)) if np.isfinite(found).any() else float("nan")


def _judged(found: np.ndarray, task: Task) -> tuple[float, float, float]:
    """Spearman, Kendall's tau-b, and of the top pick the share of networks that are no better."""
    ranks = rankdata(task.values, method="max") / len(found)
    return spearmanr(found, task.values).statistic, kendalltau(found, task.values).statistic, ranks[found.argmax()]


def _write(folder: Path, rows: Sequence[Row], given: str) -> None:
    with (folder / "runs.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([Row._fields, *rows])
    supports, names = sorted({row.support for row in rows}), dict.fromkeys(row.method for row in rows)
    lines = ["# Few trained networks of a new task", "", f"Command: `python experiments/few_shot.py {given}`", ""]
    lines += ["Spearman, mean over settings, with a 95 % interval of settings.", ""]
    lines += [f"| method | {' | '.join(map(str, supports))} |", f"|---|{'---|' * len(supports)}"]
    lines += [f"| {name} | {' | '.join(_cell(rows, name, support) for support in supports)} |" for name in names]
    (folder / "report.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _cell(rows: Sequence[Row], name: str, support: int) -> str:
    found: dict[str, list[float]] = {}
    for row in rows:
        if (row.method, row.support) == (name, support):
            found.setdefault(row.setting, []).append(row.spearman)
    if not found:
        return ""
    means = np.array([np.mean(draws) for draws in found.values()])
    half = 1.96 * means.std(ddof=1) / np.sqrt(len(means)) if len(means) > 1 else 0.0
    return f"{means.mean():.3f} \u00b1 {half:.3f} ({len(means)})"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the published files")
    parser.add_argument("--leave-out", choices=("setting", "benchmark"), default="setting", help="(setting)")
    parser.add_argument("--spaces", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS), help="some only")
    parser.add_argument("--settings", nargs="+", help="leave these out only, such as nasbench201/cifar10/accuracy")
    parser.add_argument("--support", nargs="+", type=int, default=[0, 5, 10, 20, 50, 100], help="trained networks")
    parser.add_argument("--draws", type=int, default=20, help="of them (20)")
    parser.add_argument("--most", type=int, default=4096, help="networks of a space (4096)")
    parser.add_argument("--steps", type=int, default=1000, help="of meta-training (1000)")
    parser.add_argument("--scratch", nargs="*", choices=SCRATCH, default=list(SCRATCH), help="what learns alone")
    parser.add_argument("--joint", action="store_true", help="also pre-train jointly and fine-tune")
    parser.add_argument("--seed", type=int, default=0, help="of meta-training")
    parser.add_argument("--out", type=Path, required=True, help="folder for report.md, runs.csv and priors")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
