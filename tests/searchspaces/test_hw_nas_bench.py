"""HW-NAS-Bench's measurements as a table: values, and files that are damaged, wrong or hostile."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.searchspaces.damage import Evil, cuts, flips
from tests.searchspaces.latency_files import ARCHS, NB201, latencies, net, write_csv, write_pickle
from tests.searchspaces.official_files import same
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces import load_table
from zcnas.searchspaces.hw_nas_bench import convert, measurements, read
from zcnas.searchspaces.hw_nas_bench.measurements import from_csv, from_pickle


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("hw") / "hw_cifar10.csv")


def test_the_published_files_become_a_table(data_dir: Path, tmp_path: Path) -> None:
    written = convert(data_dir / "hw_nas_bench", tmp_path / "table.npz")
    table = load_table(tmp_path / "table.npz", NB201)
    assert same(written, table)
    assert len(table.columns) == 30
    # Values in the authors' own documentation, of the architecture with number 0.
    printed = {
        ("edgegpu", "latency"): 5.807418537139893,
        ("edgegpu", "energy"): 24.226614330768584,
        ("raspi4", "latency"): 10.481976820010459,
        ("edgetpu", "latency"): 0.9571811309997429,
        ("pixel3", "latency"): 3.6058499999999998,
        ("eyeriss", "latency"): 3.645620000000001,
        ("eyeriss", "energy"): 0.6872827644999999,
        ("fpga", "latency"): 2.57296,
        ("fpga", "energy"): 18.01072,
    }
    first = NB201.parse(
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    )
    for (device, metric), value in printed.items():
        assert table.query(first, "cifar10", metric=metric, device=device) == np.float32(value)
    for dataset in ("cifar10", "cifar100", "ImageNet16-120"):
        with (data_dir / f"hw_nas_bench/hw_{dataset}.csv").open() as file:
            for number, row in list(enumerate(csv.DictReader(file)))[::1000]:
                assert row["net"] == net(NB201.format(NB201.from_official_index(number)))
                for name in set(row) - {"net"}:
                    device, _, metric = name.partition("_")
                    found = table.values(dataset, metric=metric, device=device)[number]
                    assert found == np.float32(row[name]) or (np.isnan(found) and float(row[name]) == -1)
        missing = np.isnan(table.values(dataset, metric="latency", device="edgetpu"))
        assert missing.sum() == 4699


def test_columns_state_unit_direction_and_device(path: Path) -> None:
    table = read(path)
    column = table.find("cifar10", metric="latency", device="edgetpu")
    assert (column.unit, column.higher_is_better, column.complete, column.device) == ("ms", False, False, "edgetpu")
    assert table.find("cifar10", metric="latency").device == "raspi4"
    assert table.find("cifar10", metric="latency").complete
    assert "device='edgetpu'" in str(column)
    assert table.query(ARCHS[3], "cifar10", metric="latency", device="raspi4") == latencies(15_625)[3]
    with pytest.raises(UnknownNameError, match=r"value.*device='edgetpu'.*known.*device='raspi4'"):
        table.query(ARCHS[7], "cifar10", metric="latency", device="edgetpu")
    with pytest.raises(UnknownNameError, match=r"unknown column.*device='pixel3'.*known:.*raspi4"):
        table.find("cifar10", metric="latency", device="pixel3")
    assert table.meta["source"] == "hw_cifar10.csv"
    assert len(table.meta["sha256"]) == 64


def test_any_order_of_rows_and_columns_is_the_same_table(path: Path, tmp_path: Path) -> None:
    header, *rows = path.read_text().splitlines()
    np.random.default_rng(0).shuffle(rows)
    (tmp_path / path.name).write_text("\n".join([header, *rows]))
    assert same(read(tmp_path / path.name), read(path))


def test_the_pickle_is_read_as_it_is_described(tmp_path: Path) -> None:
    table = convert(write_pickle(tmp_path / "HW-NAS-Bench-v1_0.pickle"), tmp_path / "table.npz")
    assert table.query(ARCHS[5], "cifar10", metric="latency", device="raspi4") == np.float32(latencies(15_625)[5])
    energy = table.find("cifar10", metric="energy", device="fpga")
    assert (energy.unit, energy.higher_is_better) == ("mJ", False)
    assert table.query(ARCHS[5], "cifar10", metric="energy", device="fpga") == np.float32(latencies(15_625, 1)[5])


def test_code_in_the_pickle_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = write_pickle(tmp_path / "file.pickle", lambda one: one.update(note=Evil()))
    with pytest.raises(DataError, match=r"file\.pickle: expected.*posix\.mkdir, which is not allowed"):
        convert(file, tmp_path / "table.npz")
    assert {one.name for one in tmp_path.iterdir()} == {"file.pickle"}


@pytest.mark.parametrize("form", ["csv", "pickle"])
def test_truncated_files_are_data_errors(form: str, path: Path, tmp_path: Path) -> None:
    file = tmp_path / f"hw_cifar10.{form}"
    data = path.read_bytes() if form == "csv" else write_pickle(file).read_bytes()
    # Of the text, a digit and the end of the line may be missing at the end, and nobody can tell.
    for short in cuts(data, 8, missing=30):
        file.write_bytes(short)
        with pytest.raises(DataError, match=rf"hw_cifar10\.{form}: expected a complete HW-NAS-Bench.*fetch it again"):
            convert(file, tmp_path / "table.npz")
    assert not (tmp_path / "table.npz").exists()


@pytest.mark.parametrize("form", ["csv", "pickle"])
def test_flipped_bits_are_errors_or_change_one_number(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither form has checksums: where a digit becomes another, only a checksum kept elsewhere tells."""
    few = {arch.genome: row for row, arch in enumerate(ARCHS[:60])}
    spellings = {NB201.format(arch): row for row, arch in enumerate(ARCHS[:60])}
    monkeypatch.setattr(measurements, "official_indices", lambda: few)
    monkeypatch.setattr(measurements, "official_spellings", lambda: spellings)
    write = write_csv if form == "csv" else write_pickle
    data, refused = write(tmp_path / "file", archs=ARCHS[:60]).read_bytes(), 0
    expected = numbers(form, data)
    for damaged in flips(data, 300):
        try:
            found = numbers(form, damaged)
        except Exception:  # of any kind: `read` makes a DataError of it, as other tests show
            refused += 1
        else:
            # A data set or a column less or under another name is seen in the table's list of columns.
            assert found.shape != expected.shape or (~np.isclose(found, expected, rtol=0, equal_nan=True)).sum() <= 1
    assert refused > 100


