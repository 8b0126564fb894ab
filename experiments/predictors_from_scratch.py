"""How well predictors rank a whole space after learning from few trained networks of it, nothing else being known.

    python experiments/predictors_from_scratch.py --table nb201_table.npz --dataset cifar10 --column-seed mean \
        --samples 100 --seeds 5 --out from_scratch

Every predictor sees the same networks, drawn anew for every seed. Kendall's tau is over all networks of the table,
those learned from included. Seconds are of the processor, in one thread if OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shlex
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau, spearmanr

from zcnas import searchspaces
from zcnas.predictors import PREDICTORS, Predictor
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace

VARIANTS = {
    "ridge": ("ridge", {}),
    "gradient_boosting": ("gradient_boosting", {}),
    "mlp": ("mlp", {}),
    "gcn": ("gcn", {}),
    "pairwise_gcn": ("pairwise_gcn", {}),
    "pairwise_gcn, comparator sort": ("pairwise_gcn", {"read_out": "sort"}),
    "pairwise_gcn, one way": ("pairwise_gcn", {"both_ways": False}),
}
"""What is compared: names and settings."""


class Row(NamedTuple):
    predictor: str
    samples: int
    seed: int
    kendall: float
    spearman: float
    top: float
    fit_seconds: float
    predict_seconds: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Fits, predicts, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    space = searchspaces.get(options.space)
    table = searchspaces.load_table(options.table, space)
    chosen = {"split": options.split, "seed": options.column_seed}
    column = table.find(options.dataset, **chosen)
    archs, values = list(table.archs), table.values(options.dataset, **chosen)
    rows = []
    for seed in range(options.seeds):
        places = generator("predictors_from_scratch", seed).choice(len(archs), options.samples, replace=False)
        for name in options.predictors or VARIANTS:
            rows.append(measured(name, space, archs, values, places, seed))
            print(*rows[-1], flush=True)
    text = report(rows, f"python experiments/predictors_from_scratch.py {shlex.join(given)}", str(column))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.md").write_text(text, encoding="utf-8")
    with (options.out / "runs.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([Row._fields, *rows])
    print(text)


def measured(
    name: str,
    space: SearchSpace,
    archs: Sequence[Architecture],
    values: npt.NDArray[np.float64],
    places: npt.NDArray[np.int64],
    seed: int,
) -> Row:
    """One predictor after learning from the networks at ``places``."""
    kind, settings = VARIANTS[name]
    predictor: Predictor = PREDICTORS.create(kind, space, seed=seed, **settings)
    start = time.process_time()
    predictor.fit([archs[place] for place in places], values[places])
    fitted = time.process_time()
    mean, _ = predictor.predict(archs)
    predicted = time.process_time()
    kendall, spearman = kendalltau(mean, values).statistic, spearmanr(mean, values).statistic
    top = float(values[np.argmax(mean)])
    return Row(name, len(places), seed, kendall, spearman, top, fitted - start, predicted - fitted)


def report(rows: Sequence[Row], command: str, column: str) -> str:
    """A table of means, standard deviations over seeds behind the correlations."""
    names = dict.fromkeys(row.predictor for row in rows)
    lines = [
        f"# Predictors from scratch: {rows[0].samples} trained networks",
        "",
        f"Column: {column}. Command: `{command}`",
        "",
        f"{len({row.seed for row in rows})} draws, \u00b1 their standard deviation. {_versions()}",
        "",
        "| predictor | Kendall | Spearman | top pick | s to fit | s to predict all |",
        "|---|---|---|---|---|---|",
    ]
    for name in names:
        runs = np.array([row[3:] for row in rows if row.predictor == name])
        mean, deviation = runs.mean(axis=0), runs.std(axis=0, ddof=1 if len(runs) > 1 else 0)
        cells = [f"{mean[0]:.3f} \u00b1 {deviation[0]:.3f}", f"{mean[1]:.3f} \u00b1 {deviation[1]:.3f}"]
        lines.append(f"| {' | '.join([name, *cells, *(f'{value:.2f}' for value in mean[2:])])} |")
    return "\n".join([*lines, ""])


def _versions() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "scikit-learn"))
    return f"Python {platform.python_version()}, {packages}"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--space", default="nasbench201", help="of the table")
    parser.add_argument("--table", type=Path, required=True, help="what 'zcnas convert' made")
    parser.add_argument("--dataset", required=True, help="of the table")
    parser.add_argument("--split", default="test", help="of its column (test)")
    parser.add_argument("--column-seed", help="of its column, such as mean")
    parser.add_argument("--samples", type=int, default=100, help="trained networks to learn from (100)")
    parser.add_argument("--seeds", type=int, default=5, help="draws of them (5)")
    parser.add_argument("--predictors", nargs="+", choices=VARIANTS, help="some only")
    parser.add_argument("--out", type=Path, required=True, help="folder for report.md and runs.csv")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
