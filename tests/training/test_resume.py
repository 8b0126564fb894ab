"""An interrupted training ends as one that nothing interrupted."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.training.helpers import QUICK, Tiny, cell, darts, digits, pictures, state
from zcnas.errors import DataError, InputError
from zcnas.training import Epoch, Recipe, Training, train
from zcnas.training import course as course_module

ROOT = Path(__file__).parents[2]
PAPER = Recipe(2, 4, 0.025, weight_decay=3e-4, padding=4, flip=True, cutout=16, auxiliary=0.4, drop_path=0.3, clip=5.0)


class Stop(Exception):
    """In the place of a kill."""


def numbers(done: Training) -> list[Epoch]:
    return [replace(epoch, seconds=0.0) for epoch in done.history]


def stop_after(monkeypatch: pytest.MonkeyPatch, count: int, error: type[BaseException] = Stop) -> None:
    """The training stops when so many epochs are on disk."""
    keep, finished = course_module._keep, []

    def stopping(*arguments: Any) -> None:
        keep(*arguments)
        finished.append(1)
        if len(finished) == count:
            raise error

    monkeypatch.setattr(course_module, "_keep", stopping)


@pytest.mark.parametrize(
    ("build", "data", "how"),
    [(Tiny, digits()[0], QUICK), (cell, digits()[0], replace(QUICK, epochs=3)), (darts, pictures(), PAPER)],
    ids=["dropout", "nasbench201", "darts"],
)
def test_weights_and_numbers_are_bit_identical(
    build: Callable[[], nn.Module], data: Any, how: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, resumed = build(), build()
    expected = train(whole, data, how, validation=data, folder=tmp_path / "whole")
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(Stop):
            train(resumed, data, how, validation=data, folder=tmp_path / "parts")
    again = build()
    torch.manual_seed(123)
    found = train(again, data, how, validation=data, folder=tmp_path / "parts")
    assert (found.resumed, expected.resumed) == (1, 0)
    assert numbers(found) == numbers(expected)
    assert state(again) == state(whole)
    held = [torch.load(tmp_path / part / "best.pt", weights_only=True) for part in ("whole", "parts")]
    weights = [{name: value.tolist() for name, value in one["states"]["network"].items()} for one in held]
    assert weights[0] == weights[1]


def test_without_a_folder_it_is_the_same_training(tmp_path: Path) -> None:
    kept, other = Tiny(), Tiny()
    train(kept, digits()[0], QUICK, folder=tmp_path)
    train(other, digits()[0], QUICK)
    assert state(kept) == state(other)
    assert not list(tmp_path.glob("*.part"))


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first = train(Tiny(), digits()[0], QUICK, folder=tmp_path)
    fresh, before = Tiny(5), (tmp_path / "log.csv").read_bytes()
    second = train(fresh, digits()[0], QUICK, folder=tmp_path)
    assert (second.history, second.resumed) == (first.history, 4)
    assert (tmp_path / "log.csv").read_bytes() == before


def test_ctrl_c_leaves_a_checkpoint_and_the_log_no_double_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_after(patch, 2, KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            train(Tiny(), digits()[0], QUICK, folder=tmp_path)
    # As if the epoch that was stopped had been logged before its checkpoint was there.
    with (tmp_path / "log.csv").open("a") as file:
        file.write("3,0.1,1.0,50.0,,,1.0\n4,0.")
    done = train(Tiny(), digits()[0], QUICK, folder=tmp_path)
    rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    assert [float(row["loss"]) for row in rows] == [epoch.loss for epoch in done.history]
    assert {row["validation_accuracy"] for row in rows} == {""}


def test_kill_9_at_any_moment(tmp_path: Path) -> None:
    code = f"""
