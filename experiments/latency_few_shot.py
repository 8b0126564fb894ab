"""How well latencies on a new device are predicted after few measurements on it: HELP's protocol, and further.

    python experiments/latency_few_shot.py --help-data help --hardware hw_nas_bench --out latency_few_shot

Reads HELP's folder, with nasbench201, fbnet and ofa, and HW-NAS-Bench's with hw_cifar10.csv. A Gaussian process learns
over HELP's meta-train devices, and from 3 to 50 measurements on a test device. It is asked about all architectures,
predictors from scratch about 500 drawn at random. Finished parts are kept in the folder, and an interrupted command
goes on after them.
"""

from __future__ import annotations

import argparse
import csv
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _latency_few_shot_report import report
from _latency_few_shot_runs import (
    SAMPLES,
    SCRATCH,
    WITH_FLOPS,
    Ints,
    Row,
    ceiling_rows,
    flops_rows,
    held_out_rows,
    scratch_rows,
    transfer_rows,
)
from _latency_few_shot_task import SPLITS, Floats, Task, read_energies, read_task, sha
from _script import start

from zcnas.journal import Journal
from zcnas.predictors import DeviceTransfer
from zcnas.seeding import generator

_CEILING = 8000
_HELD_OUT = 1000
"""Architectures that are asked about where every device is new in turn."""
_FEWER_SAMPLES = (10, 50)
"""What the GCN, which is slow, learns from."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, writes, prints."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    options.out.mkdir(parents=True, exist_ok=True)
    journal = Journal(options.out / "parts.jsonl", _settings(options))
    tasks = [read_task(options.help_data, name) for name in options.spaces]
    rows = [row for part in PARTS for task in tasks for row in _kept(part, task, options, journal)]
    rows.sort(key=lambda row: options.spaces.index(row.space))
    text = report(rows, shlex.join(["python", "experiments/latency_few_shot.py", *given]))
    (options.out / "report.md").write_text(text, encoding="utf-8")
    with (options.out / "means.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(_means(rows))
    print(text)
    _draw(rows, options.out / "curves.png")


def _means(rows: Sequence[Row]) -> Iterator[Sequence[str | int]]:
    """Lines of a table: of each device, method and number of samples over its draws."""
    yield ("space", "device", "method", "samples", "draws", "spearman", "error", "above")
    groups: dict[tuple[str, str, str, int], list[tuple[float, ...]]] = {}
    for row in rows:
        groups.setdefault((row.space, row.device, row.method, row.samples), []).append(row[5:])
    for key, found in groups.items():
        yield (*key, len(found), *(f"{value:.4f}" for value in np.mean(found, axis=0)))


def _transfer(task: Task, options: argparse.Namespace) -> Iterator[Row]:
    return _adapted(task, task.latencies, SAMPLES, options.draws, task.matrix(task.split.train))


def _with_flops(task: Task, options: argparse.Namespace) -> Iterator[Row]:
    known = np.column_stack([task.matrix(task.split.train), task.flops])
    for row in _adapted(task, task.latencies, SAMPLES, options.draws, known):
        yield row._replace(method=f"{row.method}{WITH_FLOPS}")


def _adapted(
    task: Task, values: Mapping[str, Floats], samples: Sequence[int], draws: int, known: Floats
) -> Iterator[Row]:
    """With measurements of test devices from ``values``, and all those of reference devices, ``(N, T)``."""
    prior = DeviceTransfer(task.space).meta_fit(task.archs, known)
    return transfer_rows(
        task, prior, {device: values[device] for device in task.split.test}, samples, draws, np.arange(len(task.archs))
    )


def _energy(task: Task, options: argparse.Namespace) -> Iterator[Row]:
    if options.hardware is None or task.name != "nasbench201":
        return
    energies = read_energies(options.hardware, task.archs)
    judged = Task(task.name, task.space, task.archs, energies, task.split._replace(test=tuple(energies)))
    known = task.matrix(task.split.train)
    for more, references in (("", known), (WITH_FLOPS, np.column_stack([known, task.flops]))):
        for row in _adapted(judged, energies, (10,), options.draws, references):
            yield row._replace(method=f"energy: {row.method}{more}")
    for row in flops_rows(judged):
        yield row._replace(method="energy: flops")


def _scratch(method: str, task: Task, options: argparse.Namespace) -> Iterator[Row]:
    slow = method == "gcn"
    samples, draws = (_FEWER_SAMPLES, options.gcn_draws) if slow else (SAMPLES, options.scratch_draws)
    return scratch_rows(task, method, samples, draws, _asked(task, options.asked), task.split.test)


def _asked(task: Task, count: int) -> Ints:
    """Numbers of architectures, the same for all methods."""
    return generator("asked", task.name).choice(len(task.archs), min(count, len(task.archs) // 2), replace=False)


PARTS: Mapping[str, Callable[[Task, argparse.Namespace], Iterator[Row]]] = {
    "flops": lambda task, _: flops_rows(task),
    "transfer": _transfer,
    "transfer_with_flops": _with_flops,
    "energy": _energy,
    **{method.replace(" ", "_"): partial(_scratch, method) for method in SCRATCH},
    "ceiling": lambda task, options: ceiling_rows(task, _CEILING, _asked(task, options.asked)),
    "held_out": lambda task, options: held_out_rows(task, options.scratch_draws, _asked(task, _HELD_OUT)),
}
"""Each gives rows of a space."""


def _kept(part: str, task: Task, options: argparse.Namespace, journal: Journal) -> list[Row]:
    """A part's rows; where the journal has none, they are made."""
    content = sha(task.matrix(sorted(task.latencies)))
    if (key := f"{task.name} {content}: {part}") not in journal:
        journal.add(key, list(PARTS[part](task, options)))
        print(f"{key} is done", file=sys.stderr, flush=True)
    return [Row(*one) for one in journal[key]]


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """What rows depend on."""
    names = ("draws", "scratch_draws", "gcn_draws", "asked")
    return {**{name: getattr(options, name) for name in names}, "energy": options.hardware is not None}


def _draw(rows: Sequence[Row], path: Path) -> None:
    try:
        import _latency_few_shot_picture
    except ImportError as error:
        print(f"no picture ({error}): pip install 'zcnas[plot]'")
        return
    _latency_few_shot_picture.draw(rows, path)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--help-data", type=Path, required=True, help="HELP's folder")
    parser.add_argument("--hardware", type=Path, help="HW-NAS-Bench's folder, for energies")
    parser.add_argument("--spaces", nargs="+", default=list(SPLITS), choices=SPLITS, help="(all)")
    parser.add_argument("--draws", type=int, default=20, help="of the samples (20)")
    parser.add_argument("--scratch-draws", type=int, default=10, help="of the others' samples, and held out (10)")
    parser.add_argument("--gcn-draws", type=int, default=3, help="of the GCN's, which is slow (3)")
    parser.add_argument("--asked", type=int, default=500, help="architectures that the others are asked about (500)")
    parser.add_argument("--out", type=Path, default=Path("latency-output"), help="folder for report, picture and runs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    start(main)
