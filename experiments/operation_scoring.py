"""How well operation scores agree with what operations are worth on NAS-Bench-201.

    python experiments/operation_scoring.py --truth nb2_test_acc_cf10.p --root cifar10_jpeg/train_5000.tar --workers 2

For each of the 30 operations there is the accuracy of the best cell that has it (best-acc) and the average of all that
do (avg-acc). Every scorer ranks the operations of an edge; correlations are averaged over the six edges, for one
supernet at a time, and then over supernets of different seeds. An interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from _operation_jobs import FORMS, SETS, Job, Setting, do, jobs_of
from _operation_trained import Course
from _operation_truth import SHAPE, Floats, Truth, agreement, read
from _script import start
from scipy.stats import t as student
from tqdm import tqdm

from zcnas.journal import Journal
from zcnas.opscore import measure
from zcnas.provenance import versions
from zcnas.proxies import resolve
from zcnas.rank import AGGREGATES
from zcnas.searchspaces.nasbench201.cell import EDGES, OPS
from zcnas.workers import WorkerDied, cores, here, run

BASELINES = ("az_nas", "quorum", "vote", "tenas")
"""Aggregates that are ranked within an edge."""


@dataclass(frozen=True, slots=True)
class Row:
    """A scorer's correlations, one for each seed, and the cell that its mean strengths choose."""

    name: str
    best: Floats
    avg: Floats
    cell: tuple[int, ...]

    def cells(self, truth: Truth) -> list[str]:
        """For the table."""
        rank = int((truth.mean > truth.mean[self.cell]).sum()) + 1
        chosen = [f"{float(truth.mean[self.cell]):.2f} (rank {rank})"]
        pairs = [_interval(values[:, place]) for values in (self.best, self.avg) for place in (0, 1)]
        return [self.name, *pairs, str(len(self.best)), *chosen]


