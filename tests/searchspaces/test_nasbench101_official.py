"""NAS-Bench-101's official files as tables. No real one is here: they are written from their public description."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.searchspaces.nasbench101_files import SMALLEST, SPACE, converted, runs, written
from zcnas.cli import main
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces.nasbench101 import convert, trainings
from zcnas.searchspaces.nasbench101.metrics import EPOCHS


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven models are a whole benchmark."""
    monkeypatch.setattr(trainings, "_SIZE", 7)


@pytest.mark.parametrize("options", [{}, {"checkpoint": "/where/it/was/model.ckpt-12345"}])
@pytest.mark.parametrize("epochs", [(108,), EPOCHS])
def test_a_table_holds_what_the_file_says(epochs: tuple[int, ...], options: Any, tmp_path: Path) -> None:
    found = runs(epochs)
    table = converted(written(tmp_path / "nasbench.tfrecord", found, **options), tmp_path)
    assert len(table) == 7
    assert {column.epochs for column in table.columns} == {*epochs, None}
    for arch in SMALLEST[:7]:
        assert table.query(arch, "cifar10", split="train", metric="params") == SPACE.parameters(arch)
        for length in epochs:
            mine = np.array([final for one, epoch, final in found if (one, epoch) == (arch, length)])
            for place, split in enumerate(("train", "val", "test")):
                asked: Any = {"split": split, "epochs": length}
                told = [table.query(arch, "cifar10", seed=seed, **asked) for seed in (1, 2, 3)]
                # Tables hold float32.
                np.testing.assert_allclose(told, 100 * mine[:, place], rtol=2e-7)
                if split != "train":
                    mean = table.query(arch, "cifar10", seed="mean", **asked)
                    assert mean == pytest.approx(100 * mine[:, place].mean(), rel=2e-7)
            seconds = [
                table.query(arch, "cifar10", split="train", metric="seconds", epochs=length, seed=s) for s in (1, 2, 3)
            ]
            np.testing.assert_allclose(seconds, mine[:, 3], rtol=1e-7)
    first = table.columns[0]
    assert (first.split, first.metric, first.epochs, first.seed) == ("test", "accuracy", 108, "mean")
    assert table.truth() == first
    assert all(column.complete for column in table.columns)


def test_it_says_where_it_came_from(tmp_path: Path) -> None:
    path = written(tmp_path / "nasbench.tfrecord", runs())
    meta = converted(path, tmp_path).meta
    assert (meta["source"], meta["bytes"], meta["published"]) == ("nasbench.tfrecord", path.stat().st_size, "no")
    assert re.fullmatch("[0-9a-f]{64}", meta["sha256"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", meta["date"])
    assert set(meta["versions"]) == {"python", "numpy"}


def test_the_command_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "nasbench.tfrecord", runs(models=5))
    call = ["convert", "nasbench101", str(path), str(tmp_path / "table.npz"), "--quiet"]
    assert main(call) == 1
    assert "5 of 7 models, which only `partial` allows" in capsys.readouterr().err
    assert not (tmp_path / "table.npz").exists()
    assert main([*call, "--partial"]) == 0
    assert "5 architectures, 15 columns" in capsys.readouterr().out
    assert main([*call, "--trust"]) == 1
    assert "--trust: has no meaning" in capsys.readouterr().err


def test_the_bar_counts_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    convert(written(tmp_path / "nasbench.tfrecord", runs()), tmp_path / "table.npz")
    assert "100%" in capsys.readouterr().err


def test_what_lacks_is_told(tmp_path: Path) -> None:
    found = runs(EPOCHS)
    gone = next(run for run in found if run[:2] == (SMALLEST[3], 36))
    path = written(tmp_path / "some.tfrecord", [run for run in found if run is not gone])
    with pytest.raises(DataError, match="1 models lack trainings of 36 epochs, of which there are 3 each"):
        converted(path, tmp_path)
    table = converted(path, tmp_path, partial=True)
    lacking = {(column.epochs, column.seed) for column in table.columns if not column.complete}
    assert lacking == {(36, "3")}
    with pytest.raises(UnknownNameError):
        table.query(SMALLEST[3], "cifar10", epochs=36, seed=3)
    two = [table.query(SMALLEST[3], "cifar10", epochs=36, seed=seed) for seed in (1, 2)]
    assert table.query(SMALLEST[3], "cifar10", epochs=36) == pytest.approx(np.mean(two), rel=2e-7)


def test_a_model_without_any_training_of_a_length_has_no_mean(tmp_path: Path) -> None:
    found = [run for run in runs(EPOCHS) if run[:2] != (SMALLEST[0], 4)]
    table = converted(written(tmp_path / "some.tfrecord", found), tmp_path, partial=True)
    with pytest.raises(UnknownNameError):
        table.query(SMALLEST[0], "cifar10", epochs=4)


def test_places_that_cannot_be_read_or_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "nasbench.tfrecord", runs())
    with pytest.raises(InputError, match=r"nowhere.*give its path"):
        convert(tmp_path / "nowhere", tmp_path / "table.npz")
    with pytest.raises(InputError, match="give its path"):
        convert(tmp_path, tmp_path / "table.npz")
    with pytest.raises(InputError, match="another file than the one that is read"):
        convert(path, path)
    with pytest.raises(InputError, match="can be written"):
        convert(path, tmp_path / "no" / "table.npz")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "table.npz").write_text("old")
    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InputError, match="No space left"):
        converted(path, tmp_path)
    assert (tmp_path / "table.npz").read_text() == "old"
    assert {file.name for file in tmp_path.iterdir()} == {"nasbench.tfrecord", "table.npz"}
