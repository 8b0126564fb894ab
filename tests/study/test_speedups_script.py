"""The script that measures speed-ups: its numbers by other means, its files, its resumption."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from zcnas.benchmarks import DIGITS_PATH, digits
from zcnas.errors import InputError

TABLE = digits()
PARAMS = TABLE.values("digits", split="train", metric="params")
JUDGED = TABLE.values("digits", **TABLE.truth("digits").choice)


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")


def scores(path: Path, *, count: int | None = None) -> Path:
    """Parameters in the place of ``synflow``, of all cells or the first ones."""
    spelt = [f"nasbench201:{'-'.join(map(str, arch.genome))}" for arch in TABLE.archs[:count]]
    del spelt
    from zcnas.searchspaces import NASBench201

    space = NASBench201()
    rows = [[space.format(arch), value] for arch, value in zip(TABLE.archs[:count], PARAMS, strict=False)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["arch", "synflow"], *rows])
    return path


def call(folder: Path, path: Path, *given: str) -> list[dict[str, str]]:
    import search_speedups

    benchmark = ["--benchmark", "nasbench201", str(DIGITS_PATH), str(path), "digits"]
    target = float(np.sort(JUDGED)[-3])
    search_speedups.main(
        [*benchmark, "--target", str(target), "--out", str(folder), "--quiet", "--runs", "3", "--trainings", "20", *given]
    )
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
