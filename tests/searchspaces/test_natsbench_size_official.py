"""The size space's official files become a table: the same numbers in both forms, and damage is told."""

from __future__ import annotations

import bz2
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.searchspaces.damage import cuts, flips
from tests.searchspaces.official_files import same, write_pbz2
from tests.searchspaces.test_natsbench_size import SPACE, folder_of
from zcnas.errors import DataError, UnknownNameError
from zcnas.searchspaces.nasbench201 import convert as convert_topology
from zcnas.searchspaces.natsbench_size import convert
from zcnas.table import Table
from zcnas.unpickle import load

SPLITS = [
    ("cifar10-valid", "x-valid", "val"),
    ("cifar10-valid", "ori-test", "test"),
    ("cifar10", "ori-test", "test"),
    ("cifar100", "x-valid", "val"),
    ("cifar100", "x-test", "test"),
    ("ImageNet16-120", "x-valid", "val"),
    ("ImageNet16-120", "x-test", "test"),
]
CLOSE = 2.0**-24  # Tables hold float32: half a unit in its last place, relative.


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    return folder_of(data_dir)


@pytest.fixture(scope="module")
def content(folder: Path) -> dict[str, Any]:
    """The three real records as the authors' one large file has them all."""
    listing = load(bz2.decompress((folder / "meta.pickle.pbz2").read_bytes()))
    files = sorted(folder.glob("0*.pickle.pbz2"))
    return {**listing, "arch2infos": {int(file.name[:6]): load(bz2.decompress(file.read_bytes())) for file in files}}


@pytest.fixture(scope="module")
def table(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Table:
    return convert(folder, tmp_path_factory.mktemp("simple") / "table.npz", partial=True, progress=False)


def test_values_are_those_of_the_real_records(content: dict[str, Any], table: Table) -> None:
    for recipes in content["arch2infos"].values():
        for recipe, record in recipes.items():
            arch, epochs = SPACE.parse(record["arch_str"]), int(recipe)
            for dataset, theirs, ours in SPLITS:
                runs = {seed: record["all_results"][dataset, seed] for seed in record["dataset_seed"][dataset]}
                last = {seed: run["eval_acc1es"][f"{theirs}@{epochs - 1}"] for seed, run in runs.items()}
                for seed, accuracy in last.items():
                    assert table.query(arch, dataset, split=ours, epochs=epochs, seed=seed) == np.float32(accuracy)
                mean = table.query(arch, dataset, split=ours, epochs=epochs)
                assert mean == pytest.approx(np.mean(list(last.values())), rel=CLOSE)
                seconds = np.mean([sum(run["train_times"].values()) for run in runs.values()])
                found = table.query(arch, dataset, split="train", metric="seconds", epochs=epochs)
                assert found == pytest.approx(seconds, rel=CLOSE)
                assert table.query(arch, dataset, split="train", metric="runs", epochs=epochs) == len(runs)
                run = record["all_results"][dataset, 777]
                assert table.query(arch, dataset, metric="params") == np.float32(run["params"])
                assert table.query(arch, dataset, metric="flops") == np.float32(run["flop"])


def test_rows_are_in_the_order_of_the_space_and_others_are_missing(content: dict[str, Any], table: Table) -> None:
    assert table.archs == tuple(SPACE)
    assert set(np.flatnonzero(np.isfinite(table.values("cifar10")))) == set(content["arch2infos"])
    # The longest training is what is found by default.
    assert table.find("cifar10").epochs == 90
    with pytest.raises(UnknownNameError, match="natsbench_size:7-7-7-7-7 in cifar10"):
        table.query(SPACE.parse("64:64:64:64:64"), "cifar10")


def test_the_one_large_file_gives_the_same_table(content: dict[str, Any], table: Table, tmp_path: Path) -> None:
    path = write_pbz2(tmp_path / "NATS-sss-v1_0.pickle.pbz2", content)
    found = convert(path, tmp_path / "table.npz", partial=True, progress=False)
    assert same(found, table)
    assert found.meta["architectures"] == 3


def test_a_part_is_taken_only_if_asked_for(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"3 of 32768 architectures.*partial"):
        convert(folder, tmp_path / "table.npz", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_the_topology_space_is_refused_and_named(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "nats_bench_samples" / "NATS-tss-v1_0-3ffb9-simple"
    for path in (folder, folder / "000011.pickle.pbz2"):
        with pytest.raises(DataError, match="got the topology space of 15,625 cells: convert it as nasbench201"):
            convert(path, tmp_path / "table.npz", partial=True, progress=False)


def test_each_benchmark_names_the_other(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="got the size space of NATS-Bench: convert it as natsbench_size"):
        convert_topology(folder / "000011.pickle.pbz2", tmp_path / "table.npz", partial=True, progress=False)


def test_damage_in_a_folder_names_the_file(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "NATS-sss-v1_0-simple"
    copy.mkdir()
    for name in ("meta.pickle.pbz2", "000000.pickle.pbz2"):
        shutil.copyfile(folder / name, copy / name)
    data = (folder / "000000.pickle.pbz2").read_bytes()
    for damaged in (*cuts(data, 3), next(flips(data))):
        (copy / "000000.pickle.pbz2").write_bytes(damaged)
        with pytest.raises(DataError, match=r"simple: .*000000\.pickle\.pbz2"):
            convert(copy, tmp_path / "table.npz", partial=True, progress=False)
    assert not (tmp_path / "table.npz").exists()
    # A sound file under the number of another architecture.
    (copy / "000000.pickle.pbz2").write_bytes((folder / "000011.pickle.pbz2").read_bytes())
    with pytest.raises(DataError, match="under number 0 it has another architecture's record"):
        convert(copy, tmp_path / "table.npz", partial=True, progress=False)
