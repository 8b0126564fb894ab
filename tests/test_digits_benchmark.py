"""The embedded benchmark: its table, and the script that makes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from zcnas.benchmarks import DIGITS_PATH, digits, reliability
from zcnas.correlation import spearman
from zcnas.errors import InputError
from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.nasbench201 import OPS
from zcnas.table import Table

ROOT = Path(__file__).parents[1]
SPACE = NASBench201()
TINY = ["--cells", "3", "--seeds", "2"]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(ROOT / "experiments")


def test_the_table_is_large_enough_and_small_enough() -> None:
    table = digits()
    assert len(table) >= 400
    assert table.by_seed("digits").shape[1] >= 4
    assert DIGITS_PATH.stat().st_size <= 300_000
    assert (table.by_seed("digits", split="train", metric="seconds") < 2).mean() > 0.95


def test_columns_say_what_they_hold() -> None:
    table, seeds = digits(), digits().meta["seeds"]
    epochs = table.meta["recipe"]["epochs"]
    measured = {("val", "accuracy", "%", True), ("test", "accuracy", "%", True), ("train", "seconds", "s", False)}
    expected = {(*what, epochs, str(seed)) for what in measured for seed in seeds}
    expected |= {("train", "params", "parameters", False, None, "mean")}
    assert {column.dataset for column in table.columns} == {"digits"}
    assert len(table.columns) == len(expected)
    assert expected == {
        (column.split, column.metric, column.unit, column.higher_is_better, column.epochs, column.seed)
        for column in table.columns
    }


def test_single_runs_are_found() -> None:
    table = digits()
    for split in ("val", "test"):
        assert table.query(table.archs[7], "digits", split=split, seed=3) == table.by_seed("digits", split=split)[7, 3]


def test_all_cells_are_different_networks_with_a_path() -> None:
    archs = digits().archs
    assert all(arch in SPACE for arch in archs)
    assert len({SPACE.strict_key(arch) for arch in archs}) == len(archs)
    assert len({SPACE.canonical(arch) for arch in archs}) == len(archs)
    assert not any(SPACE.canonical(arch).replace("#", "").strip("+") == "" for arch in archs)


def test_accuracies_are_spread_and_not_saturated() -> None:
    mean = digits().by_seed("digits").mean(axis=1)
    low, high = np.quantile(mean, [0.1, 0.9])
    assert high - low > 5, "percentage points"
    # Chance is 10 %.
    assert 20 < mean.min() < mean.max() < 95


def test_the_seed_mean_is_reliable() -> None:
    worth = reliability(digits().by_seed("digits"))
    assert worth.ceiling >= 0.85
    assert worth.single < worth.halves < worth.ceiling


def test_no_simple_count_explains_the_accuracies() -> None:
    table = digits()
    test = table.by_seed("digits")
    counts = [np.array([arch.genome.count(code) for arch in table.archs]) for code in range(len(OPS))]
    worth = [abs(spearman(count, test.mean(axis=1))) for count in counts]
    assert max(worth) < reliability(test).ceiling - 0.05


def test_parameters_are_those_of_the_networks() -> None:
    table = digits()
    recipe = table.meta["recipe"]
    for arch in (table.archs[index] for index in (0, 1, len(table) // 2, len(table) - 1)):
        network = SPACE.build(arch, C=recipe["C"], N=recipe["N"], in_channels=1)
        params = table.query(arch, "digits", split="train", metric="params")
        assert params == sum(weight.numel() for weight in network.parameters())


def test_provenance_is_complete() -> None:
    meta = digits().meta
    assert meta["command"].startswith("python experiments/build_digits_benchmark.py --cells")
    assert meta["seeds"] == list(range(digits().by_seed("digits").shape[1]))
    assert sum(meta["images"].values()) == 1797
    assert {"python", "torch", "numpy", "scikit-learn"} <= meta["versions"].keys()


def test_training_again_gives_the_recorded_accuracies() -> None:
    from _digits_training import Job, train

    table = digits()
    places = [(0, 0), (150, 1), (300, 2), (399, 3)]
    again = np.array([train(Job(SPACE.format(table.archs[cell]), seed)).test for cell, seed in places])
    recorded = np.array([table.by_seed("digits")[place] for place in places])
    # Bit-equal on one machine; others round differently. Other seeds are 2 to 3 points away on average.
    assert np.abs(again - recorded).mean() < 1


def test_the_recorded_task_and_recipe_are_those_of_the_script() -> None:
    from dataclasses import asdict

    from _digits_task import Task
    from _digits_training import Recipe

    assert digits().meta["task"] == asdict(Task())
    assert digits().meta["recipe"] == asdict(Recipe())


def test_cells_are_drawn_evenly_over_sizes() -> None:
    from _digits_cells import draw

    drawn = draw(200)
    assert drawn == draw(60) + drawn[60:], "a longer draw only adds"
    assert drawn != draw(200, seed=1)
    sizes = Counter((text.count("conv_3x3"), text.count("conv_1x1")) for text in drawn)
    assert len(sizes) == 28, "all pairs of numbers with a sum of at most six"
    assert max(sizes.values()) - min(count for pair, count in sizes.items() if sum(pair) < 5) <= 1


@pytest.mark.parametrize(
    ("genome", "expected"),
    [
        ((0, 0, 0, 3, 0, 0), True),
        ((0, 0, 0, 0, 0, 0), False),
        ((3, 0, 0, 3, 0, 0), False),  # leads nowhere
        ((0, 0, 0, 3, 3, 0), False),  # comes from nowhere
        ((1, 2, 3, 4, 1, 2), True),
    ],
)
def test_idle_operations_are_seen(genome: tuple[int, ...], expected: bool) -> None:
    from _digits_cells import _all_on_paths

    assert _all_on_paths(genome) == expected


def places(folder: Path) -> list[str]:
    return ["--runs", str(folder), "--out", str(folder / "table.npz")]


def build(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "experiments/build_digits_benchmark.py", *arguments, *places(folder)]


def call(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    outcome = subprocess.run(
        build(folder, *arguments), cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr


def accuracies(folder: Path) -> list[list[list[float]]]:
    table = Table.load(folder / "table.npz", SPACE.parse)
    return [table.by_seed("digits", split=split).tolist() for split in ("val", "test")]


def test_the_script_goes_on_after_a_crash_whatever_the_number_of_workers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import build_digits_benchmark

    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    build_digits_benchmark.main([*TINY, "--workers", "1", *places(whole)])
    printed = capsys.readouterr().out
    assert "ceiling: reliability of the seed mean" in printed
    assert "rank correlation of two seeds" in printed
    (runs,) = whole.glob("*.jsonl")
    lines = runs.read_bytes().splitlines(keepends=True)
    resumed.mkdir()
    (resumed / runs.name).write_bytes(b"".join(lines[:2]) + lines[2][:40])
    call(resumed, *TINY, "--workers", "2")
    assert accuracies(resumed) == accuracies(whole)
    kept = (resumed / runs.name).read_bytes()
    assert kept.startswith(b"".join(lines[:2]) + lines[2][:40] + b"\n"), "the file only grows"
    assert len(kept.splitlines()) == 7


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        build(tmp_path, "--cells", "400", "--workers", "1"),
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    limit = time.monotonic() + 120
    while not list(tmp_path.glob("*.jsonl")) and time.monotonic() < limit:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "interrupted; finished runs are kept" in errors
    assert "Traceback" not in errors
    (runs,) = tmp_path.glob("*.jsonl")
    assert all(json.loads(line)["test"] > 0 for line in runs.read_text().splitlines())


def noisy(cells: int, seeds: int, noise: float) -> npt.NDArray[np.float64]:
    rng = np.random.default_rng(1)
    return rng.standard_normal((cells, 1)) + noise * rng.standard_normal((cells, seeds))


@pytest.mark.parametrize("seeds", [2, 4, 5, 8])
def test_ceiling_is_what_as_many_new_seeds_would_reach(seeds: int) -> None:
    values = noisy(3000, 2 * seeds, noise=1.0)
    expected = spearman(values[:, :seeds].mean(axis=1), values[:, seeds:].mean(axis=1))
    # 3,000 cells leave a deviation of about 0.01 on each side.
    assert reliability(values[:, :seeds]).ceiling == pytest.approx(expected, abs=0.03)


def test_reliability_without_noise_and_without_signal() -> None:
    assert reliability(noisy(50, 4, noise=0.0)).ceiling == pytest.approx(1)
    assert abs(reliability(noisy(3000, 4, noise=1e6)).ceiling) < 0.1


@pytest.mark.parametrize("shape", [(2, 4), (10, 1), (10,)])
def test_reliability_needs_enough_values(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"A >= 3 and S >= 2"):
        reliability(np.ones(shape))
