"""The script that compares search algorithms: its numbers by other means, its files, its resumption."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.benchmarks import digits
from zcnas.errors import InputError, UnknownNameError
from zcnas.search import ALGORITHMS
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture, SearchSpace
from zcnas.store import Record, ScoreStore
from zcnas.table import Column, Table

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
    """Scripts import their neighbours by bare name; and an algorithm of their own is registered."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")
    monkeypatch.setitem(ALGORITHMS._factories, "shuffled", Shuffled)


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


SPELT = {
    "regularized_evolution": "regularized_evolution:population=3,tournament=2",
    "nsga2": "nsga2:population=3",
    "robot": "robot:queries=2",
}
FOR_SEVERAL = {"nsga3", "gaussian_front"}
"""Algorithms that have several objectives."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores that are made up."""
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("made") / "scores.sqlite"
    with ScoreStore(path) as store:
        for name in ("synflow", "snip", "jacob_cov"):
            store.add({}, [Record(one.key, name, name, float(rng.random()), "ok", "", 0.0) for one in TABLE.archs])
    return path


@pytest.mark.parametrize("name", sorted({*ALGORITHMS} - FOR_SEVERAL))
@pytest.mark.parametrize("guides", [[], ["--score", "vote", "--warm-up", "9", "--move", "3"]], ids=["alone", "guided"])
def test_every_algorithm(name: str, guides: list[str], store: Path, tmp_path: Path) -> None:
    given = ["--scores", str(store), *guides, "--runs", "2", "--trainings", "5"]
    call(tmp_path, "--algorithms", SPELT.get(name, name), *given)
    assert [row["seed"] for row in read(tmp_path / "trainings.csv")] == ["0"] * 5 + ["1"] * 5


def test_zero_cost_pt(tmp_path: Path) -> None:
    archs, rng = list(NASBench201()), np.random.default_rng(0)
    columns = {Column("made up", split=split): rng.random(len(archs)) for split in ("val", "test")}
    Table(archs, columns).save(tmp_path / "table.npz")
    small = ["--build", "C=2", "N=1", "in_channels=1", "--runs", "1", "--table", str(tmp_path / "table.npz")]
    call(tmp_path, "--algorithms", "zero_cost_pt:proposals=2,validations=1,batch_size=2,proxy=params", *small)
    assert 1 <= len(read(tmp_path / "trainings.csv")) <= 2


def test_warm_up_by_the_column_of_a_table(tmp_path: Path) -> None:
    names = ["random:warm_up=0", "random"]
    given = ["--score", "params", "--warm-up", str(len(TABLE)), "--runs", "1", "--trainings", "9"]
    call(tmp_path, "--algorithms", *names, *given)
    sizes = {arch.key: TABLE.query(arch, "digits", split="train", metric="params") for arch in TABLE.archs}
    largest = sorted(sizes.values(), reverse=True)[:9]
    found = {name: [row for row in read(tmp_path / "trainings.csv") if row["algorithm"] == name] for name in names}
    trained = {name: [sizes[row["architecture"]] for row in rows] for name, rows in found.items()}
    assert trained["random"] == largest
    assert trained["random:warm_up=0"] != largest
    with pytest.raises(InputError, match="belongs to other work"):
        call(tmp_path, "--algorithms", *names, *given, "--move", "3")


def test_guides_that_lack_something(store: Path, tmp_path: Path) -> None:
    for given, message in (
        (["random", "--warm-up", "3"], "expected --score with warm_up and move"),
        (["robot"], "expected scores of 432 candidates by at least one proxy"),
        (["random", "--score", "parms"], "unknown score, without --scores, 'parms': did you mean 'params'"),
        (["random", "--score", "vot", "--scores", str(store)], "unknown score 'vot'"),
        (["gaussian_process"], "expected scores of 432 candidates by at least one proxy"),
        (["nsga3"], "nsga3: expected at least 2 objectives"),
        (["gaussian_front"], "gaussian_front: .*missing .*'costs'"),
        (["random:sed=3"], "unknown option of random 'sed': did you mean 'seed'"),
    ):
        with pytest.raises((InputError, UnknownNameError), match=message):
            call(tmp_path, "--algorithms", *given)
    assert list(tmp_path.iterdir()) == []
