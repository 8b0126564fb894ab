"""NAS-Bench-101 in figures: how many models there are, and what its table costs to load and to ask.

``python experiments/benchmark_nasbench101.py`` lists all models by their number of vertices (seconds); with
``--table nb101_table.npz`` also what loading costs, each time in a fresh process, and single look-ups, as the
fastest and the median of many; and what NAS-Bench-1Shot1's spaces hold of it. Processor time; memory is read from
/proc.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from zcnas.searchspaces.nasbench1shot1 import NASBench1Shot1
from zcnas.searchspaces.nasbench101 import NASBench101, NASBench101Table
from zcnas.searchspaces.nasbench101.models import MODELS_BY_VERTICES, models

SPACE = NASBench101()


def count() -> None:
    start = time.process_time()
    for vertices in MODELS_BY_VERTICES:
        print(f"{vertices} vertices: {len(models(vertices)):7} models")
    print(f"in all {len(SPACE)} models, listed in {time.process_time() - start:.1f} s")


def load(path: str) -> tuple[float, float]:
    """Milliseconds, and MB of memory added."""
    before, start = _resident(), time.process_time()
    table = NASBench101Table.load(path)
    seconds = time.process_time() - start
    assert len(table) == len(SPACE)
    return seconds * 1e3, (_resident() - before) / 1e6


def look_up(path: str, cells: int) -> None:
    table, rng = NASBench101Table.load(path), np.random.default_rng(0)
    archs = [SPACE.sample(rng) for _ in range(cells)]
    keys = [SPACE.canonical(arch) for arch in archs]
    _report("by hash", [_microseconds(lambda key=key: table.query_hash(key, "cifar10")) for key in keys])
    _report("by cell", [_microseconds(lambda arch=arch: table.query(arch, "cifar10")) for arch in archs])


def parts(path: str) -> None:
    """NAS-Bench-1Shot1's spaces, with the lowest and the mean test error."""
    table = NASBench101Table.load(path)
    for number in (1, 2, 3):
        keys = [NASBench1Shot1(number).canonical(arch) for arch in NASBench1Shot1(number)]
        errors = np.array([100 - table.query_hash(key, "cifar10") for key in keys])
        print(
            f"NAS-Bench-1Shot1, space {number}: {len(keys)} architectures, {len(set(keys))} models, "
            f"test error {errors.min():.2f} % at best, {errors.mean():.2f} % in the mean"
        )


def _microseconds(call: Callable[[], float]) -> float:
    start = time.process_time_ns()
    call()
    return (time.process_time_ns() - start) / 1e3


def _report(what: str, times: list[float]) -> None:
    print(f"a look-up {what}: {min(times):.1f} us at best, {median(times):.1f} us in the median of {len(times)}")


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--table", metavar="FILE", help="nb101_table.npz")
    parser.add_argument("--runs", type=int, default=3, help="processes that load the table")
    options = parser.parse_args()
    count()
    if options.table:
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            for _ in range(options.runs):
                milliseconds, megabytes = pool.apply(load, (options.table,))
                print(f"loaded in {milliseconds:.0f} ms, {megabytes:.0f} MB of memory")
        look_up(options.table, cells=3000)
        parts(options.table)


if __name__ == "__main__":
    main()
