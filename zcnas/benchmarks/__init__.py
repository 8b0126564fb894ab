"""Tables that ship with the package: a benchmark trained here, with known noise, and published correlations."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from zcnas.benchmarks.agreement import Reliability, reliability
from zcnas.searchspaces import NASBench201
from zcnas.table import Table

__all__ = ["DIGITS_PATH", "Reliability", "digits", "reliability"]

DIGITS_PATH = Path(__file__).parent / "digits.npz"
"""Where ``experiments/build_digits_benchmark.py`` puts its table."""


@cache
def digits() -> Table:
    """NAS-Bench-201 cells trained on distorted images of scikit-learn's digits.

    Every cell is another network (by the space's strict key and by the benchmark's own canonical form) and
    was trained with several seeds. Data set ``"digits"`` has a column per seed of ``"accuracy"`` on the splits
    ``"val"`` and ``"test"`` and of the processor ``"seconds"`` of split ``"train"``, and one of ``"params"``,
    also of split ``"train"``; ``meta`` names task, training and versions. The task was chosen so that larger
    networks gain from their size: good for demonstrations and tests, no evidence for one proxy over another.

    >>> table = digits()
    >>> len(table) >= 400 and table.by_seed("digits").shape == (len(table), len(table.meta["seeds"]))
    True
    >>> 0 < table.query(table.archs[0], "digits", split="val", seed=3) < 100
    True
    """
    return Table.load(DIGITS_PATH, NASBench201().parse)
