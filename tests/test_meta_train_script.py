"""The script that learns the prior that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zcnas.predictors import Prior


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")
    import meta_train

    return meta_train


def test_the_same_arguments_give_the_same_file(
    script: Any, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "other"):
        given = ["--data", str(data_dir), "--spaces", "nasbench_macro", "--most", "200", "--steps", "2", "--quiet"]
        script.main([*given, "--out", str(tmp_path / name)])
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other"}
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    prior = Prior.load(tmp_path / "one")
    assert prior.tasks == ("nasbench_macro/cifar10/accuracy",)
    assert (prior.training["steps"], prior.training["seed"]) == (2, 0)
    told = capsys.readouterr().out
    assert "nasbench_macro/cifar10/accuracy: 200 networks" in told
    assert "s to learn" in told