def numbers(form: str, data: bytes) -> npt.NDArray[np.float64]:
    parts = [from_csv(data)] if form == "csv" else from_pickle(data).values()
    return np.stack([values for part in parts for values in part.values()])


def text_changed(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


CSV_CHANGES: dict[str, tuple[Callable[[str], str], str]] = {
    "another column": (text_changed("raspi4_latency", "raspi5_latency"), "expected columns net, edgegpu_latency"),
    "a column twice": (text_changed("edgetpu_latency", "raspi4_latency"), "expected columns"),
    "another code": (text_changed('"(4', '"(5'), r"six codes from 0 to 4 such as .*got '\(5"),
    "a network twice": (text_changed('"(4, 3, 3, 0, 0, 0)"', '"(2, 2, 0, 4, 2, 0)"'), "15625, 15624 distinct"),
    "a row less": (lambda text: text[: text.rstrip().rindex("\n") + 1], "got 15624"),
    "a short row": (lambda text: text.rstrip().rpartition(",")[0], "line 15626 has not 3 columns"),
    "no number": (text_changed(",-1", ",x"), "ValueError: .*'x'"),
    "NaN": (text_changed(",-1", ",nan"), "above 0, or -1 for none; got nan"),
    "negative": (text_changed(",-1", ",-2"), "got -2"),
    "infinite": (text_changed(",-1", ",inf"), "got inf"),
    "zero": (text_changed(",-1", ",0"), "got 0"),
    "empty": (lambda _: "", "not enough values"),
    "no table": (lambda _: "nonsense", "expected columns net.*got nonsense"),
    "an umlaut": (lambda text: "ä" + text, "ascii"),
}


@pytest.mark.parametrize("kind", CSV_CHANGES)
def test_wrong_rows_are_data_errors(kind: str, path: Path, tmp_path: Path) -> None:
    change, message = CSV_CHANGES[kind]
    (tmp_path / path.name).write_text(change(path.read_text()))
    with pytest.raises(DataError, match=rf"hw_cifar10\.csv: expected a complete HW-NAS-Bench.*{message}"):
        read(tmp_path / path.name)


PICKLE_CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no space": (lambda one: one.pop("nasbench201"), "under 'nasbench201'"),
    "another data set": (lambda one: one["nasbench201"].update(svhn={}), "under 'nasbench201'"),
    "no list": (lambda one: one["nasbench201"].update(cifar10=[]), "lists of measurements and 'config'"),
    "no measurements": (lambda one: one["nasbench201"].update(cifar10={"config": []}), "lists of measurements"),
    "short": (lambda one: one["nasbench201"]["cifar10"]["raspi4_latency"].pop(), r"15625 numbers, got .*\(15624,\)"),
    "text": (lambda one: one["nasbench201"]["cifar10"].update(raspi4_latency=["1"] * 15_625), "15625 numbers, got <U1"),
    "no cell": (lambda one: one["nasbench201"]["cifar10"]["config"][0].update(arch_str="|none~0|"), "KeyError"),
    "a cell less": (lambda one: one["nasbench201"]["cifar10"]["config"].pop(), "got 15624"),
}


@pytest.mark.parametrize("kind", PICKLE_CHANGES)
def test_wrong_pickles_are_data_errors(kind: str, tmp_path: Path) -> None:
    change, message = PICKLE_CHANGES[kind]
    with pytest.raises(DataError, match=rf"file\.pickle: expected a complete HW-NAS-Bench.*{message}"):
        read(write_pickle(tmp_path / "file.pickle", change))


@pytest.mark.parametrize("data", [b"", b"text", b"\x80\x04N.", b"PK\x03\x04", pickle.dumps([1])])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    for name in ("other.pickle", "hw_cifar10.csv"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=rf"{name}: expected.*fetch it again"):
            read(tmp_path / name)


def test_names_tell_the_data_set(path: Path, tmp_path: Path) -> None:
    for name in ("cifar10.csv", "hw_svhn.csv"):
        (tmp_path / name).write_bytes(path.read_bytes())
        with pytest.raises(DataError, match=rf"{name}: .*expected a name such as hw_cifar10\.csv.*rename the file"):
            read(tmp_path / name)


def test_paths_are_checked(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: expected a HW-NAS-Bench .*No such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(InputError, match="a folder without such files"):
        read(tmp_path)
    with pytest.raises(InputError, match="expected another file than the one that is read"):
        convert(path, path)
    with pytest.raises(InputError, match="can be written"):
        convert(path, tmp_path / "none" / "table.npz")
