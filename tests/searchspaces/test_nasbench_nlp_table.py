"""NAS-Bench-NLP's logs, written as its training script does: as tables, damaged, wrong or out of place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.searchspaces.damage import cuts, flips, refusals
from zcnas.cli import main
from zcnas.errors import DataError, InputError
from zcnas.searchspaces import load_table
from zcnas.searchspaces.nasbench_nlp import NASBenchNLP, convert
from zcnas.searchspaces.nasbench_nlp.logs import read
from zcnas.table import Table

SPACE = NASBenchNLP()
ARCHS = [SPACE.sample(np.random.default_rng(seed)) for seed in range(4)]


def log(place: int = 0, **further: Any) -> dict[str, Any]:
    return {
        "data": "data/ptb",
        "recepie_id": place,
        "recepie": SPACE.format(ARCHS[place]),
        "num_params": 5_000_000 + place,
        "wall_times": [10.0, 11.0, 12.0],
        "train_losses": [6.0, 5.0, 4.0],
        "val_losses": [5.5, 4.5 + place / 10, 4.75 + place / 10],
        "test_losses": [5.25, 4.6 + place / 10, 4.5],
        "status": "OK",
        **further,
    }


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_a_folder_becomes_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for place in range(3):
        written(folder / f"log_stats_model_{place}.json", log(place))
    written(folder / "log_stats_model_3.json", log(3, status="loss is nan!", val_losses=[float("nan")]))
    written(folder / "log_again.json", log(0, val_losses=[4.0], test_losses=[4.2], wall_times=[35.0]))
    written(folder / "log_wiki.json", log(1, data="data/wikitext-2/"))
    convert(folder, tmp_path / "table.npz", progress=False)
    table = load_table(tmp_path / "table.npz", SPACE)
    assert len(table) == 4
    assert table.meta["files"] == 6
    assert {column.dataset for column in table.columns} == {"ptb", "wikitext-2"}
    assert not any(column.higher_is_better for column in table.columns)
    assert table.query(ARCHS[1], "ptb", metric="loss") == pytest.approx(4.7)
    assert table.query(ARCHS[1], "ptb", metric="loss", split="val") == pytest.approx(4.6)
    assert table.query(ARCHS[0], "ptb", metric="loss") == pytest.approx((4.6 + 4.2) / 2)
    assert table.query(ARCHS[0], "ptb", metric="seconds", split="train") == pytest.approx((33 + 35) / 2)
    assert table.query(ARCHS[2], "ptb", metric="params") == 5_000_002
    with pytest.raises(KeyError, match="unknown value"):
        table.query(ARCHS[3], "ptb", metric="loss")
    assert table.query(ARCHS[3], "ptb", metric="params") == 5_000_003


def test_the_command_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "log.json", log())
    assert main(["convert", "nasbench_nlp", str(file), str(tmp_path / "t.npz"), "--quiet"]) == 0
    assert "1 architectures, 4 columns" in capsys.readouterr().out


def test_changed_bits_leave_numbers_in_range(tmp_path: Path) -> None:
    file = written(tmp_path / "log.json", log())

    def check(table: Table) -> None:
        assert len(table) == 1

    assert refusals(file, flips(file.read_bytes(), 250), read, check) > 100


def test_truncated_files_are_data_errors(tmp_path: Path) -> None:
    file = written(tmp_path / "log.json", log())
    for data in cuts(file.read_bytes()):
        file.write_bytes(data)
        with pytest.raises(DataError, match=r"log\.json: expected a complete NAS-Bench-NLP log"):
            read(file)


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no recipe": (lambda one: one.pop("recepie"), "recepie"),
    "another recipe": (lambda one: one.update(recepie="{}"), "NAS-Bench-NLP recipe"),
    "no text as recipe": (lambda one: one.update(recepie={}), "NAS-Bench-NLP recipe"),
    "no data": (lambda one: one.update(data="/"), "names no data set"),
    "a number as data": (lambda one: one.update(data=1), "AttributeError"),
    "negative": (lambda one: one.update(test_losses=[-1.0, 1.0, 1.0]), "a loss from 0"),
    "text": (lambda one: one.update(val_losses=["1", 1.0, 1.0]), "a loss from 0|TypeError"),
    "other lengths": (lambda one: one.update(test_losses=[1.0]), "3 losses of validation, and 1"),
    "no size": (lambda one: one.update(num_params=float("inf")), "finite number"),
    "true": (lambda one: one.update(num_params=True), "finite number"),
    "no status": (lambda one: one.pop("status"), "status"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_wrong_contents_are_data_errors(kind: str, tmp_path: Path) -> None:
    change, message = CHANGES[kind]
    content = log()
    change(content)
    with pytest.raises(DataError, match=rf"log\.json: expected.*({message})"):
        convert(written(tmp_path / "log.json", content), tmp_path / "t.npz", progress=False)
    assert not (tmp_path / "t.npz").exists()


@pytest.mark.parametrize("data", [b"", b"text", b"\x80\x04N.", b"[]", b"PK\x03\x04", b'"' * 9, b"[" * 100_000])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(data)
    with pytest.raises(DataError, match=r"log\.json: expected.*fetch it again"):
        read(tmp_path / "log.json")


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give its path"):
        read(tmp_path / "log.json")
    with pytest.raises(InputError, match="got a folder without"):
        read(tmp_path)
    file = written(tmp_path / "log.json", log())
    with pytest.raises(InputError, match="give another path"):
        convert(file, tmp_path / "no" / "t.npz", progress=False)
