"""What a search costs besides trainings: rounds of regularised evolution on table look-ups.

    python experiments/benchmark_search.py

The table has all 15,625 architectures of NAS-Bench-201, with accuracies that are made up. Each run is in a fresh
process, and takes seconds; a history takes as long as the disk needs to flush a line for every attempt. Memory is read
from /proc.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from zcnas.algorithm import Trial
from zcnas.objectives import FunctionObjective, Goal, TableObjective
from zcnas.search import RegularizedEvolution
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture
from zcnas.study import run_search
from zcnas.table import Column, Table

SPACE = NASBench201()


class Clock:
    """Evaluates, and notes memory after a half and after all."""

    def __init__(self, rounds: int) -> None:
        archs = list(SPACE)
        values = np.random.default_rng(0).random(len(archs))
        self._table = TableObjective(Table(archs, {Column("made up", split="val"): values}), "made up")
        self._table.evaluate(archs[0])  # tables make their index at the first look-up
        self._rounds, self._done, self.half = rounds, 0, 0.0

    def __call__(self, arch: Architecture) -> float:
        self._done += 1
        if self._done == self._rounds // 2:
            self.half = _resident()
        return self._table.evaluate(arch).values[0]


def ask_and_tell(clock: Clock, rounds: int) -> None:
    """The algorithm alone."""
    algorithm = RegularizedEvolution(SPACE)
    for _ in range(rounds):
        (arch,) = algorithm.ask()
        algorithm.tell([Trial(arch, (clock(arch),))])


def in_the_loop(clock: Clock, rounds: int) -> None:
    """With budget, records of attempts and checks."""
    run_search(SPACE, "regularized_evolution", FunctionObjective(clock, Goal("made up")), rounds, progress=False)


def with_history(clock: Clock, rounds: int) -> None:
    """Also with a line on disk for every attempt."""
    objective = FunctionObjective(clock, Goal("made up"))
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder) / "history.jsonl"
        run_search(SPACE, "regularized_evolution", objective, rounds, history=history, progress=False)


WAYS: dict[str, Callable[[Clock, int], None]] = {
    "ask and tell": ask_and_tell,
    "run_search": in_the_loop,
    "run_search with a history": with_history,
}


def measured(way: str, rounds: int) -> tuple[float, float, float, float]:
    """Wall and processor seconds, and MB of memory: added in all, and in the second half."""
    clock = Clock(rounds)
    gc.collect()
    memory, wall, processor = _resident(), time.perf_counter(), time.process_time()
    WAYS[way](clock, rounds)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    end = _resident()
    return wall, processor, end - memory, end - clock.half


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3, help="of each way")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "numpy"))
    print(f"{options.rounds} rounds of one architecture, regularised evolution, NAS-Bench-201, seed 0")
    print(f"Python {platform.python_version()}, {versions}; medians of {options.runs} runs\n")
    print(f"{'':26}{'wall s':>8}{'cpu s':>8}{'us/round':>10}{'MB added':>10}{'in the second half':>20}")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for way in WAYS:
            found = [pool.apply(measured, (way, options.rounds)) for _ in range(options.runs)]
            wall, processor, added, late = map(statistics.median, zip(*found, strict=True))
            each = 1e6 * processor / options.rounds
            print(f"{way:26}{wall:8.2f}{processor:8.2f}{each:10.0f}{added:10.1f}{late:20.1f}")


if __name__ == "__main__":
    main()
