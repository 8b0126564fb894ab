"""Official files become a table: the same numbers, whatever the form, and never a wrong one."""

from __future__ import annotations

import bz2
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.searchspaces.official_files import LONG_SEEDS, SETS, SPACE, WRITERS, benchmark, converted, same, write_pth
from tests.static.layout import ROOT
from zcnas.errors import DataError, UnknownNameError
from zcnas.searchspaces.nasbench201 import NASBench201Table, convert
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


@pytest.fixture(scope="module", params=WRITERS)
def file(request: pytest.FixtureRequest, content: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return WRITERS[request.param](tmp_path_factory.mktemp(request.param), content)


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
    assert converted(file, tmp_path, trust=True).meta == meta


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
    path = write_pth(tmp_path / "whole.pth", benchmark(range(len(SPACE)), datasets=["cifar10"], whole=False))
    table = convert(path, tmp_path / "table.npz", progress=False)
    assert table.find("cifar10").complete
    assert table.find("cifar10").seed == "mean"
    assert not table.find("cifar10", seed=777, epochs=200).complete
    assert same(NASBench201Table.load(tmp_path / "table.npz"), table)
    assert [SPACE.official_index(arch) for arch in table.archs] == list(range(len(SPACE)))
    assert {path.name for path in tmp_path.iterdir()} == {"whole.pth", "table.npz"}


def test_the_size_space_is_refused(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "nats_bench_samples" / "NATS-sss-v1_0-50262-simple"
    for path in (folder, folder / "meta.pickle.pbz2", folder / "000000.pickle.pbz2"):
        with pytest.raises(DataError, match="size space of NATS-Bench: convert it as natsbench_size"):
            converted(path, tmp_path)


def test_progress_is_shown_if_asked_for(content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_pth(tmp_path / "file.pth", content)
    convert(path, tmp_path / "table.npz", partial=True)
    assert "4/15625" in capsys.readouterr().err


def test_a_table_as_large_as_the_real_one_is_small() -> None:
    if not Path("/proc/self/statm").exists():
        pytest.skip("reads the memory of a process from /proc")
    command = [sys.executable, str(ROOT / "experiments" / "benchmark_table_loading.py"), "--runs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    found = re.search(r"file: ([\d.]+) MB.*\n.* ms, (-?\d+) MB of memory", told)
    assert found is not None, told
    assert float(found[1]) < 8
    assert float(found[2]) < 50
