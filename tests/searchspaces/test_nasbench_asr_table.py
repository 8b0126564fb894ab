"""NAS-Bench-ASR's files, written from their public description: as tables, damaged, wrong, hostile or out of place."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.searchspaces.damage import Evil, cuts, flips, refusals
from zcnas.cli import main
from zcnas.errors import DataError, InputError
from zcnas.searchspaces import load_table
from zcnas.searchspaces.nasbench_asr import OPS, NASBenchASR, convert
from zcnas.searchspaces.nasbench_asr.cell import nodes_of
from zcnas.searchspaces.nasbench_asr.official import read
from zcnas.searchspaces.nasbench_asr.space import classes
from zcnas.table import Table

SPACE = NASBenchASR()
SHAPE = [[6, 2], [6, 2, 2], [6, 2, 2, 2]]
TRAINING = ["model_hash", "val_per", "test_per", "arch_vec"]


def header(kind: str, columns: list[str], **further: Any) -> dict[str, Any]:
    space = {"shape": SHAPE, "ops": list(OPS), "nodes": 3}
    return {"dataset_type": kind, "version": 2, "search_space": space, "columns": columns, **further}


def rows(count: int | None = 20, shift: float = 0.0) -> list[list[Any]]:
    found = list(classes().items())[:count]
    return [
        [key, [0.5 + shift, 0.2 + place / 1e5, 0.4], 0.25 + shift + place / 1e5, list(nodes_of(genome))]
        for place, (key, genome) in enumerate(found)
    ]


def written(path: Path, head: Any, data: Any) -> Path:
    path.write_bytes(pickle.dumps(head) + pickle.dumps(data))
    return path


def training(path: Path, seed: int = 1234, count: int | None = 20, shift: float = 0.0) -> Path:
    return written(path, header("training", TRAINING, seed=seed, epochs=40), rows(count, shift))


def test_a_folder_becomes_one_table(tmp_path: Path) -> None:
    training(tmp_path / "nb-asr-e40-1234.pickle", count=None)
    training(tmp_path / "nb-asr-e40-1235.pickle", seed=1235, count=None, shift=0.02)
    latencies = [[row[0], 0.04] for row in rows(None)]
    written(
        tmp_path / "nb-asr-bench-a-b.pickle", header("benchmarking", ["model_hash", "latency"], device="a-b"), latencies
    )
    info = [[row[0], 26_338_848, 1_000] for row in rows(None)]
    written(tmp_path / "nb-asr-info.pickle", header("static", ["model_hash", "params", "flops"]), info)
    convert(tmp_path, tmp_path / "table.npz", progress=False)
    table = load_table(tmp_path / "table.npz", SPACE)
    assert len(table) == 8_242
    assert str(table.truth()) == "timit (split='test', metric='per', epochs=40, seed='mean')"
    assert all(column.complete and not column.higher_is_better for column in table.columns)
    key, genome = list(classes().items())[7]
    arch = SPACE.architecture(genome)
    assert table.query(arch, "timit", metric="per") == pytest.approx(26.007, rel=1e-6)
    assert table.query(arch, "timit", metric="per", seed=1235) == pytest.approx(27.007, rel=1e-6)
    assert table.query(arch, "timit", metric="per", split="val") == pytest.approx(20.007, rel=1e-6)
    assert table.query(arch, "timit", metric="latency", device="a-b") == pytest.approx(0.04)
    assert table.query(arch, "timit", metric="params") == 26_338_848
    others = [other for other in SPACE if SPACE.canonical(other) == key]
    assert {table.query(other, "timit", metric="per") for other in others} == {table.query(arch, "timit", metric="per")}


def test_the_command_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = training(tmp_path / "nb-asr-e40-1234.pickle")
    assert main(["convert", "nasbench_asr", str(file), str(tmp_path / "t.npz"), "--partial", "--quiet"]) == 0
    assert "8242 architectures, 4 columns" in capsys.readouterr().out


def test_missing_architectures_need_leave(tmp_path: Path) -> None:
    file = training(tmp_path / "nb-asr-e40-1234.pickle")
    with pytest.raises(DataError, match="it has 20 of 8242 architectures"):
        read(file)
    assert not read(file, partial=True).truth().complete


def test_the_same_column_twice_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        training(tmp_path / f"nb-asr-{name}.pickle")
    with pytest.raises(DataError, match=r"nb-asr-b\.pickle: .*another file has timit"):
        read(tmp_path, partial=True)


def test_changed_bits_leave_numbers_in_range(tmp_path: Path) -> None:
    file = training(tmp_path / "nb-asr-e40-1234.pickle")

    def check(table: Table) -> None:
        assert len(table) == 8_242

    assert refusals(file, flips(file.read_bytes()), lambda path: read(path, partial=True), check) > 100


def test_truncated_files_are_data_errors(tmp_path: Path) -> None:
    file = training(tmp_path / "nb-asr-e40-1234.pickle")
    data = file.read_bytes()
    for damaged in cuts(data):
        file.write_bytes(damaged)
        with pytest.raises(DataError, match=r"1234\.pickle: expected a complete NAS-Bench-ASR"):
            read(file, partial=True)
    file.write_bytes(data + b"\0")
    with pytest.raises(DataError, match="it goes on after"):
        read(file, partial=True)


@pytest.mark.parametrize("place", ["header", "rows"])
def test_code_is_refused(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    head, data = header("training", TRAINING, seed=1, epochs=40), rows()
    if place == "header":
        head["version"] = Evil()
    else:
        data[3][2] = Evil()
    with pytest.raises(DataError, match=r"posix\.mkdir, which is not allowed"):
        read(written(tmp_path / "nb.pickle", head, data), partial=True)
    assert not (tmp_path / "evil").exists()


CHANGES: dict[str, tuple[Callable[[dict[str, Any], list[Any]], Any], str]] = {
    "another type": (lambda head, _: head.update(dataset_type="more"), "no header of a known type"),
    "other columns": (lambda head, _: head.update(columns=["model_hash", "test_per"]), "no header of a known type"),
    "another space": (lambda head, _: head["search_space"].update(ops=["linear"]), "another search space"),
    "no seed": (lambda head, _: head.pop("seed"), "seed"),
    "a text as seed": (lambda head, _: head.update(seed="1"), "whole numbers of epochs and seed"),
    "another hash": (lambda _, data: data[0].__setitem__(0, "0" * 32), "hash of no architecture"),
    "a hash twice": (lambda _, data: data.append(data[0]), "occurs twice"),
    "another cell": (lambda _, data: data[0].__setitem__(3, data[1][3]), "whose hash is"),
    "no cell": (lambda _, data: data[0].__setitem__(3, [1, 2]), "NAS-Bench-ASR architecture"),
    "NaN": (lambda _, data: data[0].__setitem__(2, float("nan")), "finite number"),
    "negative": (lambda _, data: data[0].__setitem__(1, [0.1, -0.1]), "finite number"),
    "no epochs": (lambda _, data: data[0].__setitem__(1, []), "expected validation after up to 40 epochs"),
    "a text": (lambda _, data: data[0].__setitem__(2, "0.2"), "finite number.*got '0.2'"),
    "a short row": (lambda _, data: data.__setitem__(0, data[0][:1]), "index out of range"),
    "a number as row": (lambda _, data: data.__setitem__(0, 1), "no list of rows"),
    "empty": (lambda _, data: data.clear(), "0 of 8242"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_wrong_contents_are_data_errors(kind: str, tmp_path: Path) -> None:
    change, message = CHANGES[kind]
    head, data = header("training", TRAINING, seed=1, epochs=40), rows()
    change(head, data)
    with pytest.raises(DataError, match=rf"nb\.pickle: expected.*{message}"):
        convert(written(tmp_path / "nb.pickle", head, data), tmp_path / "t.npz", partial=True, progress=False)
    assert not (tmp_path / "t.npz").exists()


@pytest.mark.parametrize("data", [b"", b"text", b"\x80\x04N.", b"PK\x03\x04", pickle.dumps([1, 2])])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "nb.pickle").write_bytes(data)
    with pytest.raises(DataError, match=r"nb\.pickle: expected.*fetch it again"):
        read(tmp_path / "nb.pickle")


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give its path"):
        read(tmp_path / "nb.pickle")
    with pytest.raises(InputError, match="got a folder without"):
        read(tmp_path)
    file = training(tmp_path / "nb.pickle")
    with pytest.raises(InputError, match="give another path"):
        convert(file, tmp_path / "no" / "t.npz", partial=True, progress=False)
