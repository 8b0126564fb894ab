"""Official files become a table: the same numbers, whatever the form, and never a wrong one."""

from __future__ import annotations

import bz2
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.searchspaces.official_files import (
    LONG_SEEDS,
    SETS,
    SPACE,
    benchmark,
    write_folder,
    write_pbz2,
    write_pth,
)
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces.nasbench201 import NASBench201Table
from zcnas.searchspaces.nasbench201.official import convert
from zcnas.unpickle import load

INDICES = (0, 6111, 11, 15_624)
SPLITS = [
    ("cifar10-valid", "x-valid", "val"),
    ("cifar10-valid", "ori-test", "test"),
    ("cifar10", "ori-test", "test"),
    ("cifar100", "x-valid", "val"),
    ("cifar100", "x-test", "test"),
    ("ImageNet16-120", "x-valid", "val"),
    ("ImageNet16-120", "x-test", "test"),
    *((dataset, "train", "train") for dataset in SETS),
]
CLOSE = 2.0**-24  # Tables hold float32: half a unit in its last place, relative.


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    return benchmark(INDICES)


@pytest.fixture(scope="module")
def numbered(content: dict[str, Any]) -> dict[str, Any]:
    """The same results with NATS-Bench's names for the recipes."""
    infos = {index: {"12": one["less"], "200": one["full"]} for index, one in content["arch2infos"].items()}
    return {**content, "arch2infos": infos}


WRITERS: dict[str, Callable[[Path, Any], Path]] = {
    "zip": lambda folder, content: write_pth(folder / "NAS-Bench-201-v1_1.pth", content),
    "legacy": lambda folder, content: write_pth(folder / "NAS-Bench-201-v1_0.pth", content, legacy=True),
    "pbz2": lambda folder, content: write_pbz2(folder / "NATS-tss-v1_0.pickle.pbz2", content),
    "folder": lambda folder, content: write_folder(folder / "NATS-tss-v1_0-simple", content),
}


@pytest.fixture(scope="module", params=WRITERS)
def file(request: pytest.FixtureRequest, content: Any, numbered: Any, tmp_path_factory: Any) -> Path:
    return WRITERS[request.param](
        tmp_path_factory.mktemp(request.param), content if request.param in ("zip", "legacy") else numbered
    )


def converted(path: Path, folder: Path, **options: Any) -> NASBench201Table:
    return convert(path, folder / "table.npz", partial=True, progress=False, **options)


def same(first: NASBench201Table, second: NASBench201Table) -> bool:
    return first.columns == second.columns and all(
        np.array_equal(first._values[column], second._values[column], equal_nan=True) for column in first.columns
    )


