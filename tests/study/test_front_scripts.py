"""Scripts that search for fronts, and for the best of twenty networks, on made-up tables of the real spaces."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from zcnas.column import Column
from zcnas.searchspaces import NASBench201, TransNASBench101Micro
from zcnas.searchspaces.nasbench201 import NASBench201Table
from zcnas.searchspaces.nasbench201.cell import OPS
from zcnas.searchspaces.nasbench201.order import official_codes
from zcnas.space import Architecture, Genomes, SearchSpace
from zcnas.store import Record, ScoreStore
from zcnas.table import Table

SPACE, OTHER = NASBench201(), TransNASBench101Micro()
DATASETS = ("cifar10", "cifar100", "ImageNet16-120")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Scripts import their neighbours by bare name, and write where they are run."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "experiments")
    monkeypatch.chdir(tmp_path)
    _accuracies().save(tmp_path / "nb201.npz")
    _scores(tmp_path / "whole.sqlite")
    return tmp_path


def worth(codes: Iterable[int]) -> float:
    """Convolutions of 3 x 3 are best."""
    return float(sum((0, 2, 5, 9, 1)[code] * place for place, code in enumerate(codes, start=3)))


def genomes(space: SearchSpace) -> Genomes:
    codes = official_codes() if space is SPACE else [arch.genome for arch in space]
    return Genomes(space.name, np.array(codes, dtype=np.uint8))


def _accuracies() -> Table:
    values = np.array([worth(codes) for codes in official_codes()]) / 4
    columns = {}
    for name in DATASETS:
        columns[Column(name, split="val", epochs=200, seed="one")] = values
        for seed in ("published", "mean"):
            columns[Column(name, split="test", epochs=200, seed=seed)] = values - 1
    return NASBench201Table(genomes(SPACE), columns)


def _scores(path: Path) -> None:
    archs = [Architecture(SPACE.name, codes) for codes in official_codes()]
    with ScoreStore(path) as store:
        for name, power in (("params", 1.0), ("synflow", 2.0)):
            values = [worth(arch.genome) ** power for arch in archs]
            store.add(
                {},
                [Record(one.key, name, name, value, "ok", "", 0.0) for one, value in zip(archs, values, strict=True)],
            )


def test_fronts_are_reported_and_drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from hardware_fronts import main

    latencies = np.array([1.0 + sum(codes) for codes in official_codes()])
    column = Column("cifar100", metric="latency", unit="ms", higher_is_better=False, device="fpga")
    NASBench201Table(genomes(SPACE), {column: latencies}).save(folder / "hw.npz")
    files = ["--table", "nb201.npz", "--latencies", "hw.npz", "--scores", "whole.sqlite", "--devices", "fpga"]
    sizes = ["--runs", "2", "--trainings", "20", "--algorithms", "random", "gaussian_front"]
    main([*files, *sizes])
    report = (folder / "hardware-output/report.md").read_text()
    assert capsys.readouterr().out.strip() == report.strip()
    rows = [line.split(" | ") for line in report.splitlines() if line.startswith(("| random", "| gaussian_front"))]
    means = {name.strip("| "): float(mean.strip("| ")) for name, *_, mean in rows[:2]}
    assert means["random"] < means["gaussian_front"] <= 1
    assert (folder / "hardware-output/fronts.png").stat().st_size > 10_000
    before = (folder / "hardware-output/runs.jsonl").read_text()
    main([*files, *sizes])
    assert (folder / "hardware-output/runs.jsonl").read_text() == before, "finished runs are not done again"


def test_all_architectures_have_the_whole_volume() -> None:
    from _front_task import Judge

    from zcnas.analysis import front

    rng = np.random.default_rng(0)
    angle = rng.uniform(0, np.pi / 2, 50)
    judged = np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(0.8, 1, (50, 1))
    seen = judged + 1  # the same order
    judge = Judge(judged[front(judged)], seen[front(seen)], float(np.median(judged[:, 0])))
    assert judge.ratios(judged, seen) == pytest.approx(dict.fromkeys(("all", "chosen", "strict", "seen"), 1.0))
    fewer = judge.ratios(judged[:5], seen[:5])
    assert all(0 <= one < 1 for one in fewer.values())
    assert fewer["chosen"] == fewer["all"], "where the order is the same"


def test_cells_of_both_benchmarks_have_one_order_of_edges_and_operations() -> None:
    from _beyond_scores import POOL, REPLACEMENTS

    assert OPS[POOL] == "avg_pool_3x3"
    assert {OPS[code]: code for code in range(4)} == REPLACEMENTS
    ours, theirs = SPACE.architecture((3, 2, 1, 0, 3, 2)), OTHER.architecture((3, 2, 1, 0, 3, 2))
    assert (
        SPACE.format(ours) == "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|nor_conv_3x3~1|nor_conv_1x1~2|"
    )
    assert OTHER.format(theirs) == "64-41414-3_21_032"


def test_the_best_of_few_networks_is_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from beyond_robot import main

    archs = list(OTHER)
    columns = {Column("class_scene", split="val"): np.array([worth(arch.genome) for arch in archs])}
    Table(genomes(OTHER), columns).save(folder / "other.npz")
    ours = "gaussian_process: proxies and tasks"
    sizes = ["--runs", "2", "--trainings", "8", "--algorithms", "random", ours]
    main(["--table", "nb201.npz", "--scores", "whole.sqlite", "--other", "other.npz", *sizes])
    report = (folder / "beyond-output/report.md").read_text()
    assert capsys.readouterr().out.strip() == report.strip()
    best = max(map(worth, official_codes())) / 4 - 1
    assert f"| {ours} | {best:.2f} ± 0.00 ({best:.2f}) |" in report
    assert f"cifar10: best of all {best:.3f}, by exhaustive validation {best:.3f}." in report
