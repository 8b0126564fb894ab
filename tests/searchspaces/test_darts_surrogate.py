"""The surrogate's accuracies as a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.searchspaces.darts_genotypes import DARTS_V2
from zcnas.errors import DataError, InputError
from zcnas.searchspaces.darts import DARTS, convert
from zcnas.table import Table

SPACE = DARTS()
CODE = str(SPACE.compact(SPACE.parse(DARTS_V2)))


def test_the_published_file_becomes_a_table(data_dir: Path, tmp_path: Path) -> None:
    file = data_dir / "nasbench301/zc_nasbench301.json"
    converted = convert(file, tmp_path / "table.npz")
    table = Table.load(tmp_path / "table.npz", SPACE.parse)
    assert len(table) == len(converted) == 725
    assert table.archs == converted.archs
    assert "surrogate" in str(table.columns[0])
    assert "surrogate" in table.meta["values"]
    for code, record in list(json.loads(file.read_text())["cifar10"].items())[::50]:
        assert table.query(SPACE.parse(code), "cifar10", split="val") == pytest.approx(record["val_accuracy"], rel=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"cifar10": [1]}',
        '{"cifar10": {"nonsense": {"val_accuracy": 90}}}',
        json.dumps({"cifar10": {CODE: {}}}),
        json.dumps({"cifar10": {CODE: {"val_accuracy": 101}}}),
        json.dumps({"cifar10": {CODE: {"val_accuracy": "90"}}}),
        json.dumps({"cifar10": {CODE: {"val_accuracy": float("nan")}}}),
        json.dumps({"cifar10": {CODE: {"val_accuracy": 90}, f" {CODE}": {"val_accuracy": 90}}}),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "zc.json"
    file.write_text(text)
    with pytest.raises(DataError, match=r"zc\.json: expected JSON of the form .*fetch zc_nasbench301\.json again"):
        convert(file, tmp_path / "table.npz")
    assert not (tmp_path / "table.npz").exists()


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give its path"):
        convert(tmp_path / "missing.json", tmp_path / "table.npz")
    file = tmp_path / "zc.json"
    file.write_text(json.dumps({"cifar10": {CODE: {"val_accuracy": 90.0}}}))
    with pytest.raises(InputError, match="give another path"):
        convert(file, tmp_path / "no" / "table.npz")
    assert convert(file, tmp_path / "table.npz").query(SPACE.parse(DARTS_V2), "cifar10", split="val") == 90
