"""The script that counts trainings of searches by a prior."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest

import zcnas
from zcnas.benchmarks import digits
from zcnas.column import Column
from zcnas.errors import InputError
from zcnas.predictors import Prior
from zcnas.predictors.learned import Learned
from zcnas.searchspaces import NASBench201

TABLE = digits()


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")


def written(path: Path, *tasks: str) -> Path:
    """The prior that ships, as if it were learned from other tasks."""
    known = zcnas.load_predictor("general").learned
    Prior(Learned(known.arrays, {**known.facts, "tasks": list(tasks)})).save(path)
    return path


def call(folder: Path, prior: Path) -> dict[str, dict[str, str]]:
    """Rows of the summary by line."""
    import few_shot_search

    scores = folder.with_suffix(".csv")
    with scores.open("w", encoding="utf-8", newline="") as file:
        values = TABLE.values("digits", split="train", metric="params")
        spelt = map(NASBench201().format, TABLE.archs)
        csv.writer(file).writerows([["arch", "synflow"], *zip(spelt, values, strict=True)])
    benchmark = ["--benchmark", "nasbench201", "digits", str(scores), str(prior), "digits", "--within", "0.5"]
    size = ["--runs", "2", "--trainings", "12", "--out", str(folder), "--quiet"]
    few_shot_search.main([*benchmark, *size, "--lines", "random", "ageing evolution + warm-up 3000"])
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["line"]: row for row in csv.DictReader(file)}


def test_all_lines_are_compared_and_kept(tmp_path: Path) -> None:
    prior = written(tmp_path / "prior", "darts/cifar10/accuracy")
    rows = call(tmp_path / "out", prior)
    assert list(rows) == ["few-shot", "random", f"ageing evolution + warm-up {len(TABLE)}"]
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "trainings to" in report
    (kept,) = (tmp_path / "out" / "runs").iterdir()
    before = kept.read_bytes()
    assert call(tmp_path / "out", prior) == rows
    assert kept.read_bytes() == before
    # Another prior's runs are others.
    assert "few-shot, space known" in call(
        tmp_path / "out", written(tmp_path / "other", "nasbench201/cifar10/accuracy")
    )
    assert len(kept.read_bytes()) > len(before)


def test_a_prior_that_knows_the_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not learned from nasbench201 digits"):
        call(tmp_path / "out", written(tmp_path / "prior", "nasbench201/digits/accuracy"))


def test_what_is_not_in_percent_is_refused_before_anything_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import few_shot_search

    column = Column("digits", metric="ssim", unit="")
    task = SimpleNamespace(judged=SimpleNamespace(column=column))
    monkeypatch.setattr(few_shot_search, "setup_of", lambda _: SimpleNamespace(task=task))
    monkeypatch.setattr(few_shot_search, "all_runs", lambda *_: pytest.fail("it searched"))
    with pytest.raises(InputError, match=r"digits: expected a column in %, got .*ssim.*; leave it out"):
        call(tmp_path / "out", written(tmp_path / "prior", "darts/cifar10/accuracy"))
