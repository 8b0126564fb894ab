"""Searches under a budget of latency on a device of which ten networks were measured.

    python experiments/latency_search.py --table nb201_table.npz --help-data help/nasbench201 \
        --hardware hw_nas_bench --scores whole.sqlite --runs 100 --out latency_search

Networks are those of NAS-Bench-201 for CIFAR-100, the device is HW-NAS-Bench's raspi4, whose latency must not exceed
a percentile of the latencies of all networks. Latencies are predicted from ten measurements at most, nine other devices
(HELP's, none of them a Raspberry Pi, with CIFAR-10 networks) and multiply-adds; the budget holds for a quantile of the
prediction. Measurements that verify what was found are among the ten. Accuracies that a search is told are those of
validation; it is judged by the mean test accuracy. Finished runs are kept in the folder, and an interrupted command
goes on after them.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shlex
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from _correlations_scores import read_scores
from _latency_few_shot_task import SPLITS, read_task, sha
from _latency_search_runs import MEASUREMENTS, Found, Task, Way, searched
from _script import start
from tqdm import tqdm

from zcnas.journal import Journal
from zcnas.predictors import DeviceTransfer
from zcnas.searchspaces import NASBench201, hw_nas_bench, load_table

WAYS = {
    "5 measurements, up to 5 more verify: 40 % to 95 %": Way(0.4, (0.4, 0.5, 0.6, 0.8, 0.95)),
    "10 measurements, 95 %": Way(0.95),
    "10 measurements, 50 %, which is no margin": Way(0.5),
}
PERCENTILES = (25, 50, 75)
_DATASET = "cifar100"


def main(arguments: Sequence[str] | None = None) -> None:
    """Searches, compares, writes, prints."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    options.out.mkdir(parents=True, exist_ok=True)
    task = _task(options)
    runs = _runs(task, options)
    text = "\n".join(_report(task, runs, options, shlex.join(["python", "experiments/latency_search.py", *given])))
    (options.out / "report.md").write_text(text + "\n", encoding="utf-8")
    with (options.out / "runs.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([Found._fields, *runs])
    print(text)


def _task(options: argparse.Namespace) -> Task:
    space = NASBench201()
    measured, table = hw_nas_bench.read(options.hardware), load_table(options.table, space)
    found = read_scores(options.scores, space=space)
    archs = list(found.archs)
    known = read_task(options.help_data.parent, options.help_data.name)
    references = np.column_stack([known.matrix(SPLITS["nasbench201"].train), known.flops])
    prior = DeviceTransfer(space).meta_fit(known.archs, references)
    latency = [measured.query(arch, _DATASET, metric="latency", device=options.device) for arch in archs]
    judged = [table.query(arch, _DATASET, seed="mean", epochs=200) for arch in archs]
    return Task(
        space,
        archs,
        table,
        table.find(_DATASET, split="val", epochs=200),
        np.array(judged),
        np.array(latency),
        {name: column.turned for name, column in found.columns.items() if column.kind != "aggregate"},
        prior,
    )


def _runs(task: Task, options: argparse.Namespace) -> list[Found]:
    content = {"latency": sha(task.latency), "judged": sha(task.judged), "prior": task.prior.learned.digest}
    content |= {name: sha(values) for name, values in sorted(task.scores.items())}
    settings = {"device": options.device, "trainings": options.trainings, "ways": repr(WAYS), **content}
    journal = Journal(options.out / "runs.jsonl", settings)
    most = {name: options.others if place else options.runs for place, name in enumerate(WAYS)}
    every = [(name, part, seed) for name in WAYS for seed in range(most[name]) for part in PERCENTILES]
    for name, part, seed in tqdm(every, unit=" searches", disable=None):
        if (key := f"{name} {part} {seed}") not in journal:
            budget = float(np.percentile(task.latency, part))
            place, measured = searched(task, WAYS[name], budget, options.trainings, seed)
            numbers = (measured, float(task.latency[place]), float(task.judged[place]))
            journal.add(key, [name, part, seed, task.archs[place].key, *numbers])
    return [Found(*journal[f"{name} {part} {seed}"]) for name, part, seed in every]


def _report(task: Task, runs: Sequence[Found], options: argparse.Namespace, command: str) -> Iterator[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "numpy", "scipy"))
    yield f"# Accuracy under a budget of latency on {options.device}, ten networks measured\n"
    yield f"- command: `{command}`"
    yield f"- versions: Python {platform.python_version()}, {packages}; seeds from 0"
    yield f"- {options.runs} runs for each budget, {options.others} of all ways but the first"
    yield f"- {options.trainings} trainings each, proposed by `gaussian_process`"
    yield f"- proxies: {', '.join(task.scores)}"
    yield "- those to measure are chosen anew in each run, among 600 drawn at random"
    yield "- measuring gives the table's latency, and so does verifying: what was verified is never slower"
    yield "- the best by validation accuracy is not the best by test accuracy: the last row of each table has trained"
    yield "  all architectures and knows all latencies\n"
    for part in PERCENTILES:
        yield from _table(task, [run for run in runs if run.percentile == part], part)


