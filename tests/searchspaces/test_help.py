"""HELP's latencies as tables: values, and files that are damaged, wrong or hostile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.searchspaces.damage import Evil, cuts, flips, refusals
from tests.searchspaces.latency_files import ARCHS, FBNET, NB201, OFA, latencies, write_help
from tests.searchspaces.official_files import same
from zcnas.errors import DataError, InputError
from zcnas.searchspaces import hw_nas_bench, load_table
from zcnas.searchspaces.help import convert, read
from zcnas.table import Table

SPACES = {"nasbench201": (NB201, "cifar10"), "fbnet": (FBNET, "cifar100"), "ofa": (OFA, "imagenet")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_help(tmp_path / "help" / "fbnet", "fbnet")


@pytest.mark.parametrize("name", SPACES)
def test_the_published_folders_become_tables(name: str, data_dir: Path, tmp_path: Path) -> None:
    space, dataset = SPACES[name]
    source = data_dir / "help" / name
    written = convert(source, tmp_path / "table.npz")
    table = load_table(tmp_path / "table.npz", space)
    assert same(table, written)
    assert table.archs == written.archs
    files = sorted((source / "latency").glob("*.pt"))
    assert [column.device for column in table.columns] == [file.stem for file in files]
    for file in files[::5]:
        recorded = np.array(torch.load(file, weights_only=True), dtype=np.float32)
        assert table.values(dataset, metric="latency", device=file.stem).tolist() == recorded.tolist()


def test_rows_are_the_architectures_that_were_measured(data_dir: Path) -> None:
    codes = torch.load(data_dir / "help/fbnet/arch.pt", weights_only=True)
    raspi = torch.load(data_dir / "help/fbnet/latency/raspi4.pt", weights_only=True)
    table = read(data_dir / "help/fbnet")
    assert table.query(FBNET.from_ops(codes[77]), "cifar100", metric="latency", device="raspi4") == raspi[77]
    numbers = torch.load(data_dir / "help/nasbench201/str_arch2idx.pt", weights_only=True)
    assert all(numbers[NB201.format(NB201.from_official_index(index))] == index for index in range(0, 15_625, 500))


def test_four_devices_are_those_of_hw_nas_bench(data_dir: Path) -> None:
    ours, theirs = read(data_dir / "help/nasbench201"), hw_nas_bench.read(data_dir / "hw_nas_bench/hw_cifar10.csv")
    assert ours.archs == theirs.archs
    for device in ("raspi4", "pixel3", "eyeriss", "fpga"):
        first, other = (table.values("cifar10", metric="latency", device=device) for table in (ours, theirs))
        assert np.array_equal(first, other)


@pytest.mark.parametrize("name", SPACES)
def test_columns_state_unit_direction_and_device(name: str, tmp_path: Path) -> None:
    space, dataset = SPACES[name]
    table = convert(write_help(tmp_path / name, name), tmp_path / "table.npz")
    assert table.space == space.name
    assert same(load_table(tmp_path / "table.npz", space), table)
    assert [column.device for column in table.columns] == ["pixel2", "titan_rtx_1"]
    column = table.find(dataset, metric="latency", device="titan_rtx_1")
    assert (column.unit, column.higher_is_better, column.complete) == ("ms", False, True)
    arch = table.archs[3]
    expected = latencies(len(table))[ARCHS.index(arch) if name == "nasbench201" else 3]
    assert table.query(arch, dataset, metric="latency", device="titan_rtx_1") == pytest.approx(expected, rel=1e-6)
    assert table.meta["source"] == name
    assert len(table.meta["sha256"]) == 64


@pytest.mark.parametrize("file", ["arch.pt", "latency/titan_rtx_1.pt"])
def test_flipped_bits_never_give_a_wrong_table(file: str, folder: Path) -> None:
    path, expected = folder / file, read(folder)

    def check(found: Table) -> None:
        assert same(found, expected)

    assert refusals(path, flips(path.read_bytes()), lambda _: read(folder), check) > 60


@pytest.mark.parametrize("file", ["arch.pt", "latency/titan_rtx_1.pt"])
def test_truncated_files_are_data_errors(file: str, folder: Path, tmp_path: Path) -> None:
    path = folder / file
    for data in cuts(path.read_bytes()):
        path.write_bytes(data)
        with pytest.raises(DataError, match=rf"{path.name}: expected a complete \.pt file.*fetch it again"):
            convert(folder, tmp_path / "table.npz")
    assert not (tmp_path / "table.npz").exists()


@pytest.mark.parametrize("file", ["arch.pt", "latency/titan_rtx_1.pt"])
def test_code_is_refused(file: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save([Evil()], folder / file)
    with pytest.raises(DataError, match=r"posix\.mkdir, which is not allowed"):
        convert(folder, tmp_path / "table.npz")
    assert {one.name for one in tmp_path.iterdir()} == {"help"}


def archive(name: str = "archive/data.pkl", size: int = 0, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as file:
        file.writestr(name, b"\0" * size)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a zip file"),
        (b"text", "not a zip file"),
        (b"\x80\x02]q\x00.", "not a zip file"),
        (archive("other.txt"), "holds one data.pkl, this one 0"),
        (archive(size=10_000_000, compression=zipfile.ZIP_DEFLATED), "10000000 bytes in a file of"),
        (archive(size=3), "pickle"),
    ],
)
def test_other_files_are_data_errors(data: bytes, message: str, folder: Path) -> None:
    (folder / "latency/pixel2.pt").write_bytes(data)
    with pytest.raises(DataError, match=rf"pixel2\.pt: expected a complete \.pt file.*{message}"):
        read(folder)


CHANGES: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "short": ("latency/pixel2.pt", lambda one: one[:-1], "expected a list of 40 numbers"),
    "text": ("latency/pixel2.pt", lambda one: [*one[:-1], "1"], "expected a list of 40 numbers"),
    "truth": ("latency/pixel2.pt", lambda one: [*one[:-1], True], "expected a list of 40 numbers"),
    "a dictionary": ("latency/pixel2.pt", dict.fromkeys, "expected a list of 40 numbers"),
    "NaN": ("latency/pixel2.pt", lambda one: [*one[:-1], float("nan")], "milliseconds above 0, got nan"),
    "negative": ("latency/pixel2.pt", lambda one: [*one[:-1], -1], "milliseconds above 0, got -1"),
    "infinite": ("latency/pixel2.pt", lambda one: [*one[:-1], float("inf")], "milliseconds above 0"),
    "huge": ("latency/pixel2.pt", lambda one: [*one[:-1], 10**400], "OverflowError"),
    "no list": ("arch.pt", lambda _: 5, "expected a list of codes, got int"),
    "another code": ("arch.pt", lambda one: [*one[:-1], [9] * 22], "9 where a code"),
    "an architecture twice": ("arch.pt", lambda one: [*one[:-1], one[0]], "expected 40 distinct architectures, got 39"),
    "an architecture more": ("arch.pt", lambda one: [*one, [0] * 22], "expected a list of 41 numbers"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_wrong_contents_are_data_errors(kind: str, folder: Path) -> None:
    file, change, message = CHANGES[kind]
    torch.save(change(torch.load(folder / file, weights_only=True)), folder / file)
    with pytest.raises(DataError, match=rf"fbnet: expected a folder of HELP's data.*{message}"):
        read(folder)


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("nasbench201", "str_arch2idx.pt", {"|none~0|": 0}),
        ("nasbench201", "str_arch2idx.pt", {NB201.format(ARCHS[0]): 5}),
        ("nasbench201", "str_arch2idx.pt", [1, 2]),
        ("ofa", "ofa_archs.pt", {"arch": [{"ks": [3]}]}),
        ("ofa", "ofa_archs.pt", {"arch": 5}),
        ("ofa", "ofa_archs.pt", []),
    ],
)
def test_wrong_lists_are_data_errors(name: str, file: str, content: Any, tmp_path: Path) -> None:
    folder = write_help(tmp_path / name, name)
    torch.save(content, folder / file)
    with pytest.raises(DataError, match=rf"{name}: expected a folder of HELP's data.*got one that cannot be read"):
        read(folder)


def test_paths_are_checked(folder: Path, tmp_path: Path) -> None:
    for wrong in (tmp_path / "none", tmp_path, folder / "arch.pt"):
        with pytest.raises(InputError, match=r"expected a folder of HELP's data.*got 0 of these lists"):
            read(wrong)
    with pytest.raises(InputError, match="expected another file than the one that is read"):
        convert(folder, folder / "arch.pt")
    with pytest.raises(InputError, match="can be written"):
        convert(folder, tmp_path / "none" / "table.npz")
    for file in (folder / "latency").iterdir():
        file.unlink()
    with pytest.raises(InputError, match=r"got no latency/\*\.pt"):
        read(folder)
