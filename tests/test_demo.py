"""The demonstration: what it computes, and that it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(ROOT / "experiments")


def call(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "experiments/demo.py", "--out", str(folder), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_demonstration_runs(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    proxies = ["params", "flops", "synflow", "az_*"]
    outcome = call("--cells", "8", "--workers", "2", "--proxies", *proxies, folder=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    rows = [line.split() for line in outcome.stdout.splitlines()]
    found = {row[0] if row[0] not in ("baseline", "aggregate") else row[1] for row in rows if row}
    assert {"ceiling", "params", "flops", "synflow", "az_trainability", "az_nas"} <= found
    assert "Picked by az_nas, without training:" in outcome.stdout
    assert "points below the best" in outcome.stdout
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["overview.png", "proxies.png", "report.txt", "scores.csv", "search.png"]
    assert (tmp_path / "report.txt").read_text() in outcome.stdout
    assert all((tmp_path / name).stat().st_size > 10_000 for name in written if name.endswith(".png"))
    header, *lines = (tmp_path / "scores.csv").read_text().splitlines()
    assert header.startswith("arch,test_accuracy,params,flops,synflow,az_expressivity")
    assert len(lines) == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--proxies", "synflo"], "did you mean 'synflow'"),
        (["--cells", "2"], "expected --cells >= 3 and --workers >= 1, got 2"),
    ],
)
def test_mistakes_are_named_without_a_traceback(tmp_path: Path, arguments: list[str], message: str) -> None:
    outcome = call(*arguments, folder=tmp_path)
    assert outcome.returncode == 1
    assert message in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_values_that_are_undefined_rank_last() -> None:
    from _demo_report import best_of, correlation

    truth = np.arange(20.0)
    column = np.where(truth < 5, np.nan, truth)
    lowest = np.where(truth < 5, -1.0, truth)
    assert correlation(column, truth).value == pytest.approx(stats.spearmanr(lowest, truth).statistic)
    assert best_of(column, truth, 1).place == 19
    assert best_of(np.where(truth == 3, 1.0, np.nan), truth, 1).place == 3


def test_picks_report_rank_and_regret() -> None:
    from _demo_report import best_of

    accuracy = np.array([50.0, 80.0, 60.0, 70.0])
    scores = np.array([9.0, 1.0, 9.0, 5.0])
    first = best_of(scores, accuracy, 1)
    assert (first.place, first.rank, first.regret) == (0, 4, 30.0)
    shortlist = best_of(scores, accuracy, 3)
    assert (shortlist.place, shortlist.accuracy, shortlist.rank, shortlist.regret) == (3, 70.0, 2, 10.0)
