"""TransNAS-Bench-101's lists become a table: every record, direction and unit, and damage is told."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.searchspaces.damage import cuts, flips, refusals
from tests.searchspaces.test_transnasbench101_authors import FewStacks
from zcnas.errors import DataError, InputError
from zcnas.searchspaces.transnasbench101 import (
    TASKS,
    TransNASBench101Macro,
    TransNASBench101Micro,
    convert,
    read,
    results,
)
from zcnas.table import Table

SPACES = {"micro": TransNASBench101Micro(), "macro": TransNASBench101Macro()}
FILES = {"micro": "tnb101_micro_zen__all_benchmarks_zen.zip", "macro": "tnb101_macro_zen.zip"}
Lists = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module", params=FILES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def file(kind: str, data_dir: Path) -> Path:
    return data_dir / "transnasbench101" / FILES[kind]


def lists() -> Lists:
    """Made-up results of some stacks, in parts as they are published."""
    rng, found = np.random.default_rng(0), {}
    for name, task in TASKS.items():
        low = max(task.low, -3)
        records = [
            {
                "idx": str(place),
                "arch": str(tuple(digit for digit in arch.genome if digit)),
                "zen": {"score": 1.0, "time": 1.0},
                "val_accuracy": float(rng.uniform(low, task.high)),
            }
            for place, arch in enumerate(FewStacks())
        ]
        for start in range(0, len(records), 5):
            found[f"zen/benchmark--transbench101_macro--{name}--{start}.json"] = records[start : start + 5]
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The macro space is as small as the made-up lists."""
    monkeypatch.setitem(results.SPACES, "macro", FewStacks)


def write(path: Path, content: Lists) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("zen")
        for name, records in content.items():
            archive.writestr(name, json.dumps(records))
    return path


@pytest.fixture(scope="module")
def made_up() -> Lists:
    return lists()


def test_values_are_those_of_the_lists(kind: str, file: Path, tmp_path: Path) -> None:
    table, space, checked = convert(file, tmp_path / "table.npz"), SPACES[kind], 0
    assert table.archs == tuple(space)
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            task = TASKS.get(name.split("--")[-2]) if name.endswith(".json") else None
            for record in json.loads(archive.read(name)) if task else []:
                genome = json.loads(record["arch"].replace("(", "[").replace(")", "]"))
                text = (
                    "64-41414-{}_{}{}_{}{}{}".format(*genome)
                    if kind == "micro"
                    else f"64-{''.join(map(str, genome))}-basic"
                )
                found = table.query(space.parse(text), name.split("--")[-2], split="val", metric=task.metric)
                assert found == np.float32(record["val_accuracy"])
                checked += 1
    assert checked == 7 * len(space)


BEST = {
    "micro": {"class_scene": 54.94, "jigsaw": 95.37, "segmentsemantic": 94.61, "autoencoder": 0.577},
    "macro": {"class_scene": 57.41, "jigsaw": 97.02, "segmentsemantic": 94.86, "autoencoder": 0.749},
}
ROOMS = {"micro": (-1.09, -0.60), "macro": (-2.77, -0.58)}


def test_the_best_are_the_published_ones(kind: str, file: Path) -> None:
    table = read(file)
    for task, best in BEST[kind].items():
        values = table.values(task, split="val", metric=TASKS[task].metric)
        assert values.max() == pytest.approx(best, abs=6e-3 if best > 1 else 6e-4)
    rooms = table.values("room_layout", split="val", metric="neg_loss")
    assert (round(rooms.min(), 2), round(rooms.max(), 2)) == ROOMS[kind]


def test_tasks_agree_on_which_networks_are_good(kind: str, file: Path) -> None:
    """So directions are right: of two tasks with opposite ones, ranks would be reversed."""
    from scipy.stats import spearmanr

    table = read(file)
    every = [table.values(task, split="val", metric=TASKS[task].metric) for task in TASKS]
    assert np.min(spearmanr(np.stack(every, axis=1)).statistic) > 0


@pytest.mark.usefixtures("small")
def test_columns_say_what_they_hold(made_up: Lists, tmp_path: Path) -> None:
    table = read(write(tmp_path / "lists.zip", made_up))
    said = {
        column.dataset: (column.metric, column.unit, column.split, column.epochs, column.higher_is_better)
        for column in table.columns
    }
    assert said == {
        "class_scene": ("accuracy", "%", "val", 25, True),
        "class_object": ("accuracy", "%", "val", 25, True),
        "room_layout": ("neg_loss", "1", "val", 25, True),
        "jigsaw": ("accuracy", "%", "val", 10, True),
        "segmentsemantic": ("accuracy", "%", "val", 30, True),
        "normal": ("ssim", "1", "val", 30, True),
        "autoencoder": ("ssim", "1", "val", 30, True),
    }
    assert "last epoch" in table.meta["recorded"]