from tests.training.helpers import QUICK, Tiny, digits
from zcnas.training import train
from dataclasses import replace
train(Tiny(), digits()[0], replace(QUICK, epochs=200, warmup=1), folder={str(tmp_path / "killed")!r})
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "killed" / "last.pt").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    # Cut short rather than trained to the end: what is on disk is a prefix of the whole.
    path = tmp_path / "killed" / "last.pt"
    held = torch.load(path, weights_only=True)
    assert 1 <= len(held["history"]) < 200
    how = replace(QUICK, epochs=200)
    fresh = Tiny()
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, len(held["history"]))
        with pytest.raises(Stop):
            train(fresh, digits()[0], how, folder=tmp_path / "whole")
    expected = torch.load(tmp_path / "whole" / "last.pt", weights_only=True)["states"]["network"]
    assert all(torch.equal(value, expected[name]) for name, value in held["states"]["network"].items())


def trained(folder: Path) -> Path:
    train(Tiny(), digits()[0], replace(QUICK, epochs=2), folder=folder)
    return folder / "last.pt"


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "flipped"])
def test_a_damaged_checkpoint_is_refused_and_left_alone(damage: str, tmp_path: Path) -> None:
    path = trained(tmp_path)
    content = path.read_bytes()
    middle = content.index(b"PK", 100) - 40
    flipped = content[:middle] + bytes([content[middle] ^ 16]) + content[middle + 1 :]
    bad = {"truncated": content[:-1000], "empty": b"", "text": b"no checkpoint", "flipped": flipped}[damage]
    path.write_bytes(bad)
    with pytest.raises(DataError, match=r"last\.pt: expected a checkpoint .* it is left as it is"):
        train(Tiny(), digits()[0], replace(QUICK, epochs=2), folder=tmp_path)
    assert path.read_bytes() == bad


def test_no_flipped_bit_goes_unnoticed(tmp_path: Path) -> None:
    path, whole = trained(tmp_path / "damaged"), Tiny()
    how = replace(QUICK, epochs=2)
    train(whole, digits()[0], how, folder=tmp_path / "damaged")
    content, refused = path.read_bytes(), 0
    for place in range(7, len(content), len(content) // 60):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        fresh = Tiny()
        try:
            train(fresh, digits()[0], how, folder=tmp_path / "damaged")
        except DataError:
            refused += 1
        else:
            assert state(fresh) == state(whole), "only padding may differ"
    assert refused > 20


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "run"),)

    torch.save({"form": Evil()}, tmp_path / "last.pt")
    with pytest.raises(DataError, match="expected a checkpoint"):
        train(Tiny(), digits()[0], QUICK, folder=tmp_path)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"how": replace(QUICK, epochs=2, cutout=0)}, "recipe.cutout is 2 there, 0 here"),
        ({"seed": 1}, "seed is 0 there, 1 here"),
        ({"name": "another"}, "name is '' there, 'another' here"),
        ({"network": cell()}, "network is 'network: Tiny"),
        ({"data": digits()[1]}, "data.name"),
        ({"validation": digits()[1]}, "validation is None there"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(change: dict[str, Any], told: str, tmp_path: Path) -> None:
    before = trained(tmp_path).read_bytes()
    given = {"network": Tiny(), "data": digits()[0], "how": replace(QUICK, epochs=2), **change}
    network, data, how = (given.pop(key) for key in ("network", "data", "how"))
    with pytest.raises(InputError, match="of another: " + told):
        train(network, data, how, folder=tmp_path, **given)
    assert (tmp_path / "last.pt").read_bytes() == before


def test_starting_anew_over_a_checkpoint_is_refused(tmp_path: Path) -> None:
    trained(tmp_path)
    with pytest.raises(InputError, match=r"expected no checkpoint .* choose another folder"):
        train(Tiny(), digits()[0], QUICK, folder=tmp_path, resume=False)


def test_other_versions_are_said_and_taken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = trained(tmp_path)
    held = torch.load(path, weights_only=True)
    held["versions"]["torch"] = "1.0"
    torch.save(held, path)
    train(Tiny(), digits()[0], replace(QUICK, epochs=2), folder=tmp_path)
    assert "made with torch 1.0" in caplog.text