def _table(task: Task, runs: Sequence[Found], part: int) -> Iterator[str]:
    budget = float(np.percentile(task.latency, part))
    best = float(task.judged[task.latency <= budget].max())
    yield f"## At most {budget:.2f} ms, the {part}th percentile: the best has {best:.2f} %\n"
    yield "| latency kept by | measured | slower | accuracy | behind the best | kept, within 1 | of budget |"
    yield "|---|---|---|---|---|---|---|"
    for name in WAYS:
        mine = [run for run in runs if run.way == name]
        latency, accuracy = np.array([run.latency for run in mine]), np.array([run.accuracy for run in mine])
        gaps = best - accuracy
        cells = [
            f"{np.mean([run.measured for run in mine]):.1f}",
            f"{100 * np.mean(latency > budget):.0f} %",
            f"{accuracy.mean():.2f} ± {accuracy.std():.2f}",
            f"{gaps.mean():.2f}, at most {gaps.max():.2f}",
            f"{100 * np.mean((gaps <= 1) & (latency <= budget)):.0f} %",
            f"{100 * np.mean(latency / budget):.0f} %",
        ]
        yield f"| {name} | {' | '.join(cells)} |"
    yield _exhaustive(task, budget, best)
    yield ""


def _exhaustive(task: Task, budget: float, best: float) -> str:
    """The row of what is best by validation accuracy, and fast enough."""
    fast = np.flatnonzero(task.latency <= budget)
    told = [task.table.query(task.archs[place], task.seen.dataset, **task.seen.choice) for place in fast]
    place = fast[int(np.argmax(told))]
    accuracy, used = task.judged[place], task.latency[place] / budget
    return f"| (all trained and measured) | | | {accuracy:.2f} | {best - accuracy:.2f} | | {100 * used:.0f} % |"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--table", type=Path, required=True, help="accuracies of NAS-Bench-201")
    parser.add_argument("--help-data", type=Path, required=True, help="HELP's folder nasbench201")
    parser.add_argument("--hardware", type=Path, required=True, help="HW-NAS-Bench's folder")
    parser.add_argument("--scores", type=Path, required=True, help="store of a sweep of the whole space")
    parser.add_argument("--device", default="raspi4", help="of HW-NAS-Bench (raspi4)")
    parser.add_argument("--runs", type=int, default=100, help="of the first way, with seeds from 0 (100)")
    parser.add_argument("--others", type=int, default=20, help="of all ways but the first (20)")
    parser.add_argument("--trainings", type=int, default=150, help="of each run (150)")
    parser.add_argument("--out", type=Path, default=Path("search-output"), help="folder for runs and report")
    options = parser.parse_args(arguments)
    if options.trainings < MEASUREMENTS:
        parser.error(f"expected {MEASUREMENTS} trainings or more, since as many may be verified")
    return options


if __name__ == "__main__":
    start(main)
