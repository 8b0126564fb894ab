"""The script that measures few-shot predictors on published benchmarks."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")
    import few_shot

    return few_shot


def test_a_setting_is_left_out(script: Any, data_dir: Path, tmp_path: Path) -> None:
    given = ["--data", str(data_dir), "--out", str(tmp_path), "--spaces", "transnasbench101_micro", "nasbench_macro"]
    given += ["--settings", "transnasbench101_micro/jigsaw/accuracy", "--most", "200", "--draws", "2", "--joint"]
    given += ["--support", "0", "10", "--steps", "2", "--scratch", "gradient_boosting"]
    script.main(given)
    with (tmp_path / "runs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # Without examples once, with 10 twice; gradient boosting only with examples.
    assert len(rows) == 3 * 3 + 2
    assert {row["setting"] for row in rows} == {"transnasbench101_micro/jigsaw/accuracy"}
    assert {float(row["shift"]) > 0.5 for row in rows} == {True}
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| method | 0 | 10 |" in text
    prior = tmp_path / "without-transnasbench101_micro-jigsaw-accuracy.safetensors"
    before = prior.read_bytes()
    script.main(given)
    assert prior.read_bytes() == before
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == text


def test_all_sixteen_settings_are_read(script: Any, data_dir: Path, tmp_path: Path) -> None:
    found = script.tasks(data_dir, tmp_path, most=30)
    assert len(found) == 16
    assert len({task.name for task in found}) == 16
    assert {len(task.archs) for task in found} == {30}