def main(arguments: Sequence[str] | None = None) -> None:
    """Scores, correlates, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    course = Course(options.trained_epochs, options.trained_C, options.trained_N)
    setting = Setting(options.root, options.truth, options.C, options.N, course, options.out)
    truth = read(options.truth)
    jobs = list(_jobs(options))
    told = {"images": options.root.name, "truth": options.truth.name, "C": options.C, "N": options.N}
    journal = Journal(options.out / "journal.jsonl", {**told, "versions": versions()})
    _finish(setting, jobs, journal, options)
    lines = list(_report(options, truth, journal, given))
    print("\n".join(lines))
    (options.out / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True, help="pickle of CIFAR-10 accuracies by operation codes")
    parser.add_argument("--root", type=Path, required=True, help="folder or archive of CIFAR-10 pictures")
    parser.add_argument("--seeds", type=int, default=8, help="supernets for NASWOT (8)")
    parser.add_argument("--all-seeds", type=int, default=3, help="supernets for all proxies (3)")
    parser.add_argument("--batch-size", type=int, default=64, help="images for NASWOT (64)")
    parser.add_argument("--all-batch-size", type=int, default=16, help="images for all proxies (16)")
    parser.add_argument("--trained-seeds", type=int, default=2, help="supernets that are trained (2)")
    parser.add_argument("--trained-epochs", type=int, default=15, help="for so many epochs (15)")
    parser.add_argument("--trained-C", type=int, default=16, help="with so many channels (16)")
    parser.add_argument("--trained-N", type=int, default=1, help="and cells per stage (1)")
    parser.add_argument("--C", type=int, default=16, help="channels of the supernet's first stage (16)")
    parser.add_argument("--N", type=int, default=5, help="cells per stage (5)")
    parser.add_argument("--workers", type=int, default=cores(), help="processes; results do not depend on them")
    parser.add_argument("--out", type=Path, default=Path("operation-scoring-output"), help="folder")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


def _jobs(options: argparse.Namespace) -> Iterator[Job]:
    for seed in range(options.seeds):
        for masking in ("skip", "zeros"):
            yield from jobs_of(seed, "nwot", masking, options.batch_size)
        for form in FORMS:
            yield Job(seed, "nwot", f"progress {form}", "skip", options.batch_size)
    for seed in range(options.all_seeds):
        yield from jobs_of(seed, "all", "skip", options.all_batch_size)
    yield from _training_jobs(options)


def _training_jobs(options: argparse.Namespace) -> list[Job]:
    form = Course(options.trained_epochs, options.trained_C, options.trained_N).form
    return [Job(seed, "trained", form, "skip", options.batch_size) for seed in range(options.trained_seeds)]


def _finish(setting: Setting, jobs: Sequence[Job], journal: Journal, options: argparse.Namespace) -> None:
    missing = [job for job in jobs if job.key not in journal]
    work = partial(do, setting)
    results: Any = here(work, missing) if options.workers == 1 else run(work, missing, options.workers)
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(missing), disable=True if options.quiet else None)
    with bar:
        for job, found in results:
            if isinstance(found, WorkerDied):
                raise found
            journal.add(job.key, found)
            bar.update()


def _report(options: argparse.Namespace, truth: Truth, journal: Journal, given: Sequence[str]) -> Iterator[str]:
    versions_ = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "torch", "numpy", "scipy"))
    yield from ("# Operation scoring on NAS-Bench-201", "")
    yield f"- command: `{shlex.join(['python', 'experiments/operation_scoring.py', *given])}`"
    yield f"- versions: Python {platform.python_version()}, {versions_}"
    yield "- correlations with best-acc and avg-acc: mean over seeds, with 95 % intervals of Student's t over seeds"
    yield "- cell: the operations with the highest mean rank over seeds; its accuracy on CIFAR-10, among 15,625"
    rows = [row for part in _tables(options, journal).values() for row in part]
    for title, part in _tables(options, journal).items():
        yield from ("", f"## {title}", "", *_markdown([row.cells(truth) for row in _correlated(part, truth)]))
    yield from ("", "## Progressive discretisation, Spearman with best-acc", "", *_progress(options, journal))
    _write(options.out / "strengths.csv", rows)


def _tables(options: argparse.Namespace, journal: Journal) -> dict[str, list[tuple[str, list[Floats]]]]:
    """Strengths by title and name: ``(E, O)`` for each seed."""
    few, many = (range(options.seeds), options.batch_size), (range(options.all_seeds), options.all_batch_size)
    nwot = [
        (
            f"{form}({name}), {masking}",
            [_strengths(journal, seed, "nwot", form, masking, few[1], name) for seed in few[0]],
        )
        for masking in ("skip", "zeros")
        for form in FORMS
        for name in SETS["nwot"]
    ]
    every = [
        (f"{form}({name})", [_strengths(journal, seed, "all", form, "skip", many[1], name) for seed in many[0]])
        for form in FORMS
        for name in (*SETS["all"], *BASELINES)
    ]
    found = {f"NASWOT, batches of {few[1]}": nwot, f"All proxies, batches of {many[1]}": every}
    jobs = _training_jobs(options)
    if jobs:
        scorers = [
            (name, [np.array(journal[job.key][name]) for job in jobs]) for name in ("darts", "darts_pt", "disc_acc")
        ]
        accuracy = ", ".join(f"{journal[job.key]['accuracy'][0][0]:.1f}" for job in jobs)
        found[f"Supernets {jobs[0].form}, accuracies {accuracy} %"] = scorers
    return {title: part for title, part in found.items() if all(seeds for _, seeds in part)}


def _strengths(journal: Journal, seed: int, chosen: str, form: str, masking: Any, batch_size: int, name: str) -> Floats:
    """``(E, O)`` strengths of one supernet; aggregates rank the operations of an edge."""
    rows = []
    for edge in range(SHAPE[0]):
        jobs = [Job(seed, chosen, form, masking, batch_size, edge, op) for op in range(SHAPE[1])]
        whole = Job(seed, chosen, "whole", masking, batch_size)
        pieces = [journal[job.key if job.key in journal else whole.key] for job in jobs]
        rows.append(_joined(name, {key: np.array([piece[key] for piece in pieces]) for key in pieces[0]}))
    return -np.array(rows) if form == "zc_pt" else np.array(rows)


def _joined(name: str, columns: Mapping[str, Floats]) -> Floats:
    if name not in AGGREGATES and name != "tenas":
        return columns[name]
    judge: Any = measure(name)
    return np.asarray(judge.join({member: columns[member] for member in resolve(judge.proxies)}))


def _correlated(part: Sequence[tuple[str, list[Floats]]], truth: Truth) -> list[Row]:
    best, avg = truth.best_acc(), truth.avg_acc()
    rows = []
    for name, seeds in part:
        ranks = np.mean(
            [np.argsort(np.argsort(np.nan_to_num(one, nan=-np.inf), axis=1), axis=1) for one in seeds], axis=0
        )
        pairs = (np.array([agreement(one, target) for one in seeds]) for target in (best, avg))
        rows.append(Row(name, *pairs, tuple(map(int, ranks.argmax(axis=1)))))
    return sorted(rows, key=lambda row: -float(row.best[:, 0].mean()))


def _interval(values: Floats) -> str:
    mean = float(values.mean())
    if len(values) < 2:
        return f"{mean:.3f}"
    half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return f"{mean:.3f} ± {half:.3f}"


def _markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    header = ["scorer", "best-acc rho", "best-acc tau", "avg-acc rho", "avg-acc tau", "seeds", "cell"]
    lines = [f"| {' | '.join(row)} |" for row in [header, *rows]]
    return [lines[0], "|" + "---|" * len(header), *lines[1:]]


def _progress(options: argparse.Namespace, journal: Journal) -> list[str]:
    lines = ["| scorer | " + " | ".join(f"{edges} decided" for edges in range(len(EDGES))) + " |"]
    lines.append("|" + "---|" * (len(EDGES) + 1))
    for form in FORMS:
        jobs = [Job(seed, "nwot", f"progress {form}", "skip", options.batch_size) for seed in range(options.seeds)]
        curves = np.array([journal[job.key] for job in jobs])
        lines.append(
            f"| {form}(nwot_eval) | " + " | ".join(_interval(curves[:, at]) for at in range(len(EDGES))) + " |"
        )
    return lines


def _write(path: Path, rows: Sequence[tuple[str, list[Floats]]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["scorer", "seed", "edge", *OPS])
        for name, seeds in rows:
            for seed, strengths in enumerate(seeds):
                for (source, target), values in zip(EDGES, strengths, strict=True):
                    writer.writerow([name, seed, f"{source}-{target}", *(f"{value:.6g}" for value in values)])


if __name__ == "__main__":
    start(main)
