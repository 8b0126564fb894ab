"""The authors' .pth file of TransNAS-Bench-101, written after its public description: no real one is at hand."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.searchspaces.damage import cuts, flips, refusals
from zcnas.errors import DataError, InputError
from zcnas.searchspaces.transnasbench101 import (
    TASKS,
    TransNASBench101Macro,
    TransNASBench101Micro,
    convert,
    read,
    results,
)
from zcnas.space import Architecture
from zcnas.table import Table


class FewCells(TransNASBench101Micro):
    """Some of them, to read files of which in milliseconds."""

    def __iter__(self) -> Iterator[Architecture]:
        return islice(super().__iter__(), 1000, 1008)


class FewStacks(TransNASBench101Macro):
    """Some of them."""

    def __iter__(self) -> Iterator[Architecture]:
        return islice(super().__iter__(), 8)


SPACES = {"micro": FewCells(), "macro": FewStacks()}
KNOWN = SPACES["macro"].format(next(iter(SPACES["macro"])))
COSTS = {"inference_time": 0.01, "encoder_params": 2e6, "model_params": 3e6, "model_FLOPs": 5e8, "encoder_FLOPs": 4e8}
EPOCHS = 3  # Short, so that files are small.


def training(task: str, level: float) -> dict[str, Any]:
    """Values get better by the epoch."""
    kind, metrics = TASKS[task].recorded_as, {}
    for split in ("train", "valid", "test"):
        start = level + (split == "test") / 16
        value = [2 - start - epoch / 64 if kind == "loss" else start + epoch / 64 for epoch in range(EPOCHS)]
        metrics[f"{split}_{kind}"] = value
        metrics.setdefault(f"{split}_loss", [1.0] * EPOCHS)
    if kind == "loss":
        metrics |= {f"{split}_neg_loss": [-one for one in metrics[f"{split}_loss"]] for split in ("valid", "test")}
    return {"metrics": {**metrics, "time_elapsed": [1.0] * EPOCHS}, "model_info": dict(COSTS), "total_epochs": EPOCHS}


def made_up() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    names = list(training("jigsaw", 0.5)["metrics"])
    return {
        "metrics_dict": dict.fromkeys(TASKS, names),
        "info_names": list(COSTS),
        "task_list": list(TASKS),
        "data": {
            kind: {
                space.format(arch): {task: training(task, float(rng.random()) / 2) for task in TASKS} for arch in space
            }
            for kind, space in reversed(SPACES.items())
        },
    }


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, space in SPACES.items():
        monkeypatch.setitem(results.SPACES, kind, type(space))


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    return made_up()


def saved(content: object, path: Path, *, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.fixture(scope="module")
def file(content: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(content, tmp_path_factory.mktemp("file") / "transnas-bench_v10141024.pth")


def check(table: Table, space: Any, content: dict[str, Any]) -> None:
    assert table.archs == tuple(space)
    for row, arch in enumerate(table.archs):
        tasks = content["data"][space.name.rpartition("_")[2]][space.format(arch)]
        for task, about in TASKS.items():
            for split, prefix in (("val", "valid"), ("test", "test")):
                value = tasks[task]["metrics"][f"{prefix}_{about.recorded_as}"][-1]
                expected = -value if task == "room_layout" else value
                assert table.values(task, split=split, metric=about.metric)[row] == np.float32(expected)


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("legacy", [False, True])
def test_the_last_epoch_is_taken(kind: str, legacy: bool, content: dict[str, Any], tmp_path: Path) -> None:
    path = saved(content, tmp_path / "transnas-bench_v10141024.pth", legacy=legacy)
    table = convert(path, tmp_path / "table.npz", space=kind, progress=False)
    check(table, SPACES[kind], content)
    column = table.find("room_layout", split="val", metric="neg_loss")
    assert (column.epochs, column.higher_is_better, column.unit) == (EPOCHS, True, "1")
    assert table.truth("room_layout") == table.find("room_layout", split="test", metric="neg_loss")
    assert table.truth("class_scene") == table.find("class_scene", split="test")
    assert "-1" in table.meta["room_layout"]
    costs = {"params": 3e6, "flops": 5e8, "encoder_params": 2e6, "encoder_flops": 4e8, "latency": 0.01}
    assert {name: table.values("normal", metric=name)[7] for name in costs} == pytest.approx(costs)


def test_the_space_must_be_said(file: Path, tmp_path: Path) -> None:
    for space in (None, "nano"):
        with pytest.raises(InputError, match=rf"expected space='micro' or 'macro', as it has both, got {space!r}"):
            convert(file, tmp_path / "table.npz", space=space)
    with pytest.raises(InputError, match=r"none\.pth: expected a transnas-bench_\*\.pth file, got nothing"):
        read(tmp_path / "none.pth", space="micro")


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("/tmp/zcnas-was-here",))


def one(content: dict[str, Any], task: str = "jigsaw") -> dict[str, Any]:
    found: dict[str, Any] = content["data"]["macro"][KNOWN][task]
    return found


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "code": (lambda it: it.update(extra=Harmful()), "mkdir"),
    "code in a record": (lambda it: one(it)["model_info"].update(extra=Harmful()), "mkdir"),
    "no such space": (lambda it: it["data"].pop("macro"), "macro"),
    "a row too few": (lambda it: it["data"]["macro"].pop(KNOWN), "7 of 8"),
    "an unknown stack": (
        lambda it: it["data"]["macro"].update({"64-1111-basic": it["data"]["macro"].pop(KNOWN)}),
        "64-1111-basic",
    ),
    "a task too few": (lambda it: it["data"]["macro"][KNOWN].pop("normal"), "normal"),
    "no such metric": (lambda it: one(it)["metrics"].pop("valid_top1"), "valid_top1"),
    "an epoch too few": (
        lambda it: one(it)["metrics"]["valid_top1"].pop(),
        "expected 3 epochs of 64-.*-basic, got 2",
    ),
    "no epoch": (lambda it: one(it)["metrics"]["valid_top1"].clear(), "index out of range"),
    "a negative loss": (
        lambda it: one(it, "room_layout")["metrics"]["valid_loss"].__setitem__(-1, -1.0),
        "expected a neg_loss from -inf to 0, got 1.0",
    ),
    "NaN": (lambda it: one(it)["metrics"]["valid_top1"].__setitem__(-1, float("nan")), "a finite number, got nan"),
    "text": (lambda it: one(it)["metrics"]["valid_top1"].__setitem__(-1, "57"), "a finite number, got '57'"),
    "no data": (lambda it: it.clear(), "data"),
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_wrong_contents_are_data_errors(change: str, legacy: bool, content: dict[str, Any], tmp_path: Path) -> None:
    edit, message = CHANGES[change]
    # One space suffices.
    copy = pickle.loads(pickle.dumps({**content, "data": {"macro": content["data"]["macro"]}}))
    edit(copy)
    path = saved(copy, tmp_path / "transnas-bench.pth", legacy=legacy)
    with pytest.raises(DataError, match=rf"bench\.pth: expected a complete transnas-bench.*{message}"):
        convert(path, tmp_path / "table.npz", space="macro", progress=False)
    assert not (tmp_path / "table.npz").exists()
    assert not Path("/tmp/zcnas-was-here").exists()


def test_truncated_files_are_data_errors(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "transnas-bench.pth"
    for data in cuts(file.read_bytes(), 8):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"bench\.pth: expected a"):
            read(path, space="macro")


@pytest.mark.parametrize("data", [b"text", b"PK\x05\x06" + bytes(18), pickle.dumps({"data": 5})])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.pth").write_bytes(data)
    with pytest.raises(DataError, match=r"other\.pth: expected a"):
        read(tmp_path / "other.pth", space="micro")


@pytest.mark.parametrize("legacy", [False, True])
def test_flipped_bits_give_an_error_or_one_table(legacy: bool, content: dict[str, Any], tmp_path: Path) -> None:
    """In the form without checksums a flip can also change a number, which nothing can find."""
    path = saved({**content, "data": {"macro": content["data"]["macro"]}}, tmp_path / "bench.pth", legacy=legacy)
    data, expected = path.read_bytes(), read(path, space="macro")

    def check(found: Table) -> None:
        changed = [found._values[one] != expected._values[one] for one in expected.columns if one in found.columns]
        assert np.sum(changed) <= legacy

    refused = refusals(path, flips(data), lambda file: read(file, space="macro"), check)
    assert refused > (20 if legacy else 150)


def test_lists_are_not_taken_for_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "lists.pth", "w") as archive:
        archive.writestr("what.txt", "text")
    with pytest.raises(DataError, match=r"lists\.pth: expected a complete zip file of NASLib's lists"):
        read(tmp_path / "lists.pth", space="micro")
