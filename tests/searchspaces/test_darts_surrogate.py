"""The surrogate's accuracies as a table."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from tests.searchspaces.damage import Evil, cuts, flips, refusals
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


def few(data_dir: Path) -> bytes:
    records = json.loads((data_dir / "nasbench301/zc_nasbench301.json").read_text())["cifar10"]
    return json.dumps({"cifar10": dict(list(records.items())[:5])}).encode()


def test_flipped_bits_are_told_or_stay_in_one_value(data_dir: Path, tmp_path: Path) -> None:
    """JSON has no checksum: a digit can become another one, which nothing can find."""
    file, data = tmp_path / "zc.json", few(data_dir)
    file.write_bytes(data)
    expected = convert(file, tmp_path / "table.npz")

    def check(table: Table) -> None:
        changed = set(zip(table.archs, table.values("cifar10", split="val"), strict=True)) - set(
            zip(expected.archs, expected.values("cifar10", split="val"), strict=True)
        )
        assert len(table) == len(expected)
        assert len(changed) <= 1
        assert ((table.values("cifar10", split="val") >= 0) & (table.values("cifar10", split="val") <= 100)).all()

    refused = refusals(file, flips(data, 300), lambda path: convert(path, tmp_path / "table.npz"), check)
    # Most of the file is proxies' scores, which are not taken: a flip there spoils no more than the form.
    assert refused > 80


def test_truncated_files_are_data_errors(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "zc.json"
    for data in cuts(few(data_dir), 40):
        file.write_bytes(data)
        with pytest.raises(DataError, match=r"zc\.json: expected JSON of the form"):
            convert(file, tmp_path / "table.npz")
    assert not (tmp_path / "table.npz").exists()


@pytest.mark.parametrize("data", [pickle.dumps({"cifar10": Evil()}), b"\xff\xfe", b"PK\x03\x04", b"[" * 100_000])
def test_other_files_are_refused_and_nothing_is_run(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zc.json").write_bytes(data)
    with pytest.raises(DataError, match=r"zc\.json: expected JSON of the form"):
        convert(tmp_path / "zc.json", tmp_path / "table.npz")
    assert [one.name for one in tmp_path.iterdir()] == ["zc.json"]


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give its path"):
        convert(tmp_path / "missing.json", tmp_path / "table.npz")
    file = tmp_path / "zc.json"
    file.write_text(json.dumps({"cifar10": {CODE: {"val_accuracy": 90.0}}}))
    with pytest.raises(InputError, match="give another path"):
        convert(file, tmp_path / "no" / "table.npz")
    assert convert(file, tmp_path / "table.npz").query(SPACE.parse(DARTS_V2), "cifar10", split="val") == 90
