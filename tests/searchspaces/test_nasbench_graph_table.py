"""NAS-Bench-Graph's files: as tables, damaged, wrong, hostile or out of place."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.searchspaces.damage import Evil, cuts, flips, refusals
from zcnas.cli import main
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces import load_table
from zcnas.searchspaces.nasbench_graph import NASBenchGraph, convert
from zcnas.searchspaces.nasbench_graph.official import read
from zcnas.table import Table

SPACE = NASBenchGraph()
RECORD = {"valid_perf": 0.75, "perf": 0.8, "latency": 0.005, "para": np.float64(1.5)}


def written(path: Path, records: Any) -> Path:
    path.write_bytes(pickle.dumps(records))
    return path


def few() -> dict[int, dict[str, Any]]:
    rng = np.random.default_rng(0)
    archs = sorted({SPACE.sample(rng) for _ in range(20)})
    return {SPACE.hash(arch): {**RECORD, "perf": 0.5 + place / 100} for place, arch in enumerate(archs)}


def converted(path: Path, folder: Path) -> Table:
    return convert(path, folder / "table.npz", partial=True, progress=False)


def test_published_files_become_one_table(data_dir: Path, tmp_path: Path) -> None:
    names = ("cora", "physics")
    for name in names:
        (tmp_path / f"{name}.bench").symlink_to(data_dir / f"nasbench_graph/{name}.bench")
    convert(tmp_path, tmp_path / "table.npz", progress=False)
    table = load_table(tmp_path / "table.npz", SPACE)
    assert table.archs == tuple(SPACE)
    assert table.meta["sources"].keys() == set(names)
    for name in names:
        records = pickle.loads((tmp_path / f"{name}.bench").read_bytes())
        for arch in table.archs[::1000]:
            record = records[SPACE.hash(arch)]
            found = [
                table.query(arch, name),
                table.query(arch, name, split="val"),
                table.query(arch, name, metric="latency"),
                table.query(arch, name, metric="params"),
            ]
            expected = [100 * record["perf"], 100 * record["valid_perf"], record["latency"], 1e6 * record["para"]]
            assert found == pytest.approx(expected, rel=1e-7)
    assert table.values("cora").max() == pytest.approx(83.1333, abs=1e-4)


def test_the_command_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "cora.bench", few())
    assert main(["convert", "nasbench_graph", str(file), str(tmp_path / "t.npz"), "--partial", "--quiet"]) == 0
    assert "26206 architectures, 4 columns" in capsys.readouterr().out
    assert len(load_table(tmp_path / "t.npz", SPACE)) == 26_206


def test_missing_architectures_need_leave(tmp_path: Path) -> None:
    file, records = written(tmp_path / "proteins.bench", few()), few()
    with pytest.raises(DataError, match=f"it has {len(records)} of 26206 architectures"):
        convert(file, tmp_path / "table.npz", progress=False)
    table = converted(file, tmp_path)
    assert {column.metric for column in table.columns} == {"roc_auc", "latency", "params"}
    assert np.isfinite(table.values("proteins", metric="roc_auc")).sum() == len(records)
    assert not table.find("proteins", metric="roc_auc").complete


def test_changed_bits_of_published_files_are_found(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "cora.bench"
    for data in flips((data_dir / "nasbench_graph/cora.bench").read_bytes()):
        file.write_bytes(data)
        with pytest.raises(DataError, match="its SHA-256 is"):
            read(file, partial=True)


def test_changed_bits_of_other_files_leave_numbers_in_range(tmp_path: Path) -> None:
    file = written(tmp_path / "cora.bench", few())
    columns = read(file, partial=True).columns

    def check(table: Table) -> None:
        assert table.columns == columns
        assert np.nanmax(table.values("cora")) <= 100

    assert refusals(file, flips(file.read_bytes()), lambda path: read(path, partial=True), check) > 50


def test_truncated_files_are_data_errors(tmp_path: Path) -> None:
    file = written(tmp_path / "cora.bench", few())
    for data in cuts(file.read_bytes()):
        file.write_bytes(data)
        with pytest.raises(DataError, match=r"cora\.bench: expected a complete NAS-Bench-Graph"):
            converted(file, tmp_path)
    assert not (tmp_path / "table.npz").exists()


def test_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path / "cora.bench", {**few(), 0: {**RECORD, "perf": Evil()}})
    with pytest.raises(DataError, match=r"posix\.mkdir, which is not allowed"):
        converted(file, tmp_path)
    assert not (tmp_path / "evil").exists()


CHANGES: dict[str, tuple[Callable[[dict[Any, Any]], Any], str]] = {
    "NaN": (lambda one: one[0].update(perf=float("nan")), "finite number"),
    "infinite": (lambda one: one[0].update(latency=float("inf")), "finite number"),
    "above 1": (lambda one: one[0].update(perf=1.5), "from 0 to 1"),
    "negative": (lambda one: one[0].update(para=-1.0), "finite number from 0"),
    "text": (lambda one: one[0].update(perf="0.8"), "finite number from 0 to 1, got '0.8'"),
    "truth": (lambda one: one[0].update(perf=True), "finite number from 0 to 1, got True"),
    "array": (lambda one: one[0].update(perf=np.zeros(2)), "finite number from 0 to 1, got array"),
    "no field": (lambda one: one[0].pop("perf"), "expected records of"),
    "another field": (lambda one: one[0].update(more=1), "expected records of"),
    "every epoch": (lambda one: one[0].update(dur=[[0.1] * 7]), "results of every epoch"),
    "no record": (lambda one: one.update({0: None}), "expected records of"),
    "another class": (lambda one: one.update({88888: RECORD}), "hash 88888 is of no architecture"),
    "text as a key": (lambda one: one.update({"00000": RECORD}), "no dictionary of hashes"),
    "empty": (lambda one: one.clear(), "0 of 26206"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_wrong_contents_are_data_errors(kind: str, tmp_path: Path) -> None:
    change, message = CHANGES[kind]
    records: dict[Any, Any] = {0: dict(RECORD), **few()}
    change(records)
    with pytest.raises(DataError, match=rf"cora\.bench: expected.*{message}"):
        converted(written(tmp_path / "cora.bench", records), tmp_path)
    assert not (tmp_path / "table.npz").exists()


@pytest.mark.parametrize("data", [b"", b"text", b"\x80\x04N.", b"PK\x03\x04", pickle.dumps([1, 2])])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "cora.bench").write_bytes(data)
    with pytest.raises(DataError, match=r"cora\.bench: expected.*fetch it again"):
        converted(tmp_path / "cora.bench", tmp_path)


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give its path"):
        converted(tmp_path / "cora.bench", tmp_path)
    with pytest.raises(InputError, match="got a folder without"):
        converted(tmp_path, tmp_path)
    file = written(tmp_path / "cora.bench", few())
    with pytest.raises(InputError, match="give another path"):
        converted(file, tmp_path / "none")
    with pytest.raises(InputError, match="expected another file than the one that is read"):
        convert(file, file, partial=True, progress=False)
    file.rename(tmp_path / "karate.bench")
    with pytest.raises(UnknownNameError, match=r"after which a \.bench file is named: 'karate'"):
        converted(tmp_path / "karate.bench", tmp_path)
