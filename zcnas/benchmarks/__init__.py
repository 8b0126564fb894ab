"""Benchmarks that ship with the package: trained here, small, and with known noise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from zcnas.benchmarks.agreement import Reliability, reliability, spearman
from zcnas.benchmarks.table import SeedTable, read, write

__all__ = ["DIGITS_PATH", "Reliability", "SeedTable", "digits", "read", "reliability", "spearman", "write"]

DIGITS_PATH = Path(__file__).parent / "digits.npz"
"""Where ``experiments/build_digits_benchmark.py`` puts its table."""


@cache
def digits() -> SeedTable:
    """NAS-Bench-201 cells trained on distorted images of scikit-learn's digits.

    Every cell is another network (by the space's strict key and by the benchmark's own canonical form) and
    was trained with several seeds; ``meta`` names task, training and versions. The task was chosen so that
    larger networks gain from their size: good for demonstrations and tests, no evidence for one proxy over
    another.

    >>> table = digits()
    >>> len(table) >= 400 and table.test.shape == (len(table), len(table.meta["seeds"]))
    True
    """
    return read(DIGITS_PATH)
