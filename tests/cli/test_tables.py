"""Tables of every benchmark: from the published file and a sweep to correlations."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.cli.test_commands import Output, data, refused
from zcnas.searchspaces import DARTS, SPACES
from zcnas.space import Architecture
from zcnas.store import Record, ScoreStore
from zcnas.table import Column, Table

ROOT = Path(__file__).parents[2]


def store_of(space: str, folder: Path) -> Path:
    """Scores that are the sums of the genomes."""
    archs = SPACES.create(space)
    records = [Record(arch.key, "params", "Params()", float(sum(arch.genome)), "ok", "", 0.0) for arch in archs]
    with ScoreStore(folder / "scores.sqlite") as store:
        store.add({}, records)
    return folder / "scores.sqlite"


def script(folder: Path, *arguments: Any) -> dict[str, dict[str, str]]:
    """What ``experiments/correlations.py`` writes, by data set and predictor."""
    command = [sys.executable, ROOT / "experiments" / "correlations.py", "--out", folder / "out", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    called = subprocess.run(
        [str(one) for one in command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert called.returncode == 0, called.stderr
    with (folder / "out" / "correlations.csv").open() as file:
        return {f"{row['dataset']} {row['predictor']}": row for row in csv.DictReader(file)}


def test_nas_bench_macro(capsys: Output, tmp_path: Path, data_dir: Path) -> None:
    file, out = data_dir / "nasbench_macro" / "nas-bench-macro_cifar10.json", tmp_path / "table.npz"
    assert "--partial: has no meaning" in refused(capsys, "convert", "nasbench_macro", file, out, "--partial")
    assert data(capsys, "convert", "nasbench_macro", file, out)["architectures"] == 6561
    call = ["correlate", store_of("nasbench_macro", tmp_path), "--table", out, "--bootstrap", 0]
    found = data(capsys, *call)
    assert (found["truth"], found["without_truth"]) == ("test accuracy on cifar10 in %, 50 epochs, seed mean", 0)
    assert found["params"]["n"] == 6561
    assert found["params"]["spearman"]["value"] > 0.6
    turned = data(capsys, *call, "--metric", "flops")
    assert turned["truth"].startswith("test flops on cifar10 in ")
    assert turned["truth"].endswith(", multiplied by -1")
    assert turned["params"]["spearman"]["value"] < -0.6, "fewer are better"


def test_a_sweep_of_nas_bench_macro_is_correlated(capsys: Output, tmp_path: Path, data_dir: Path) -> None:
    store, out = tmp_path / "scores.sqlite", tmp_path / "table.npz"
    data(capsys, "convert", "nasbench_macro", data_dir / "nasbench_macro" / "nas-bench-macro_cifar10.json", out)
    sweep = ["sweep", "nasbench_macro", "--sample", 6, "--C", 4, "--data", "noise"]
    sweep += ["--proxies", "synflow", "params", "flops"]
    options = ["--batch-size", 4, "--batches", 1, "--data-options", "size=16", "--store", store, "--workers", 1]
    assert data(capsys, *sweep, *options, "--quiet")["failed"] == 0
    assert data(capsys, "correlate", store, "--table", out, "--bootstrap", 0)["synflow"]["n"] == 6
    found = script(tmp_path, "--space", "nasbench_macro", "--scores", store, "--table", out, "--bootstrap", 10)
    assert found.keys() >= {"cifar10 synflow", "cifar10 params", "cifar10 flops"}
    assert "0.318" in (tmp_path / "out" / "report.md").read_text(), "beside the published figure"


def test_a_sweep_of_the_size_space_is_correlated(capsys: Output, tmp_path: Path, data_dir: Path) -> None:
    store, out, archs = tmp_path / "scores.sqlite", tmp_path / "table.npz", tmp_path / "archs.txt"
    folder = data_dir / "nats_bench_samples" / "NATS-sss-v1_0-50262-simple"
    assert data(capsys, "convert", "natsbench_size", folder, out, "--partial", "--quiet")["architectures"] == 32768
    space = SPACES.create("natsbench_size")
    recorded = [space.from_official_index(int(path.name[:6])) for path in sorted(folder.glob("0*.pbz2"))]
    archs.write_text("\n".join(map(space.format, recorded)))
    sweep = ["sweep", "natsbench_size", "--archs", archs, "--data", "noise", "--store", store]
    sweep += ["--batch-size", 4, "--batches", 1, "--workers", 1, "--quiet"]
    data(capsys, *sweep, "--proxies", "synflow", "params", "flops")
    assert data(capsys, "correlate", store, "--table", out, "--bootstrap", 0)["synflow"]["n"] == 3
    call = ["--space", "natsbench_size", "--scores", store, "--table", out, "--dataset", "cifar100", "--bootstrap", 0]
    assert script(tmp_path, *call)["cifar100 synflow"]["n"] == "3"


def test_a_sweep_can_be_of_a_tables_architectures(capsys: Output, tmp_path: Path) -> None:
    space = DARTS()
    held = [space.sample(np.random.default_rng(seed)) for seed in range(6)]
    Table(held, {Column("cifar10"): list(range(6))}).save(tmp_path / "table.npz")
    small = ["--C", 4, "--build", "layers=3", "--proxies", "params", "--table", tmp_path / "table.npz", "--workers", 1]
    call = ["sweep", "darts", *small]
    assert data(capsys, *call, "--csv", tmp_path / "all.csv")["architectures"] == 6
    drawn = []
    for count in (2, 4):
        data(capsys, *call, "--sample", count, "--csv", tmp_path / "some.csv")
        with (tmp_path / "some.csv").open() as file:
            drawn.append({space.parse(row["arch"]) for row in csv.DictReader(file)})
    assert drawn[0] < drawn[1] < set(held)
    assert "expected 1 to 6, got 7" in refused(capsys, *call, "--sample", 7)
    assert "leave one out" in refused(capsys, *call, "--archs", "-")
    assert "expected a table of darts_s2, got one of darts" in refused(capsys, "sweep", "darts_s2", *small)


def test_transnas_bench(capsys: Output, tmp_path: Path, data_dir: Path) -> None:
    file, out = data_dir / "transnasbench101" / "tnb101_micro_zen__all_benchmarks_zen.zip", tmp_path / "table.npz"
    assert data(capsys, "convert", "transnasbench101", file, out)["architectures"] == 4096
    store = store_of("transnasbench101_micro", tmp_path)
    for task, metric in (("room_layout", "neg_loss"), ("autoencoder", "ssim"), ("jigsaw", "accuracy")):
        found = data(capsys, "correlate", store, "--table", out, "--bootstrap", 0, "--dataset", task)
        assert found["truth"].startswith(f"val {metric} on {task} in ")
        assert found["params"]["n"] == 4096
    # Later operations are larger ones, which helps here.
    assert found["params"]["spearman"]["value"] > 0.3


def test_a_sweep_for_a_task_of_transnas_bench_is_correlated(capsys: Output, tmp_path: Path, data_dir: Path) -> None:
    store, out = tmp_path / "scores.sqlite", tmp_path / "table.npz"
    file = data_dir / "transnasbench101" / "tnb101_macro_zen.zip"
    data(capsys, "convert", "transnasbench101", file, out, "--space", "macro")
    sweep = ["sweep", "transnasbench101_macro", "--sample", 4, "--C", 4, "--build", "task=normal", "pooled=true"]
    sweep += ["--data", "noise", "--classes", 3, "--data-options", "size=64", "--batch-size", 4, "--batches", 1]
    told = data(capsys, *sweep, "--proxies", "snip", "params", "flops", "--store", store, "--workers", 1, "--quiet")
    assert (told["failed"], told["undefined"]) == (0, 0)
    call = ["--space", "transnasbench101_macro", "--scores", store, "--table", out, "--dataset", "normal"]
    assert script(tmp_path, *call, "--bootstrap", 0)["normal snip"]["n"] == "4"
    assert "val ssim" in (tmp_path / "out" / "report.md").read_text()


def test_published_scores_are_converted(capsys: Output, tmp_path: Path, data_dir: Path) -> None:
    file = data_dir / "nasbench301" / "zc_nasbench301.json"
    told = data(capsys, "convert", "suite_zero", file, tmp_path / "scores.npz", "--space", "nasbench301")
    assert any("synflow" in column for column in told["columns"])
    accuracies = data(capsys, "convert", "darts", file, tmp_path / "table.npz")
    assert len(accuracies["columns"]) == 1
    assert told["architectures"] == accuracies["architectures"] == 725


def test_latencies_are_correlated_by_device(capsys: Output, tmp_path: Path) -> None:
    held = [Architecture("natsbench_size", (0, 0, 0, 0, gene)) for gene in range(8)]
    columns = {
        Column("cifar10", metric="latency", higher_is_better=False, device=name): list(range(8)) for name in "ab"
    }
    columns[Column("cifar10", metric="latency", higher_is_better=False, device="b")] = list(range(8))[::-1]
    Table(held, columns).save(tmp_path / "table.npz")
    with ScoreStore(tmp_path / "scores.sqlite") as store:
        store.add({}, [Record(arch.key, "params", "Params()", float(sum(arch.genome)), "ok", "", 0.0) for arch in held])
    call = ["correlate", tmp_path / "scores.sqlite", "--table", tmp_path / "table.npz", "--bootstrap", 0]
    for device, rho in (("a", -1), ("b", 1)):
        found = data(capsys, *call, "--device", device)
        assert found["truth"].startswith(f"test latency on cifar10 by {device} in ")
        assert found["params"]["spearman"]["value"] == rho, "faster is better"
    assert "unknown column \"device='c'\"" in refused(capsys, *call, "--device", "c")
