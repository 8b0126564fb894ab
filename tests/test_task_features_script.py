"""The script that asks whether priors are better that are told of a task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")
    import task_features

    return task_features


def test_tasks_are_trained_described_and_left_out(script: Any, tmp_path: Path) -> None:
    given = ["--tasks", "3", "--cells", "5", "--folds", "3", "--steps", "2", "--draws", "2", "--quiet"]
    given += ["--proxies", "grad_norm", "params", "--out", str(tmp_path)]
    script.main(given)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "- 3 tasks, 5 cells" in text
    assert all(f"| {way} |" in text for way in script.WAYS)
    _, *lines = map(json.loads, (tmp_path / "runs.jsonl").read_text(encoding="utf-8").splitlines())
    pieces = dict(lines)
    assert {*pieces} == {f"{kind} {place}" for kind in ("trained", "described", "judged") for place in range(3)}
    features = np.array([pieces[f"described {place}"] for place in range(3)]).reshape(3, 2, 2, 4)
    assert np.array_equal(features[:, :, 1], np.zeros((3, 2, 4)))  # Of parameters nothing is left.
    assert (features[:, :, 0] != 0).all()
    assert (features[:, 0, 0] != features[:, 1, 0]).any()  # Of another batch.

    # What is finished is not done again.
    before = (tmp_path / "runs.jsonl").read_bytes()
    script.main(given)
    assert (tmp_path / "runs.jsonl").read_bytes() == before
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == text


@pytest.mark.usefixtures("script")
def test_a_task_that_is_left_out_is_not_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    import _task_features_runs as runs

    rng = np.random.default_rng(0)
    plan = runs.Plan(4, 8, ("nwot",), 2, 1, 1)
    values, features = rng.standard_normal((4, 8)).tolist(), rng.standard_normal((4, 3)).tolist()
    seen = []

    def watched(tasks: Any, **options: Any) -> Any:
        seen.append(([task.dataset for task in tasks], [task.features is not None for task in tasks]))
        return runs.zcnas.predictors.meta_train(tasks, **options)

    monkeypatch.setattr(runs, "meta_train", watched)
    rows = runs.one(runs.Piece(plan, "judged", 1, values, features))
    assert [place for place, _ in rows] == [1, 3]
    assert np.shape([row for _, row in rows]) == (2, len(runs.WAYS), len(runs.SUPPORTS))
    assert seen == [(["digits 0", "digits 2"], [True, True]), (["digits 0", "digits 2"], [False, False])]


@pytest.mark.usefixtures("script")
def test_tasks_are_recognised_by_another_batch(script: Any) -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((5, 1, 4)) + 1e-3 * rng.standard_normal((5, 2, 4))
    assert script._recognised(features) == 5
    mixed = np.stack([features[:, 0], np.roll(features[:, 1], 1, axis=0)], axis=1)
    assert script._recognised(mixed) == 0
