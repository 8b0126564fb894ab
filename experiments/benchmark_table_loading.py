"""What loading a converted NAS-Bench-201 table costs: time and memory, each run in a fresh process.

The table has all 15,625 architectures and as many columns as a conversion of the real files. Run:
``python experiments/benchmark_table_loading.py`` (half a minute). Memory is read from /proc.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from zcnas.searchspaces.nasbench201 import NASBench201, NASBench201Table
from zcnas.searchspaces.nasbench201.order import official_codes
from zcnas.space import Genomes
from zcnas.table import Column

COLUMNS = 97


def write(path: Path) -> None:
    genomes = Genomes(NASBench201.name, np.array(official_codes(), dtype=np.uint8))
    rng = np.random.default_rng(0)
    columns = {Column("cifar10", seed=str(seed)): rng.random(len(genomes)) for seed in range(COLUMNS)}
    NASBench201Table(genomes, columns).save(path)


def load(path: str) -> tuple[float, float]:
    """Processor milliseconds, and MB of memory added."""
    before, start = _resident(), time.process_time()
    table = NASBench201Table.load(path)
    seconds = time.process_time() - start
    assert len(table) == len(official_codes())
    return seconds * 1e3, (_resident() - before) / 1e6


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.npz"
        write(path)
        print(f"file: {path.stat().st_size / 1e6:.1f} MB, {COLUMNS} columns")
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            for _ in range(options.runs):
                milliseconds, megabytes = pool.apply(load, (str(path),))
                print(f"loaded in {milliseconds:.0f} ms, {megabytes:.0f} MB of memory")


if __name__ == "__main__":
    main()