def test_values_are_those_of_the_authors_package(
    content: dict[str, Any], file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from nas_201_api import NASBench201API

    api, table = NASBench201API(content, verbose=False), converted(file, tmp_path)
    for index in INDICES:
        arch = SPACE.parse(api.arch(index))
        for recipe in (12, 200):
            record = api.query_by_index(index, hp=str(recipe))
            for dataset, theirs, ours in SPLITS:
                expected = record.get_metrics(dataset, theirs)
                found = table.query(arch, dataset, split=ours, epochs=recipe)
                assert found == pytest.approx(expected["accuracy"], rel=CLOSE)
                for seed in record.get_dataset_seeds(dataset):
                    single = record.get_metrics(dataset, theirs, is_random=seed)["accuracy"]
                    found = table.query(arch, dataset, split=ours, epochs=recipe, seed=seed)
                    assert found == pytest.approx(single, rel=CLOSE)
            for dataset in SETS:
                seconds = record.get_metrics(dataset, "train")["all_time"]
                found = table.query(arch, dataset, split="train", metric="seconds", epochs=recipe)
                assert found == pytest.approx(seconds, rel=CLOSE)
                runs = len(record.get_dataset_seeds(dataset))
                assert table.query(arch, dataset, split="train", metric="runs", epochs=recipe) == runs
        for dataset in SETS:
            costs = api.get_cost_info(index, dataset, hp="12")
            for metric in ("params", "flops", "latency"):
                assert table.query(arch, dataset, metric=metric) == pytest.approx(costs[metric], rel=CLOSE)


@pytest.mark.parametrize("legacy", [False, True])
def test_the_made_up_file_is_one_that_the_authors_package_reads(
    content: dict[str, Any], tmp_path: Path, legacy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nas_201_api import NASBench201API

    path = write_pth(tmp_path / "NAS-Bench-201-v1_1.pth", content, legacy=legacy)
    plain = torch.load
    monkeypatch.setattr(torch, "load", lambda *args, **options: plain(*args, **options, weights_only=False))
    api = NASBench201API(path, verbose=False)
    assert (
        api.get_more_info(6111, "cifar10", hp="200", is_random=888)["test-accuracy"]
        == (content["arch2infos"][6111]["full"]["all_results"]["cifar10", 888]["eval_acc1es"]["ori-test@199"])
    )


def test_values_are_those_of_the_real_records(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "nats_bench_samples" / "NATS-tss-v1_0-3ffb9-simple"
    table = converted(folder, tmp_path)
    checked = 0
    for path in sorted(folder.glob("0*.pickle.pbz2")):
        for recipe, record in load(bz2.decompress(path.read_bytes())).items():
            arch, epochs = SPACE.parse(record["arch_str"]), int(recipe)
            for dataset, theirs, ours in SPLITS:
                runs = {seed: record["all_results"][dataset, seed] for seed in record["dataset_seed"][dataset]}
                curves = {
                    seed: one["train_acc1es"][epochs - 1]
                    if ours == "train"
                    else one["eval_acc1es"][f"{theirs}@{epochs - 1}"]
                    for seed, one in runs.items()
                }
                for seed, accuracy in curves.items():
                    found = table.query(arch, dataset, split=ours, epochs=epochs, seed=seed)
                    assert found == np.float32(accuracy)
                mean = table.query(arch, dataset, split=ours, epochs=epochs)
                assert mean == pytest.approx(np.mean(list(curves.values())), rel=CLOSE)
                seconds = np.mean([sum(one["train_times"].values()) for one in runs.values()])
                found = table.query(arch, dataset, split="train", metric="seconds", epochs=epochs)
                assert found == pytest.approx(seconds, rel=CLOSE)
                checked += len(curves)
                if recipe == "12":
                    for ours_, theirs_ in (("params", "params"), ("flops", "flop")):
                        found = table.query(arch, dataset, metric=ours_)
                        assert found == np.float32(next(iter(runs.values()))[theirs_])
    assert checked > 100


def test_real_records_agree_with_the_table_made_from_other_sources(data_dir: Path, tmp_path: Path) -> None:
    ours = converted(data_dir / "nats_bench_samples" / "NATS-tss-v1_0-3ffb9-simple", tmp_path)
    other = NASBench201Table.load(data_dir / "nasbench201" / "nb201_table.npz")
    rows = np.flatnonzero(ours.values("cifar10", split="train", metric="runs"))
    for dataset in ("cifar10", "cifar100", "ImageNet16-120"):
        # Other seeds were averaged in the other sources: accuracies of one architecture vary by some tenths.
        np.testing.assert_allclose(ours.values(dataset)[rows], other.values(dataset)[rows], atol=1.5)


def test_all_forms_give_the_same_table(content: dict[str, Any], file: Path, tmp_path: Path) -> None:
    expected = converted(write_pth(tmp_path / "expected.pth", content), tmp_path)
    assert same(converted(file, tmp_path), expected)


def test_provenance_is_kept(file: Path, tmp_path: Path) -> None:
    meta = converted(file, tmp_path).meta
    assert meta["source"] == file.name
    assert meta["architectures"] == len(INDICES)
    files = sorted(file.iterdir()) if file.is_dir() else [file]
    assert meta["bytes"] == sum(each.stat().st_size for each in files)
    assert len(meta["sha256"]) == 64
    assert meta["form"] in converted(file, tmp_path, trust=True).meta["form"]


def test_missing_values_are_errors_that_name_the_key(file: Path, tmp_path: Path) -> None:
    table = converted(file, tmp_path)
    there, once, absent = (SPACE.from_official_index(index) for index in (INDICES[0], INDICES[1], 5))
    assert table.query(there, "cifar10", seed=777, epochs=200) > 0
    with pytest.raises(UnknownNameError, match=rf"value.*{once.key} in cifar10 .*seed='777'.*known.*seed='888'"):
        table.query(once, "cifar10", seed=777, epochs=200)
    with pytest.raises(UnknownNameError, match=rf"value.*{absent.key} in cifar10 .*seed='mean'"):
        table.query(absent, "cifar10")
    column = table.find("cifar10", seed=777, epochs=200)
    assert not column.complete
    assert np.isfinite(table.values("cifar10", seed=777, epochs=200)).sum() == len(INDICES) / 2
    assert table.query(absent, "cifar10", split="train", metric="runs") == 0


def test_single_seeds_are_of_one_length_of_training(file: Path, tmp_path: Path) -> None:
    table = converted(file, tmp_path)
    assert table.by_seed("cifar10-valid").shape == (len(SPACE), len(LONG_SEEDS["cifar10-valid"]))
    assert table.by_seed("cifar10-valid", epochs=12).shape == (len(SPACE), 2)


def test_a_part_is_taken_only_if_asked_for(file: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"4 of 15625 architectures.*partial"):
        convert(file, tmp_path / "table.npz", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_the_whole_space_is_complete_and_loads_by_default(tmp_path: Path) -> None:
    path = write_pth(tmp_path / "whole.pth", benchmark(range(len(SPACE)), whole=False))
    table = convert(path, tmp_path / "table.npz", progress=False)
    assert table.find("cifar10").complete
    assert table.find("cifar10").seed == "mean"
    assert not table.find("cifar10", seed=777, epochs=200).complete
    assert same(NASBench201Table.load(tmp_path / "table.npz"), table)
    assert [SPACE.official_index(arch) for arch in table.archs] == list(range(len(SPACE)))
    assert (tmp_path / "table.npz").stat().st_size < 8e6
    assert {path.name for path in tmp_path.iterdir()} == {"whole.pth", "table.npz"}


@pytest.mark.parametrize("form", ["zip", "pbz2"])
def test_flipped_bits_never_give_a_wrong_table(form: str, content: Any, numbered: Any, tmp_path: Path) -> None:
    small = {key: value for key, value in (content if form == "zip" else numbered).items() if key != "arch2infos"}
    whole = content if form == "zip" else numbered
    path = WRITERS[form](tmp_path, {**small, "arch2infos": {0: whole["arch2infos"][0]}})
    expected, data = converted(path, tmp_path), path.read_bytes()
    rng, refused = np.random.default_rng(0), 0
    # The ends hold the containers' own headers, which deserve more than their share.
    places = np.concatenate([rng.integers(len(data), size=80), np.arange(30), len(data) - 1 - np.arange(30)])
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            assert same(converted(path, tmp_path), expected)
        except DataError:
            refused += 1
    assert refused > len(places) // 2


def test_flipped_bits_in_the_form_without_checksums_are_found_by_the_name(content: Any, tmp_path: Path) -> None:
    import hashlib

    plain = write_pth(tmp_path / "plain.pth", content, legacy=True)
    data = plain.read_bytes()
    path = tmp_path / f"NAS-Bench-201-v1_1-{hashlib.md5(data).hexdigest()[-6:]}.pth"
    path.write_bytes(data)
    expected = converted(plain, tmp_path)
    assert same(converted(path, tmp_path), expected)
    rng = np.random.default_rng(0)
    for place in rng.integers(len(data), size=200):
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"MD5 checksum ends in|starts with"):
            converted(path, tmp_path)


def test_truncated_files_are_data_errors(file: Path, tmp_path: Path) -> None:
    if file.is_dir():
        pytest.skip("a folder is not truncated, its files are")
    data = file.read_bytes()
    path = tmp_path / file.name
    for length in [0, 1, 10, 30, *np.linspace(100, len(data) - 500, 12, dtype=int), len(data) - 1]:
        if length == len(data) - 1 and "v1_0" in file.name:
            continue  # after the results, this form has nothing but the number of tensors, which is not read
        path.write_bytes(data[:length])
        with pytest.raises(DataError, match=path.name):
            converted(path, tmp_path)
    assert not (tmp_path / "table.npz").exists()


class Evil:
    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, ("evil",)


@pytest.mark.parametrize("form", WRITERS)
def test_code_is_refused_unless_trusted(
    form: str, content: Any, numbered: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good = content if form in ("zip", "legacy") else numbered
    infos = {index: {**one, "note": Evil()} for index, one in good["arch2infos"].items()}
    infos = {index: {key: one[key] for key in sorted(one, key="note".__ne__)} for index, one in infos.items()}
    path = WRITERS[form](tmp_path, {**good, "arch2infos": infos})
    with pytest.raises(DataError, match=r"posix\.mkdir, which is not allowed"):
        converted(path, tmp_path)
    assert not (tmp_path / "evil").exists()
    with pytest.raises(DataError):  # the note is no record, but it has run
        converted(path, tmp_path, trust=True)
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


def test_the_size_space_is_refused(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "nats_bench_samples" / "NATS-sss-v1_0-50262-simple"
    for path in (folder, folder / "meta.pickle.pbz2", folder / "000000.pickle.pbz2"):
        with pytest.raises(DataError, match="size space of NATS-Bench, which is not read"):
            converted(path, tmp_path)


def test_parts_of_a_folder_lead_to_the_folder(file: Path, tmp_path: Path) -> None:
    if not file.is_dir():
        pytest.skip("not a folder")
    for name in ("meta.pickle.pbz2", "000000.pickle.pbz2"):
        with pytest.raises(DataError, match="give the folder"):
            converted(file / name, tmp_path)
    with pytest.raises(DataError, match=r"0 files of architectures and no meta\.pickle\.pbz2"):
        converted(tmp_path, tmp_path)


def test_damage_in_a_folder_names_the_file(numbered: Any, tmp_path: Path) -> None:
    folder = WRITERS["folder"](tmp_path, numbered)
    path = folder / "006111.pickle.pbz2"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match=r"simple: .*006111\.pickle\.pbz2"):
        converted(folder, tmp_path)
    path.unlink()
    (folder / "006112.pickle.pbz2").write_bytes((folder / "000011.pickle.pbz2").read_bytes())
    with pytest.raises(DataError, match="occurs twice"):
        converted(folder, tmp_path)


@pytest.mark.parametrize("data", [b"", b"text", b"\x80\x04N.", b"PK\x03\x04", bz2.compress(pickle.dumps([1, 2]))])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.pth").write_bytes(data)
    with pytest.raises(DataError, match=r"other\.pth: expected.*; got|other\.pth: expected.*, got.*download"):
        converted(tmp_path / "other.pth", tmp_path)


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


def test_progress_is_shown_if_asked_for(content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_pth(tmp_path / "file.pth", content)
    convert(path, tmp_path / "table.npz", partial=True)
    assert "4/15625" in capsys.readouterr().err
