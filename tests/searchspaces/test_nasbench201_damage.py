"""Official files that are damaged, wrong, hostile or out of place: an error that says so, never a wrong table."""

from __future__ import annotations

import bz2
import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.searchspaces.damage import Evil, cuts, flips, refusals
from tests.searchspaces.official_files import (
    SIZE,
    SIZE_WRITERS,
    WRITERS,
    benchmark,
    converted,
    converted_size,
    same,
    write_pth,
)
from zcnas.errors import DataError, InputError
from zcnas.searchspaces.nasbench201 import convert
from zcnas.table import Table


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    return benchmark((0, 6111, 11, 15_624))


@pytest.fixture(scope="module")
def sizes() -> dict[str, Any]:
    return benchmark((0, 11), kind=SIZE)


ALL = {**WRITERS, **SIZE_WRITERS}
READERS = {**dict.fromkeys(WRITERS, converted), **dict.fromkeys(SIZE_WRITERS, converted_size)}


@pytest.fixture
def told(form: str, content: dict[str, Any], sizes: dict[str, Any]) -> dict[str, Any]:
    """Of the form's benchmark one record, and a list of few architectures, which is read fast."""
    whole = sizes if form in SIZE_WRITERS else content
    return {**whole, "meta_archs": whole["meta_archs"][:20], "arch2infos": {0: whole["arch2infos"][0]}}


@pytest.mark.parametrize("form", ["zip", "pbz2", "size pbz2"])
def test_flipped_bits_never_give_a_wrong_table(form: str, told: Any, tmp_path: Path) -> None:
    path, read = ALL[form](tmp_path, told), READERS[form]
    expected, data = read(path, tmp_path), path.read_bytes()

    def check(table: Table) -> None:
        assert same(table, expected)

    # The ends hold the containers' own headers, which deserve more than their share.
    ends = [*range(30), *range(len(data) - 30, len(data))]
    assert refusals(path, flips(data, more=ends), lambda file: read(file, tmp_path), check) > 130


def test_flipped_bits_in_the_form_without_checksums_are_found_by_the_name(content: Any, tmp_path: Path) -> None:
    plain = write_pth(tmp_path / "plain.pth", content, legacy=True)
    data = plain.read_bytes()
    path = tmp_path / f"NAS-Bench-201-v1_1-{hashlib.md5(data).hexdigest()[-6:]}.pth"
    path.write_bytes(data)
    expected = converted(plain, tmp_path)
    assert same(converted(path, tmp_path), expected)
    for damaged in flips(data):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"MD5 checksum ends in|starts with"):
            converted(path, tmp_path)


@pytest.mark.parametrize("form", ["zip", "legacy", "pbz2", "size pbz2"])
def test_truncated_files_are_data_errors(form: str, told: Any, tmp_path: Path) -> None:
    path = ALL[form](tmp_path, told)
    # After the results, this form has nothing but the number of tensors, which is not read.
    for data in cuts(path.read_bytes(), missing=500 if form == "legacy" else 1):
        path.write_bytes(data)
        with pytest.raises(DataError, match=path.name):
            READERS[form](path, tmp_path)
    assert not (tmp_path / "table.npz").exists()


