"""The script that holds sums over layers against whole networks, on tiny ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zcnas.latency import Calibration

TINY = ["--networks", "4", "--calibrate", "2", "--rounds", "1", "--seconds", "1e-4", "--N", "1", "--C", "2", "--quiet"]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(Path(__file__).parents[3] / "experiments")
    import latency_sum_of_layers

    return latency_sum_of_layers


def test_quality_is_of_networks_that_did_not_calibrate(script: Any) -> None:
    sums = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    measured = np.array([12.0, 14.0, 20.0, 18.0, 20.0])  # 10 + 2 x sum, but for the third, which is told as 16
    told = script._quality(sums, measured, np.array([0, 1]))
    assert told.spearman == pytest.approx(0.0)
    assert (told.median_error, told.largest_error) == pytest.approx((0.0, 0.2))


def test_the_script_runs(script: Any, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # A clock that ticks once a call: what networks take does not matter here, and all take something.
    ticks = iter(range(1, 1_000_000))
    monkeypatch.setattr("zcnas.latency.measuring.execution.samples", lambda *_: [1e-3 * next(ticks)])
    monkeypatch.setattr(script, "_quality", lambda *_: script.Quality(0.5, 0.25, 0.75))
    monkeypatch.setattr(script, "calibrate", lambda *_: Calibration(1.0, 0.0, 2))
    script.main(["--out", str(tmp_path), "--runtimes", "torch", *TINY])
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == text
    assert "| minimum | 0.500 | 25.0 % | 75 % |" in text
    assert "| head-input:8x8x8-output:10 |" in text
