"""The script that measures speed-ups: its numbers by other means, its files, its resumption."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from zcnas.benchmarks import digits
from zcnas.searchspaces import NASBench201

TABLE = digits()
PARAMS = TABLE.values("digits", split="train", metric="params")
JUDGED = TABLE.values("digits", **TABLE.truth("digits").choice)
TARGET = float(np.sort(JUDGED)[-3])
RUNS, TRAININGS = 3, 20


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")


def scored(path: Path, values: Sequence[float]) -> Path:
    """A file of scores of the first cells of the table, under the name of the paper's proxy."""
    spelt = map(NASBench201().format, TABLE.archs)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["arch", "synflow"], *zip(spelt, values, strict=False)])
    return path


def call(folder: Path, scores: Path, *given: str) -> dict[str, dict[str, str]]:
    """Rows of the summary by line."""
    import search_speedups

    benchmark = ["--benchmark", "nasbench201", "digits", str(scores), "digits", "--target", repr(TARGET)]
    size = ["--runs", str(RUNS), "--trainings", str(TRAININGS), "--out", str(folder), "--quiet"]
    search_speedups.main([*benchmark, *size, *given])
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["line"]: row for row in csv.DictReader(file)}


def test_with_the_truth_as_score_the_best_is_trained_first(tmp_path: Path) -> None:
    scores = scored(tmp_path / "scores.csv", JUDGED.tolist())
    rows = call(tmp_path / "out", scores, "--lines", "random", "random + warm-up 15625", "ageing evolution + move")
    warm = rows[f"random + warm-up {len(TABLE)}"]
    assert float(warm["target_median"]) == float(warm["crossing"]) == 1
    assert float(warm["best_at_10"]) == pytest.approx(JUDGED.max(), abs=1e-4)
    assert float(warm["target"]) == pytest.approx(TARGET)
    # At ten times the share of three architectures.
    assert float(warm["easier_target"]) == pytest.approx(np.sort(JUDGED)[-30])
    assert set(rows) == {"random", f"random + warm-up {len(TABLE)}", "ageing evolution + move"}
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "left out" not in report
    assert f"scores of all {len(TABLE)} architectures" in report


def test_of_a_sample_half_is_scored_and_lines_that_need_all_are_left_out(tmp_path: Path) -> None:
    scores = scored(tmp_path / "scores.csv", JUDGED[:81].tolist())
    wanted = ["random + warm-up 1000", "random + warm-up 3000", "REINFORCE + warm-up 3000", "ageing evolution + move"]
    rows = call(tmp_path / "out", scores, "--lines", *wanted)
    assert set(rows) == {"random + warm-up 41"}  # the same, however many are wanted
    assert float(rows["random + warm-up 41"]["best_at_10"]) <= JUDGED[:81].max() + 1e-4
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "left out, as they need scores of all: REINFORCE + warm-up 3000, ageing evolution + move" in report


def test_numbers_depend_on_neither_workers_nor_interruptions(tmp_path: Path) -> None:
    scores, names = scored(tmp_path / "scores.csv", PARAMS.tolist()), ["--lines", "random", "REINFORCE + move 10"]
    alone = call(tmp_path / "alone", scores, *names)
    files = sorted((tmp_path / "alone" / "runs").iterdir())
    kept = [path.read_bytes() for path in files]
    assert call(tmp_path / "alone", scores, *names) == alone
    assert [path.read_bytes() for path in files] == kept  # nothing was done again
    whole = kept[0].splitlines(keepends=True)
    files[0].write_bytes(b"".join(whole[:-1]) + whole[-1][: len(whole[-1]) // 2])
    assert call(tmp_path / "alone", scores, *names) == alone
    assert [path.read_bytes() for path in files] == kept


def test_two_workers_give_what_one_gives(tmp_path: Path) -> None:
    from _speedups_lines import LINES
    from _speedups_runs import all_runs
    from _speedups_setup import Source

    source = Source("nasbench201", Path("digits"), scored(tmp_path / "scores.csv", PARAMS.tolist()), "digits")
    pairs = [(source, line) for line in LINES if line.name in ("random", "ageing evolution + move")]
    one, two = (all_runs(pairs, {source: 11}, 12, workers, tmp_path / str(workers), False) for workers in (1, 2))
    assert one == two
    assert all(len(runs) == 11 for runs in one.values())


def test_lines_are_what_their_names_say(tmp_path: Path) -> None:
    from _speedups_lines import BY_PROXY, LINES, REPEATING
    from _speedups_published import CROSSINGS, CURVES, TRAININGS

    names = [line.name for line in (*LINES, REPEATING, *BY_PROXY)]
    assert len(set(names)) == len(names)
    for line in LINES:
        assert (f"warm-up {line.warm_up}" in line.name) == bool(line.warm_up)
        assert ("move" in line.name) == bool(line.move)
    published = {name for name in CURVES if not name.startswith("pairwise predictor")}
    assert published == {line.name for line in LINES}
    assert set(CROSSINGS) <= set(CURVES)
    assert all(len(curve) == len(TRAININGS) and list(curve) == sorted(curve) for curve in CURVES.values())


def test_runs_that_never_reach_a_target_are_not_counted_as_short(tmp_path: Path) -> None:
    worst_first = scored(tmp_path / "scores.csv", (-JUDGED).tolist())
    rows = call(tmp_path / "out", worst_first, "--lines", "random + warm-up 15625")
    (row,) = rows.values()
    assert math.isinf(float(row["target_median"]))
    assert row["target_reached"] == "0"


def test_what_was_published_trains_repetitions_too(tmp_path: Path) -> None:
    from _speedups_released import trained
    from _speedups_setup import Source, setup_of

    setup = setup_of(Source("nasbench201", Path("digits"), scored(tmp_path / "scores.csv", PARAMS.tolist()), "digits"))
    seen, judged = trained(setup, 0, 200)
    assert len(seen) == len(judged) == 200
    assert len(set(judged[:64])) > 40  # random ones, some of which are as good as others
    assert len(set(zip(seen, judged, strict=True))) < 180
    assert np.mean(seen[-64:]) > np.mean(seen[:64])
    assert trained(setup, 0, 100) == [seen[:100], judged[:100]]


def test_mean_ranks_are_taken_over_data_sets(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from _speedups_report import mean_ranks

    def band(value: float) -> SimpleNamespace:
        return SimpleNamespace(mean=np.array([0.0, value]))

    tasks = [{"a": 3.0, "b": 1.0, "c": 1.0}, {"a": 1.0, "b": 5.0, "c": 0.0}]
    found = [
        SimpleNamespace(lines=[SimpleNamespace(name=name, best=band(value)) for name, value in task.items()])
        for task in tasks
    ]
    assert mean_ranks(found, 100) == {"a": 1.5, "b": 1.75, "c": 2.75}  # type: ignore[arg-type]
