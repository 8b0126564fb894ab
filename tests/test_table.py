"""Tables of results: queries, and files that are not what they should be."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces.nasbench201 import NASBench201
from zcnas.space import Architecture, Benchmarked
from zcnas.table import Column, Table

SPACE = NASBench201()
ARCHS = [SPACE.from_official_index(index) for index in (3, 1, 4, 15)]
COLUMNS = {
    Column("digits", "val", epochs=30, seed="0"): [1.0, 2.0, 3.0, 4.0],
    Column("digits", "val", epochs=30, seed="mean"): [1.5, 2.5, 3.5, 4.5],
    Column("digits", "train", "seconds", epochs=30, unit="s", higher_is_better=False): [9.0, 8.0, 7.0, 6.0],
}


@pytest.fixture
def table() -> Table:
    return Table(ARCHS, COLUMNS)


@pytest.fixture
def file(table: Table, tmp_path: Path) -> Path:
    table.save(tmp_path / "digits.npz", SPACE.format)
    return tmp_path / "digits.npz"


def altered(file: Path, **changes: Any) -> Path:
    """The file with some arrays replaced, or left out where the change is ``None``."""
    with np.load(file) as arrays:
        content = {**arrays, **changes}
    path = file.with_name("altered.npz")
    np.savez(path, **{name: array for name, array in content.items() if array is not None})
    return path


def test_a_value_is_found_by_what_it_is(table: Table) -> None:
    assert table.query(ARCHS[2], "digits", split="val", seed="mean") == 3.5
    assert table.query(ARCHS[2], "digits", split="val", seed=0, epochs=30) == 3.0
    assert table.query(ARCHS[2], "digits", split="val") == 3.0
    assert table.query(ARCHS[0], "digits", split="train", metric="seconds") == 9.0
    assert isinstance(table, Benchmarked)


def test_single_seeds_make_a_matrix() -> None:
    columns = {Column("digits", seed=str(seed)): [seed + row / 10 for row in range(4)] for seed in (10, 2)}
    table = Table(ARCHS, {**columns, Column("digits"): [0.0] * 4})
    np.testing.assert_allclose(table.by_seed("digits"), [[2.0, 10.0], [2.1, 10.1], [2.2, 10.2], [2.3, 10.3]])
    with pytest.raises(UnknownNameError, match="column of single seeds"):
        table.by_seed("digits", split="val")


def test_provenance_is_kept(file: Path) -> None:
    table = Table.load(file, SPACE.parse)
    Table(table.archs, {column: [1.0] * 4 for column in COLUMNS}, {"seeds": [0, 1]}).save(file, SPACE.format)
    assert Table.load(file, SPACE.parse).meta == {"seeds": [0, 1]}


def test_a_table_that_cannot_be_written_leaves_the_old_one(
    table: Table, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    before = file.read_bytes()
    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        table.save(file, SPACE.format)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_bytes() == before


def test_columns_are_arrays_that_cannot_be_changed(table: Table) -> None:
    values = table.values("digits", split="val", seed="mean")
    np.testing.assert_array_equal(values, [1.5, 2.5, 3.5, 4.5])
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 5
    assert table.find("digits", split="train", metric="seconds").unit == "s"


@pytest.mark.parametrize(
    ("dataset", "options"),
    [
        ("digit", {"split": "val"}),
        ("digits", {}),
        ("digits", {"split": "val", "epochs": 200}),
        ("digits", {"split": "val", "seed": 1}),
        ("digits", {"split": "val", "metric": "loss"}),
    ],
)
def test_an_unknown_column_lists_what_there_is(table: Table, dataset: str, options: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError, match="did you mean") as caught:
        table.query(ARCHS[0], dataset, **options)
    assert all(str(column) in str(caught.value) for column in COLUMNS)


@pytest.mark.parametrize("arch", [SPACE.from_official_index(0), Architecture("other", ARCHS[0].genome)])
def test_an_unknown_architecture_is_named(table: Table, arch: Architecture) -> None:
    with pytest.raises(UnknownNameError, match=arch.key):
        table.query(arch, "digits", split="val")


def test_a_file_gives_the_table_back(table: Table, file: Path) -> None:
    back = Table.load(file, SPACE.parse)
    assert back.archs == table.archs
    assert back.columns == table.columns
    for column in COLUMNS:
        np.testing.assert_array_equal(back._values[column], table._values[column])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arch_str": np.array(["|none~0|"] * 4)}, r"got '\|none~0\|'"),
        ({"arch_str": np.array([SPACE.format(ARCHS[0])] * 4)}, "4 distinct architectures, got 1"),
        ({"arch_str": np.array([SPACE.format(arch) for arch in ARCHS[:3]])}, r"3 values, got shape \(4,\)"),
        ({"arch_str": None}, "arch_str"),
        ({"columns": None}, "columns"),
        ({"column_1": None}, "column_1"),
        ({"column_1": np.zeros(5)}, r"seed='mean'.*4 values, got shape \(5,\)"),
        ({"column_1": np.array([1, np.nan, np.inf, 2])}, r"seed='mean'.*2 values are NaN"),
        ({"column_1": np.array(["a"] * 4)}, "could not convert"),
        ({"columns": np.array("{")}, "Expecting property name"),
        ({"columns": np.array('{"column_0": {"data": 1}}')}, "unexpected keyword argument 'data'"),
    ],
)
def test_wrong_contents_are_data_errors(file: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=rf"altered\.npz: expected.*{message}.*fetch or build"):
        Table.load(altered(file, **changes), SPACE.parse)


class Bad:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_pickled_objects_are_refused_unread(file: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    bad = np.array([Bad(mark)] * 4, dtype=object)
    plain = tmp_path / "plain.npz"
    plain.write_bytes(pickle.dumps(Bad(mark)))
    for path in (altered(file, column_1=bad), plain):
        with pytest.raises(DataError, match=rf"{path.name}.*(Object arrays|pickled)"):
            Table.load(path, SPACE.parse)
    assert not mark.exists()
    np.load(altered(file, column_1=bad), allow_pickle=True)["column_1"]
    assert mark.exists(), "the pickle is harmless, so the test proves nothing"


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04garbage"])
def test_other_files_are_data_errors(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"table\.npz: expected a complete \.npz table"):
        Table.load(path, SPACE.parse)


def test_a_single_array_is_no_table(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros(4))
    with pytest.raises(DataError, match=r"array\.npy"):
        Table.load(tmp_path / "array.npy", SPACE.parse)


def test_every_truncation_is_a_data_error(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    short = tmp_path / "short.npz"
    for length in range(0, len(content), 37):
        short.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"short\.npz"):
            Table.load(short, SPACE.parse)


def test_flipped_bytes_are_data_errors(file: Path, tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    middle = len(content) // 4
    content[middle] ^= 0xFF
    garbled = tmp_path / "garbled.npz"
    garbled.write_bytes(content)
    with pytest.raises(DataError, match=r"garbled\.npz"):
        Table.load(garbled, SPACE.parse)


def test_a_missing_file_stays_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        Table.load(tmp_path / "nothing.npz", SPACE.parse)


def test_wrong_columns_are_input_errors() -> None:
    with pytest.raises(InputError, match="4 values, got shape"):
        Table(ARCHS, {Column("digits"): [1.0]})


def test_a_fast_file_gives_the_table_back(table: Table, tmp_path: Path) -> None:
    Table(ARCHS, COLUMNS, {"a": 1}).save(tmp_path / "fast.npz")
    back = Table.load(tmp_path / "fast.npz", pytest.fail)
    assert (back.archs, back.columns, back.meta) == (table.archs, table.columns, {"a": 1})
    for column in back.columns:
        np.testing.assert_array_equal(back._values[column], table._values[column])
    back.save(tmp_path / "slow.npz", SPACE.format)
    assert Table.load(tmp_path / "slow.npz", SPACE.parse).archs == table.archs


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"genomes": np.zeros((4, 6), dtype=np.uint8)}, "4 distinct architectures, got 1"),
        ({"genomes": np.zeros(4, dtype=np.uint8)}, "matrix of uint8"),
        ({"genomes": np.zeros((4, 6))}, "matrix of uint8"),
        ({"values": np.zeros((2, 4))}, "shorter|longer"),
        ({"values": np.zeros((3, 5))}, "expected 4 values"),
        ({"values": np.full((3, 4), np.nan)}, "NaN"),
        ({"space": None}, "space"),
        ({"values": None}, "values"),
    ],
)
def test_wrong_fast_files_are_data_errors(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    Table(ARCHS, COLUMNS).save(tmp_path / "fast.npz")
    with pytest.raises(DataError, match=rf"altered\.npz.*{message}"):
        Table.load(altered(tmp_path / "fast.npz", **changes), SPACE.parse)


def test_missing_values_are_allowed_where_they_are_declared() -> None:
    column = Column("digits", complete=False)
    table = Table(ARCHS, {column: [1.0, np.nan, 3.0, 4.0], Column("digits", "val"): [1.0] * 4})
    assert table.query(ARCHS[0], "digits") == 1.0
    with pytest.raises(UnknownNameError, match=rf"unknown value.*{ARCHS[1].key} in digits .*known: digits .*'val'"):
        table.query(ARCHS[1], "digits")
    assert np.isnan(table.values("digits")).tolist() == [False, True, False, False]
    with pytest.raises(InputError, match="1 values are NaN or infinite"):
        Table(ARCHS, {column: [1.0, np.inf, 3.0, 4.0]})


def test_single_seeds_are_of_trainings_of_one_length() -> None:
    columns = {Column("digits", epochs=epochs, seed=seed): [epochs] * 4 for epochs in (30, 2) for seed in ("1", "0")}
    table = Table(ARCHS, columns)
    assert table.by_seed("digits").tolist() == [[30, 30]] * 4
    assert table.by_seed("digits", epochs=2).tolist() == [[2, 2]] * 4


def test_rankings_are_held_against_test_accuracies_or_what_there_is() -> None:
    ssim, loss = (Column("rooms", split, "ssim") for split in ("val", "test"))
    accuracy, seconds = Column("cats"), Column("cats", "train", "seconds", higher_is_better=False)
    table = Table(ARCHS[:2], {column: [1, 2] for column in (ssim, loss, seconds, accuracy)})
    assert table.truth() == table.truth("cats") == accuracy
    assert table.truth("rooms") == loss, "the test split, as for accuracies"
    assert table.truth("rooms", split="val") == ssim
    assert table.truth(metric="seconds") == seconds
    with pytest.raises(UnknownNameError, match=r"device='phone'.*cats"):
        table.truth(device="phone")


def test_counts_with_gaps_are_kept_exactly(tmp_path: Path) -> None:
    column = Column("cats", metric="params", complete=False)
    Table(ARCHS[:3], {column: [20_000_001, math.nan, 3]}).save(tmp_path / "table.npz")
    held = Table.load(tmp_path / "table.npz", SPACE.parse)
    assert held.query(ARCHS[0], "cats", metric="params") == 20_000_001


def test_large_genes_are_written_as_text_only(tmp_path: Path) -> None:
    large = [Architecture("mine", (gene,)) for gene in (0, 299)]
    table = Table(large, {Column("cats"): [1, 2]})
    with pytest.raises(InputError, match="numbers up to 255, got 299; give format_"):
        table.save(tmp_path / "table.npz")
    table.save(tmp_path / "table.npz", lambda arch: str(arch.genome[0]))
