"""Fronts of accuracy and latency that searches find with few trainings, against the true ones, on five devices.

    zcnas convert hw_nas_bench HW_FOLDER hw_table.npz
    python experiments/hardware_fronts.py --table nb201_table.npz --latencies hw_table.npz --scores whole.sqlite

Networks are those of NAS-Bench-201 for CIFAR-100, latencies HW-NAS-Bench's, proxies all that the score store has.
Searches are told validation accuracy and latency; the latency of every network is known beforehand, since it costs no
training. Finished runs are kept in the folder, and an interrupted command goes on after them.
"""

from __future__ import annotations

import argparse
import platform
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from _front_runs import MAKERS, all_runs
from _front_task import Judge, Task, tasks
from _script import start

from zcnas.space import Architecture

DEVICES = ("raspi4", "pixel3", "eyeriss", "fpga", "edgegpu")
MEASURES = {
    "chosen": "The front that a user has: of the trained, those that are on the front of validation accuracy and "
    "latency, by their test accuracy",
    "strict": "The same, counting only what is better than the median test accuracy of all architectures",
    "all": "All that was trained, by test accuracy, as papers count",
    "seen": "What searches see: validation accuracy, against the true front by validation accuracy",
}
Runs = Mapping[tuple[str, str], Sequence[Sequence[Architecture]]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Searches, compares, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    options.out.mkdir(parents=True, exist_ok=True)
    chosen = tasks(options.table, options.latencies, options.scores, options.devices)
    runs = all_runs(chosen, options.algorithms, options.runs, options.trainings, options.batch, options.out)
    ratios = _ratios(chosen, runs)
    text = "\n".join(_report(chosen, options.algorithms, ratios, _facts(given)))
    (options.out / "report.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    _draw(chosen, options.algorithms[-1], runs, ratios, options.out / "fronts.png")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--table", type=Path, required=True, help="accuracies of NAS-Bench-201")
    parser.add_argument("--latencies", type=Path, required=True, help="what 'zcnas convert hw_nas_bench' made")
    parser.add_argument("--scores", type=Path, required=True, help="store of a sweep of the whole space")
    parser.add_argument("--devices", nargs="+", default=DEVICES, help=f"({' '.join(DEVICES)})")
    names = list(MAKERS)
    parser.add_argument("--algorithms", nargs="+", default=names, choices=names, help="(all); the last is drawn")
    parser.add_argument("--runs", type=int, default=20, help="with seeds from 0 (20)")
    parser.add_argument("--trainings", type=int, default=100, help="of each run (100)")
    parser.add_argument("--batch", type=int, default=5, help="trainings at a time (5)")
    parser.add_argument("--out", type=Path, default=Path("hardware-output"), help="folder for runs and report")
    return parser.parse_args(arguments)


def _ratios(chosen: Sequence[Task], runs: Runs) -> dict[tuple[str, str], list[dict[str, float]]]:
    judges = {task.device: (task, Judge.of(task)) for task in chosen}
    found = {}
    for (device, name), several in runs.items():
        task, judge = judges[device]
        found[device, name] = [
            judge.ratios(task.points(task.judged, archs), task.points(task.seen, archs)) for archs in several
        ]
    return found


def _report(
    chosen: Sequence[Task],
    names: Sequence[str],
    ratios: Mapping[tuple[str, str], Sequence[Mapping[str, float]]],
    facts: Mapping[str, str],
) -> Iterator[str]:
    yield "# Fronts of accuracy and latency\n"
    yield from (f"- {name}: {value}" for name, value in facts.items())
    yield f"- proxies: {', '.join(chosen[0].scores)}"
    yield "- reference point: worst accuracy and worst latency of the true front, so that its ends count nothing"
    yield "- numbers: share of the true front's hypervolume, mean over runs, and standard deviation over these\n"
    yield "![Fronts](fronts.png)"
    for measure, title in MEASURES.items():
        yield f"\n## {title}\n"
        yield f"| algorithm | {' | '.join(task.device for task in chosen)} | mean |"
        yield f"|---|{'---|' * (len(chosen) + 1)}"
        for name in names:
            cells = np.array([[one[measure] for one in ratios[task.device, name]] for task in chosen])
            told = [f"{row.mean():.4f} ± {row.std():.4f}" for row in cells]
            yield f"| {name} | {' | '.join(told)} | {cells.mean():.4f} |"


def _facts(given: Sequence[str]) -> dict[str, str]:
    versions = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "numpy", "scipy", "pymoo"))
    return {
        "command": f"`{shlex.join(['python', 'experiments/hardware_fronts.py', *given])}`",
        "versions": f"Python {platform.python_version()}, {versions}",
    }


def _draw(
    chosen: Sequence[Task],
    name: str,
    runs: Runs,
    ratios: Mapping[tuple[str, str], Sequence[Mapping[str, float]]],
    path: Path,
) -> None:
    """The run whose ratio is the median one, of each device."""
    try:
        import _front_picture
    except ImportError as error:
        print(f"no pictures ({error}): pip install 'zcnas[plot]'")
        return
    median = {}
    for task in chosen:
        numbers = [one["chosen"] for one in ratios[task.device, name]]
        place = int(np.argsort(numbers)[len(numbers) // 2])
        median[task.device] = runs[task.device, name][place], numbers[place]
    _front_picture.draw(chosen, name, median, path)


if __name__ == "__main__":
    start(main)
