"""The script that compares search algorithms: its numbers by other means, its files, its resumption."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.benchmarks import digits
from zcnas.errors import InputError, UnknownNameError
from zcnas.registry import Registry
from zcnas.space import Architecture, SearchSpace

TABLE = digits()


class Shuffled(SearchAlgorithm):
    """All architectures in an order of the seed."""

    calls = 0

    def __init__(self, space: SearchSpace, *, seed: int = 0, backwards: bool = False) -> None:
        archs = list(space)
        order = [archs[place] for place in np.random.default_rng(seed).permutation(len(archs))]
        self._left = order[::-1] if backwards else order

    def ask(self, count: int = 1) -> list[Architecture]:
        Shuffled.calls += 1
        return self._left[:count]

    def tell(self, trials: Sequence[Trial]) -> None:
        told = {trial.arch for trial in trials}
        self._left = [arch for arch in self._left if arch not in told]

    def state_dict(self) -> dict[str, Any]:
        return {"left": len(self._left)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name, and algorithms from their room."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")
    algorithms: Registry[SearchAlgorithm] = Registry("search algorithm", group="none")
    algorithms.register("shuffled", Shuffled)
    monkeypatch.setitem(sys.modules, "zcnas.search", SimpleNamespace(ALGORITHMS=algorithms))


def call(folder: Path, *given: str) -> str:
    import search

    search.main(["--quiet", "--out", str(folder), *given])
    return (folder / "report.md").read_text(encoding="utf-8")


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_two_algorithms_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    both = ["shuffled", "shuffled:backwards=true"]
    given = ["--algorithms", *both, "--runs", "3", "--trainings", "25", "--target", "65", "--first-seed", "4"]
    report = call(tmp_path, *given)
    assert capsys.readouterr().out == f"{report}\n"
    assert (tmp_path / "anytime.png").stat().st_size > 20_000
    found = read(tmp_path / "trainings.csv")
    assert len(found) == 2 * 3 * 25
    mine: dict[str, np.ndarray] = {}
    for name in both:
        own = [row for row in found if row["algorithm"] == name]
        judged, seen = (np.reshape([float(row[key]) for row in own], (3, 25)) for key in ("judged", "seen"))
        mine[name] = np.maximum.accumulate(judged, axis=1)
        chosen = [[judged[run, np.argmax(seen[run, : n + 1])] for n in range(25)] for run in range(3)]
        curves = [row for row in read(tmp_path / "curves.csv") if row["algorithm"] == name]
        # Written with all digits; only the order of summation differs.
        np.testing.assert_allclose([float(row["best_mean"]) for row in curves], mine[name].mean(axis=0))
        np.testing.assert_allclose([float(row["honest_mean"]) for row in curves], np.mean(chosen, axis=0))
        assert f"| {name} | 3 | {mine[name][:, 9].mean():.2f} ± " in report
    keys = {arch.key: arch for arch in TABLE.archs}
    for row in found[:30]:
        arch = keys[row["architecture"]]
        assert float(row["seen"]) == TABLE.query(arch, "digits", split="val")
        assert float(row["judged"]) == TABLE.query(arch, "digits")
    assert "## Trainings until 65" in report
    assert "## Regret" in report


def test_finished_runs_are_not_done_again(tmp_path: Path) -> None:
    given = ["--algorithms", "shuffled", "--trainings", "5", "--runs"]
    first = call(tmp_path, *given, "2")
    before = Shuffled.calls
    assert call(tmp_path, *given, "2") == first
    assert Shuffled.calls == before
    call(tmp_path, *given, "3")
    assert Shuffled.calls == before + 5
    with pytest.raises(InputError, match="belongs to other work"):
        call(tmp_path, *given, "2", "--batch", "2")


def test_bounds_by_a_column(tmp_path: Path) -> None:
    report = call(tmp_path, "--algorithms", "shuffled", "--runs", "2", "--trainings", "9", "--at-most", "params=20000")
    keys = {arch.key: arch for arch in TABLE.archs}
    sizes = {key: TABLE.query(arch, "digits", split="train", metric="params") for key, arch in keys.items()}
    assert all(sizes[row["architecture"]] <= 20000 for row in read(tmp_path / "trainings.csv"))
    best = max(TABLE.query(arch, "digits") for key, arch in keys.items() if sizes[key] <= 20000)
    assert f"- the best there is: {best:.2f};" in report


def test_bounds_that_nothing_keeps(tmp_path: Path) -> None:
    report = call(tmp_path, "--algorithms", "shuffled", "--runs", "2", "--at-most", "params=1", "--target", "65")
    assert "inf [inf, inf], 0 of 2 runs" in report


def test_misspelt_names(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown search algorithm 'shufled': did you mean 'shuffled'"):
        call(tmp_path, "--algorithms", "shufled")
    with pytest.raises(UnknownNameError, match="unknown bound 'parms': did you mean 'params'"):
        call(tmp_path, "--algorithms", "shuffled", "--at-most", "parms=3")
    with pytest.raises(SystemExit):
        call(tmp_path, "--algorithms", "shuffled", "shuffled")
    assert list(tmp_path.iterdir()) == []
