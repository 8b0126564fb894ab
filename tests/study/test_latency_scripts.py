"""Scripts that predict latencies from few measurements, and search with them, on made-up devices."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from zcnas.column import Column
from zcnas.errors import InputError
from zcnas.objectives import NetworkCost
from zcnas.predictors import DeviceTransfer
from zcnas.predictors.transfer import selection
from zcnas.searchspaces import FBNet, NASBench201, OFAMobileNetV3
from zcnas.space import Architecture
from zcnas.table import Table

SPACE = NASBench201()
COSTS = {"titanx_1": (1, 3), "titanx_32": (2, 5), "pixel3": (3, 3), "gold_6240": (1, 6), "raspi4": (2, 3)}
"""Of a convolution of 1 x 1 and of 3 x 3."""
Floats = npt.NDArray[np.float64]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Scripts import their neighbours by bare name, and write where they are run."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measured() -> tuple[list[Architecture], dict[str, Floats]]:
    """160 architectures, and their latencies on devices."""
    rng = np.random.default_rng(0)
    archs = [SPACE.from_official_index(int(index)) for index in rng.choice(15625, 160, replace=False)]
    counts = np.array([[arch.genome.count(2), arch.genome.count(3)] for arch in archs], dtype=float)
    noise = 0.1 * rng.random(len(archs))
    return archs, {device: 2 + counts @ costs + noise for device, costs in COSTS.items()}


def test_multiply_adds_are_those_of_networks() -> None:
    from _latency_few_shot_flops import flops

    rng = np.random.default_rng(0)
    for space, build in ((SPACE, {"C": 4, "N": 1}), (FBNet(), {})):
        archs = [space.sample(rng) for _ in range(3)]
        told, exact = flops(space, archs), [NetworkCost(space, "flops", build)(arch) for arch in archs]
        unit = (told[1] - told[0]) / (exact[1] - exact[0])
        # Skips and pooling cost a little, too.
        assert (told[2] - told[0]) / unit == pytest.approx(exact[2] - exact[0], rel=0.1)


def test_multiply_adds_know_the_resolution() -> None:
    from _latency_few_shot_flops import flops

    space = OFAMobileNetV3()
    kinds = [(3, 4, 2, 128), (7, 6, 3, 160)]
    archs = [space.from_settings({"ks": [k] * 20, "e": [e] * 20, "d": [d] * 5, "r": r}) for k, e, d, r in kinds]
    exact = [NetworkCost(space, "flops", shape=(3, r, r))(arch) for arch, (*_, r) in zip(archs, kinds, strict=True)]
    # Measured networks are wider by 1.2; stem and head differ.
    assert flops(space, archs) / exact == pytest.approx([1.2**2] * 2, rel=0.05)


def test_chips_have_several_sizes_of_batches() -> None:
    from _latency_few_shot_task import SPLITS, chip

    assert [chip(one) for one in ("titan_xp_32", "titanxp_1", "samsung_s7", "silver_4210r")] == [
        *("titan_xp", "titanxp", "samsung_s7", "silver_4210r")
    ]
    for train, valid, test in SPLITS.values():
        assert len({*train, *valid, *test}) == len(train) + len(valid) + len(test)


def test_few_measurements_are_reported_and_drawn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import _latency_few_shot_picture
    import _latency_few_shot_report
    import latency_few_shot
    from _latency_few_shot_runs import GCN, SCRATCH, GradientBoosting
    from _latency_few_shot_task import Split, Task

    archs, latencies = measured()
    split = Split(("titanx_1", "titanx_32", "pixel3"), ("gold_6240",), ("raspi4",))
    monkeypatch.setattr(_latency_few_shot_report, "SPLITS", {"fbnet": split})
    monkeypatch.setattr(latency_few_shot, "read_task", lambda _, name: Task(name, SPACE, archs, latencies, split))
    monkeypatch.setitem(SCRATCH, "gcn", lambda space, seed: GCN(space, hidden=8, layers=2, least=5, seed=seed))
    monkeypatch.setitem(SCRATCH, "boosting", lambda space, seed: GradientBoosting(space, trees=5, seed=seed))
    for module in (latency_few_shot, _latency_few_shot_report, _latency_few_shot_picture):
        monkeypatch.setattr(module, "SAMPLES", (10,))
    monkeypatch.setattr(latency_few_shot, "_FEWER_SAMPLES", (10,))
    monkeypatch.setattr(latency_few_shot, "_CEILING", 50)
    monkeypatch.setattr(selection, "GRID", selection.GRID[::20])
    sizes = ["--draws", "2", "--scratch-draws", "1", "--gcn-draws", "1", "--asked", "20"]
    command = ["--help-data", "help", "--spaces", "fbnet", *sizes, "--out", "out"]
    latency_few_shot.main(command)
    report = (folder / "out/report.md").read_text()
    line = next(line for line in report.splitlines() if line.startswith("| device_transfer | 2"))
    assert float(line.split(" | ")[2].rstrip(" |")) > 0.9, "ten samples, devices alike"
    assert "all devices held out in turn" in report
    assert (folder / "out/curves.png").stat().st_size > 10_000
    means = (folder / "out/means.csv").read_text()
    assert "fbnet,raspi4,device_transfer,10,2,0.9" in means
    monkeypatch.setattr(latency_few_shot, "_draw", lambda *_: None)
    monkeypatch.setattr(latency_few_shot, "PARTS", dict.fromkeys(latency_few_shot.PARTS))
    latency_few_shot.main(command)
    assert (folder / "out/report.md").read_text() == report, "finished parts are not done again"
    with pytest.raises(InputError, match="draws"):
        latency_few_shot.main([*command, "--draws", "3"])


def test_searches_keep_the_budget(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import _latency_search_runs
    from _latency_search_runs import MEASUREMENTS, Task, Way, searched
    from latency_search import WAYS, _report, _runs

    monkeypatch.setattr(_latency_search_runs, "_OFFERED", 80)
    monkeypatch.setattr(selection, "GRID", selection.GRID[::20])
    archs, latencies = measured()
    names = ("titanx_1", "titanx_32", "pixel3")
    accuracy = 50 + np.array([float(sum(arch.genome)) for arch in archs])
    column = Column("cifar100", split="val", epochs=200)
    prior = DeviceTransfer(SPACE, references=100).meta_fit(archs, np.stack([latencies[one] for one in names], axis=1))
    table, latency = Table(archs, {column: accuracy}), latencies["raspi4"]
    task = Task(SPACE, archs, table, column, accuracy, latency, {"proxy": accuracy}, prior)
    budget = float(np.median(latency))
    for way in (Way(0.95), Way(0.5, (0.6, 0.95))):
        place, count = searched(task, way, budget, 20, 0)
        assert latency[place] <= budget
        assert count <= MEASUREMENTS
        assert accuracy[latency <= budget].max() - accuracy[place] <= 1
    options = argparse.Namespace(runs=1, others=1, trainings=20, device="raspi4", out=folder)
    lines = list(_report(task, _runs(task, options), options, "command"))
    assert sum(line.startswith(f"| {next(iter(WAYS))}") for line in lines) == 3
    assert sum(line.startswith("| (all trained and measured)") and " 0.00 |" in line for line in lines) == 3