@pytest.mark.parametrize("form", ALL)
def test_code_is_refused_unless_trusted(form: str, told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = ALL[form](tmp_path, {**told, "arch2infos": {0: {"note": Evil(), **told["arch2infos"][0]}}})
    with pytest.raises(DataError, match=r"posix\.mkdir, which is not allowed"):
        READERS[form](path, tmp_path)
    assert not (tmp_path / "evil").exists()
    with pytest.raises(DataError):  # the note is no record, but it has run
        READERS[form](path, tmp_path, trust=True)
    assert (tmp_path / "evil").exists()


def changed(content: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    copy: dict[str, Any] = pickle.loads(pickle.dumps(content))
    change(copy)
    return copy


def first_run(content: dict[str, Any]) -> dict[str, Any]:
    run: dict[str, Any] = content["arch2infos"][0]["full"]["all_results"]["cifar10", 777]
    return run


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "NaN": (lambda one: first_run(one)["train_acc1es"].update({199: float("nan")}), "finite number, got nan"),
    "above 100 %": (lambda one: first_run(one)["train_acc1es"].update({199: 101.0}), "0 to 100"),
    "text": (lambda one: first_run(one)["train_acc1es"].update({199: "95"}), "finite number, got '95'"),
    "no last epoch": (lambda one: first_run(one)["train_acc1es"].pop(199), "199"),
    "other epochs": (lambda one: first_run(one).update(epochs=100), "expected 200 epochs, got 100"),
    "no run": (lambda one: one["arch2infos"][0]["full"]["all_results"].pop(("cifar10", 777)), "cifar10"),
    "unknown cell": (
        lambda one: one["arch2infos"][0]["full"].update(arch_str="|sep_conv~0|+|none~0|none~1|+|none~0|none~1|none~2|"),
        "unknown architecture.*sep_conv",
    ),
    "another cell": (
        lambda one: [one["arch2infos"][0][recipe].update(arch_str=one["meta_archs"][7]) for recipe in ("less", "full")],
        "but its record says",
    ),
    "another number": (lambda one: one["arch2infos"].update({7: one["arch2infos"].pop(0)}), "another architecture"),
    "unknown data": (lambda one: one["arch2infos"][0]["full"]["dataset_seed"].update(svhn=[777]), "svhn"),
    "unknown recipe": (lambda one: one["arch2infos"][0].update(more=one["arch2infos"][0].pop("full")), "recipes.*more"),
    "no list": (lambda one: one.pop("meta_archs"), "no meta_archs"),
    "no results": (lambda one: one.update(arch2infos=None), "without results"),
    "empty": (lambda one: one.update(arch2infos={}), "0 of 15625"),
    "size space": (lambda one: one.update(meta_archs=["8:8:8:8:8"]), "size space"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_wrong_contents_are_data_errors(kind: str, content: dict[str, Any], tmp_path: Path) -> None:
    change, message = CHANGES[kind]
    path = write_pth(tmp_path / "wrong.pth", changed(content, change))
    with pytest.raises(DataError, match=rf"wrong\.pth: expected.*{message}"):
        converted(path, tmp_path)
    assert not (tmp_path / "table.npz").exists()


def test_parts_of_a_folder_lead_to_the_folder(content: Any, tmp_path: Path) -> None:
    file = WRITERS["folder"](tmp_path, content)
    for name in ("meta.pickle.pbz2", "000000.pickle.pbz2"):
        with pytest.raises(DataError, match="give the folder"):
            converted(file / name, tmp_path)
    with pytest.raises(DataError, match=r"0 files of architectures and no meta\.pickle\.pbz2"):
        converted(tmp_path, tmp_path)


def test_damage_in_a_folder_names_the_file(content: Any, tmp_path: Path) -> None:
    folder = WRITERS["folder"](tmp_path, content)
    path = folder / "006111.pickle.pbz2"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match=r"simple: .*006111\.pickle\.pbz2"):
        converted(folder, tmp_path)
    path.unlink()
    (folder / "006112.pickle.pbz2").write_bytes((folder / "000011.pickle.pbz2").read_bytes())
    with pytest.raises(DataError, match="occurs twice"):
        converted(folder, tmp_path)


@pytest.mark.parametrize("read", [converted, converted_size])
@pytest.mark.parametrize("data", [b"", b"text", b"\x80\x04N.", b"PK\x03\x04", bz2.compress(pickle.dumps([1, 2]))])
def test_other_files_are_data_errors(data: bytes, read: Callable[..., Table], tmp_path: Path) -> None:
    (tmp_path / "other.pth").write_bytes(data)
    with pytest.raises(DataError, match=r"other\.pth: expected.*got.*(download|give)"):
        read(tmp_path / "other.pth", tmp_path)


def test_weights_are_another_file(tmp_path: Path) -> None:
    path = write_pth(tmp_path / "weights.pth", {"weight": torch.zeros(3)})
    with pytest.raises(DataError, match=r"weights\.pth: expected"):
        converted(path, tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.pth: expected a file or folder of the benchmark, got .*No such file"):
        converted(tmp_path / "none.pth", tmp_path)


@pytest.mark.parametrize("place", ["none/table.npz", "file/table.npz", "folder"])
def test_a_target_that_cannot_be_written_is_told_before_reading(
    place: str, content: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_pth(tmp_path / "file", content)
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr("zcnas.searchspaces.nasbench201.official._read", pytest.fail)
    with pytest.raises(InputError, match=r"expected a file that can be written, got"):
        convert(path, tmp_path / place, progress=False)


def test_a_read_only_folder_is_told(content: Any, tmp_path: Path) -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("needs a folder that even the administrator cannot write to")
    path = write_pth(tmp_path / "file", content)
    with pytest.raises(InputError, match=r"/proc/self/table\.npz: expected a file that can be written"):
        convert(path, "/proc/self/table.npz", progress=False)


def test_the_source_is_not_overwritten(content: Any, tmp_path: Path) -> None:
    path = write_pth(tmp_path / "file.pth", content)
    with pytest.raises(InputError, match="expected another file than the one that is read"):
        convert(path, path, partial=True, progress=False)


def test_a_failure_while_writing_leaves_the_old_table(
    content: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    path = write_pth(tmp_path / "file.pth", content)
    (tmp_path / "table.npz").write_bytes(b"old")
    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InputError, match="No space left"):
        converted(path, tmp_path)
    assert (tmp_path / "table.npz").read_bytes() == b"old"
    assert {each.name for each in tmp_path.iterdir()} == {"file.pth", "table.npz"}
