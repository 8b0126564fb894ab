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
import numpy as np
from _digits_task import Task, splits
from _digits_training import Job, Recipe, Run, train
from tqdm import tqdm

from zcnas import workers as pool
from zcnas.benchmarks import DIGITS_PATH, reliability
from zcnas.correlation import spearman
from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.nasbench201 import OPS
from zcnas.table import Column, Table
from zcnas.workers import cores

LARGEST_KB = 300
"""A table that ships with the package stays below this."""

SPACE = NASBench201()
PARAMS = Column("digits", "train", "params", unit="parameters", higher_is_better=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains what is missing, writes the table, prints what it is worth."""
    options = _options(arguments)
    task, recipe = Task(), Recipe()
    archs = _digits_cells.draw(options.cells)
    path = options.runs / f"digits-{_fingerprint(task, recipe)}.jsonl"
    runs = _train_missing(archs, options, task, recipe, path)
    table = _table(archs, range(options.seeds), runs, recipe, _provenance(options, task, recipe))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    table.save(options.out, SPACE.format)
    if options.out.stat().st_size > LARGEST_KB * 1000:
        raise SystemExit(f"{options.out} is larger than {LARGEST_KB} kB: train fewer cells or seeds")
    print(summary(table))
    print(f"{options.out}: {options.out.stat().st_size / 1000:.0f} kB")


def summary(table: Table) -> str:
    """Spread, noise and ceiling of a table, and what simple things predict of it."""
    val, test = (table.by_seed("digits", split=split) for split in ("val", "test"))
    seconds = table.by_seed("digits", split="train", metric="seconds")
    mean, worth = test.mean(axis=1), reliability(test)
    low, tenth, ninth, high = np.quantile(mean, [0, 0.1, 0.9, 1])
    noise = test.std(axis=1, ddof=1).mean()
    count = {op: np.array([arch.genome.count(code) for arch in table.archs]) for code, op in enumerate(OPS)}
    simple = {
        "params": table.values("digits", split="train", metric="params"),
        "3x3 convolutions": count["nor_conv_3x3"],
        "convolutions": count["nor_conv_3x3"] + count["nor_conv_1x1"],
        "skips": count["skip_connect"],
        "pools": count["avg_pool_3x3"],
        "validation accuracy, same runs": val.mean(axis=1),
        "validation accuracy, one seed": val[:, 0],
    }
    lines = [
        f"{len(table)} cells x {test.shape[1]} seeds, {seconds.mean():.2f} s per training run",
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
    parser.add_argument("--workers", type=int, default=cores())
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
    finished = pool.run(train, missing, options.workers)
    for _, run in tqdm(finished, total=len(jobs), initial=len(jobs) - len(missing), unit="run"):
        if isinstance(run, pool.WorkerDied):
            raise run
        _runs.append(path, run)
        runs[run.arch, run.seed] = run
    return runs


def _table(
    archs: Sequence[str],
    seeds: Sequence[int],
    runs: Mapping[tuple[str, int], Run],
    recipe: Recipe,
    meta: Mapping[str, object],
) -> Table:
    columns = {
        column: [getattr(runs[arch, seed], name) for arch in archs]
        for seed in seeds
        for name, column in _columns(seed, recipe.epochs).items()
    }
    columns[PARAMS] = [runs[arch, seeds[0]].params for arch in archs]
    return Table([SPACE.parse(arch) for arch in archs], columns, meta)


def _columns(seed: int, epochs: int) -> dict[str, Column]:
    """What the results of a run mean, by their names in :class:`Run`."""
    accuracies = {split: Column("digits", split, epochs=epochs, seed=str(seed)) for split in ("val", "test")}
    seconds = Column("digits", "train", "seconds", epochs, str(seed), unit="s", higher_is_better=False)
    return {**accuracies, "seconds": seconds}


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
