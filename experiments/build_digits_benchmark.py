"""Trains the cells of the digits benchmark and writes its table into the package.

    python experiments/build_digits_benchmark.py

Interrupt it at any time: finished runs are kept and the next call goes on. A run depends on its cell and
seed alone, so the number of workers changes the duration and nothing else.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import _digits_cells
import _runs
import _workers
import numpy as np
from _digits_task import Task, splits
from _digits_training import Job, Recipe, Run, train
from tqdm import tqdm

from zcnas.benchmarks import DIGITS_PATH, SeedTable, reliability, spearman, write

LARGEST_KB = 300
"""A table that ships with the package stays below this."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains what is missing, writes the table, prints what it is worth."""
    options = _options(arguments)
    task, recipe = Task(), Recipe()
    archs = _digits_cells.draw(options.cells)
    path = options.runs / f"digits-{_fingerprint(task, recipe)}.jsonl"
    runs = _train_missing(archs, options, task, recipe, path)
    table = _table(archs, range(options.seeds), runs, _provenance(options, task, recipe))
    write(table, options.out)
    if options.out.stat().st_size > LARGEST_KB * 1000:
        raise SystemExit(f"{options.out} is larger than {LARGEST_KB} kB: train fewer cells or seeds")
    print(summary(table))
    print(f"{options.out}: {options.out.stat().st_size / 1000:.0f} kB")


def summary(table: SeedTable) -> str:
    """Spread, noise and ceiling of a table, and what simple things predict of it."""
    mean = table.test.mean(axis=1)
    worth = reliability(table.test)
    low, tenth, ninth, high = np.quantile(mean, [0, 0.1, 0.9, 1])
    noise = table.test.std(axis=1, ddof=1).mean()
    convolutions = np.array([[arch.count(op) for arch in table.archs] for op in ("conv_3x3", "conv_1x1")])
    simple = {
        "params": table.params,
        "3x3 convolutions": convolutions[0],
        "convolutions": convolutions.sum(axis=0),
        "skips": np.array([arch.count("skip") for arch in table.archs]),
        "pools": np.array([arch.count("pool") for arch in table.archs]),
        "validation accuracy, same runs": table.val.mean(axis=1),
        "validation accuracy, one seed": table.val[:, 0],
    }
    lines = [
        f"{len(table)} cells x {table.test.shape[1]} seeds, {table.seconds.mean():.2f} s per training run",
        f"mean test accuracy in %: {low:.1f} to {high:.1f}, middle 80 % {tenth:.1f} to {ninth:.1f}",
        f"standard deviation: {mean.std(ddof=1):.2f} between cells, {noise:.2f} between seeds of a cell",
        f"rank correlation of two seeds {worth.single:.3f}, of two half-means {worth.halves:.3f}",
        f"ceiling: reliability of the seed mean {worth.ceiling:.3f}",
        "Spearman's correlation with the mean test accuracy:",
        *(f"  {name:32}{spearman(values, mean):+.3f}" for name, values in simple.items()),
    ]
    return "\n".join(lines)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cells", type=int, default=432)
    parser.add_argument("--seeds", type=int, default=7, help="training runs per cell")
    parser.add_argument("--workers", type=int, default=_workers.cores())
    parser.add_argument("--runs", type=Path, default=Path("digits-runs"), help="folder of finished runs")
    parser.add_argument("--out", type=Path, default=DIGITS_PATH, help="the table to write")
    return parser.parse_args(arguments)


def _train_missing(
    archs: Sequence[str], options: argparse.Namespace, task: Task, recipe: Recipe, path: Path
) -> Mapping[tuple[str, int], Run]:
    runs = _runs.load(path)
    # One seed after the other, so that an interrupted call leaves whole columns.
    jobs = [Job(arch, seed, task, recipe) for seed in range(options.seeds) for arch in archs]
    missing = [job for job in jobs if (job.arch, job.seed) not in runs]
    finished = _workers.run(train, missing, options.workers)
    for run in tqdm(finished, total=len(jobs), initial=len(jobs) - len(missing), unit="run"):
        _runs.append(path, run)
        runs[run.arch, run.seed] = run
    return runs


def _table(
    archs: Sequence[str],
    seeds: Sequence[int],
    runs: Mapping[tuple[str, int], Run],
    meta: Mapping[str, object],
) -> SeedTable:
    rows = [[runs[arch, seed] for seed in seeds] for arch in archs]
    return SeedTable(
        archs=tuple(archs),
        val=np.array([[run.val for run in row] for row in rows]),
        test=np.array([[run.test for run in row] for row in rows]),
        seconds=np.array([[run.seconds for run in row] for row in rows]),
        params=np.array([row[0].params for row in rows]),
        meta=meta,
    )


def _provenance(options: argparse.Namespace, task: Task, recipe: Recipe) -> dict[str, object]:
    packages = ("torch", "numpy", "scikit-learn", "scipy")
    data = splits(task)
    return {
        "command": "python experiments/build_digits_benchmark.py "
        f"--cells {options.cells} --seeds {options.seeds} --workers {options.workers}",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "space": "nasbench201",
        "data": "scikit-learn load_digits",
        "images": {"train": len(data.train), "val": len(data.val), "test": len(data.test)},
        "task": asdict(task),
        "recipe": asdict(recipe),
        "seeds": list(range(options.seeds)),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "machine": f"{platform.system()} {platform.machine()}, one thread per run",
    }


def _fingerprint(task: Task, recipe: Recipe) -> str:
    return hashlib.sha256(repr((task, recipe)).encode()).hexdigest()[:12]


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted; finished runs are kept: the same command goes on from here")