def first(content: Lists, task: str = "class_scene") -> list[dict[str, Any]]:
    return content[f"zen/benchmark--transbench101_macro--{task}--0.json"]


CHANGES: dict[str, tuple[Callable[[Lists], Any], str]] = {
    "a missing list": (
        lambda one: one.pop("zen/benchmark--transbench101_macro--jigsaw--0.json"),
        "jigsaw: it has 3 of 8",
    ),
    "a missing row": (lambda one: first(one).pop(), "class_scene: it has 7 of 8"),
    "a row twice": (lambda one: first(one).append(first(one)[0]), "occurs twice"),
    "another space": (
        lambda one: one.update({"zen/benchmark--transbench101_micro--jigsaw--0.json": []}),
        "expected one space.*got macro, and micro with jigsaw",
    ),
    "an unknown task": (
        lambda one: one.update({"zen/benchmark--transbench101_macro--depth--0.json": first(one)}),
        "got macro, and macro with depth",
    ),
    "another file": (lambda one: one.update({"zen/readme.json": []}), "it has 'zen/readme.json'"),
    "an unknown stack": (
        lambda one: first(one)[0].update(arch="(1, 1, 1, 1)"),
        r"expected 6 genes.*\(1, 1, 1, 1, 0, 0",
    ),
    "another form": (lambda one: first(one)[0].update(arch="1234"), "expected 6 genes"),
    "a positive loss": (
        lambda one: first(one, "room_layout")[0].update(val_accuracy=0.6),
        "expected a neg_loss from -inf to 0, got 0.6",
    ),
    "NaN": (
        lambda one: first(one)[0].update(val_accuracy=float("nan")),
        "expected a finite number, got nan",
    ),
    "infinity": (
        lambda one: first(one, "room_layout")[0].update(val_accuracy=-float("inf")),
        "expected a finite number, got -inf",
    ),
    "a fraction": (
        lambda one: first(one, "normal")[0].update(val_accuracy=57.7),
        "expected a ssim from -1 to 1",
    ),
    "text": (lambda one: first(one)[0].update(val_accuracy="57"), "got '57'"),
    "no value": (lambda one: first(one)[0].pop("val_accuracy"), "val_accuracy"),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("change", CHANGES)
def test_wrong_contents_are_data_errors(change: str, made_up: Lists, tmp_path: Path) -> None:
    edit, message = CHANGES[change]
    content: Lists = json.loads(json.dumps(made_up))
    edit(content)
    path = write(tmp_path / "lists.zip", content)
    with pytest.raises(DataError, match=rf"lists\.zip: expected a complete zip.*{message}"):
        convert(path, tmp_path / "table.npz")
    assert not (tmp_path / "table.npz").exists()


@pytest.mark.usefixtures("small")
def test_truncated_and_garbled_files_are_data_errors(made_up: Lists, tmp_path: Path) -> None:
    path = write(tmp_path / "lists.zip", made_up)
    data, expected = path.read_bytes(), read(path)
    for damaged in cuts(data):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"lists\.zip: expected a complete zip file"):
            read(path)

    def check(found: Table) -> None:
        assert all(np.array_equal(found._values[one], expected._values[one]) for one in expected.columns)

    assert refusals(path, flips(data), read, check) > 100


@pytest.mark.parametrize("data", [b"", b"text", b"PK\x05\x06" + bytes(18)])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.zip").write_bytes(data)
    with pytest.raises(DataError, match=r"other\.zip: expected.*fetch it again"):
        read(tmp_path / "other.zip")


def test_the_lists_say_which_space_it_is(file: Path, kind: str, tmp_path: Path) -> None:
    other = {"micro": "macro", "macro": "micro"}[kind]
    assert read(file, space=kind).space == f"transnasbench101_{kind}"
    with pytest.raises(InputError, match=f"expected the {other} space, got {kind}"):
        convert(file, tmp_path / "table.npz", space=other)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.zip: expected a zip file of NASLib.*No such file"):
        read(tmp_path / "none.zip")
