"""The script that holds scores against accuracies: what it reads, computes and writes."""

from __future__ import annotations

import csv
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

import zcnas
from zcnas.batch import Batch
from zcnas.benchmarks import digits
from zcnas.errors import DataError, InputError, ZcnasError
from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.nasbench201 import OPS, NASBench201Table
from zcnas.store import Record, ScoreStore

ROOT = Path(__file__).parents[1]
SPACE = NASBench201()
CELLS = 12
HEADER = ["arch", "synflow", "ntk_condition", "test_accuracy", "mine"]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(ROOT / "experiments")


def records() -> list[list[Any]]:
    """Made-up scores of the first cells: one undefined, one minus infinity, two equal."""
    values = np.random.default_rng(0).standard_normal((CELLS, 2)).round(3)
    rows: list[list[Any]] = [
        [SPACE.format(arch), synflow, ntk, 50, -synflow]
        for arch, (synflow, ntk) in zip(digits().archs, values, strict=False)
    ]
    rows[2][1], rows[3][1] = "", "-inf"
    rows[5][2] = rows[4][2]
    return rows


def written(path: Path, header: list[str], rows: list[list[Any]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def call(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "experiments/correlations.py", "--out", str(folder / "out"), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_scores_of_digits_cells(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    scores = written(tmp_path / "scores.csv", HEADER, records())
    outcome = call(
        "--scores", str(scores), "--lower", "mine", "--bootstrap", "50", "--top", "2", "0.5", folder=tmp_path
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "left aside, as neither proxies nor declared by --higher or --lower: test_accuracy" in outcome.stdout
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["bars_digits.png", "correlations.csv", "heat_map.png", "report.md", "scores_digits.png"]
    with (tmp_path / "out" / "correlations.csv").open() as file:
        found = {row["predictor"]: row for row in csv.DictReader(file)}
    assert set(found) == {"synflow", "ntk_condition", "mine", "params", "flops", "rank_sum"}
    accuracy = digits().by_seed("digits")[:CELLS].mean(axis=1)
    ntk = np.array([float(row[2]) for row in records()])
    assert float(found["ntk_condition"]["spearman"]) == pytest.approx(stats.spearmanr(-ntk, accuracy).statistic)
    assert float(found["ntk_condition"]["kendall"]) == pytest.approx(stats.kendalltau(-ntk, accuracy).statistic)
    assert [found[name]["turned"] for name in ("synflow", "ntk_condition", "mine")] == ["0", "1", "1"]
    assert [found["synflow"][what] for what in ("n", "nans", "ties")] == ["11", "1", "0"]
    assert found["ntk_condition"]["ties"] == "2"
    assert [found["synflow"][what] for what in ("k_top_2", "k_top_0.5")] == ["2", "6"]
    params = digits().values("digits", split="train", metric="params")[:CELLS]
    assert float(found["params"]["spearman"]) == pytest.approx(stats.spearmanr(params, accuracy).statistic)
    report = (tmp_path / "out" / "report.md").read_text()
    command = f"`python experiments/correlations.py --out {tmp_path / 'out'} --scores {scores}"
    for part in (command, "50 resamples, seed 0", "torch", "no published figures for digits", "(heat_map.png)"):
        assert part in report


def test_numbers_do_not_depend_on_the_call(tmp_path: Path) -> None:
    scores = written(tmp_path / "scores.csv", HEADER[:2], [row[:2] for row in records()])
    texts = []
    for name in ("one", "other"):
        assert call("--scores", str(scores), "--bootstrap", "20", folder=tmp_path / name).returncode == 0
        texts.append((tmp_path / name / "out" / "correlations.csv").read_text())
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("header", "change", "message"),
    [
        (["architecture"], None, "expected a column arch"),
        (["arch", "synflow"], (0, 1, "much"), "column synflow: could not convert.*leave the field empty"),
        (["arch", "synflow"], (1, 0, records()[0][0]), "expected every architecture once, got 1"),
        (["arch", "synflow"], (1, 0, "|what~0|"), "expected"),
    ],
)
def test_files_of_another_form_are_refused(
    tmp_path: Path, header: list[str], change: tuple[int, int, str] | None, message: str
) -> None:
    from _correlations_scores import read_scores

    rows = [row[: len(header)] for row in records()]
    if change:
        rows[change[0]][change[1]] = change[2]
    with pytest.raises((DataError, InputError), match=message):
        read_scores(written(tmp_path / "scores.csv", header, rows))


def test_a_store_is_read_like_a_table(tmp_path: Path) -> None:
    from _correlations_scores import read_scores

    archs = [SPACE.sample(np.random.default_rng(seed)) for seed in range(3)]
    values = {"synflow": [1.5, math.nan, -math.inf], "ntk_condition": [3.0, 0.1 + 0.2, 7.0]}
    rows = [[SPACE.format(arch), *map(repr, row)] for arch, *row in zip(archs, *values.values(), strict=True)]
    table = read_scores(written(tmp_path / "scores.csv", ["arch", *values], rows))
    with ScoreStore(tmp_path / "scores.sqlite") as store:
        for name, column in values.items():
            pairs = zip(archs, column, strict=True)
            store.add({}, [Record(arch.key, name, name, value, "ok", "", 0.0) for arch, value in pairs])
    held = read_scores(tmp_path / "scores.sqlite")
    assert set(held.archs) == set(archs)
    order = [list(held.archs).index(arch) for arch in archs]
    for name, expected in table.columns.items():
        np.testing.assert_array_equal(held.columns[name].values[order], expected.values)
        assert held.columns[name].higher_is_better == expected.higher_is_better
    ScoreStore(tmp_path / "empty.sqlite").close()
    with pytest.raises(DataError, match="expected scores of nasbench201, got none"):
        read_scores(tmp_path / "empty.sqlite")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scores", "none.csv"], "none.csv"),
        (["--scores", str(ROOT / "setup.cfg")], "expected scores in a .csv file"),
        (["--dataset", "cifar10"], "unknown column \"dataset='cifar10'"),
        (["--top", "0"], "whole numbers of at least 1"),
        (["--higher", "yours"], "declared but missing: yours"),
        (["--trained", "digits"], "expected DATASET:EPOCHS, such as cifar10:12, got 'digits'"),
        (["--trained", "digits:1000"], "unknown column"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, arguments: list[str], message: str) -> None:
    from correlations import main

    scores = written(tmp_path / "scores.csv", HEADER, records())
    with pytest.raises((ZcnasError, OSError), match=re.escape(message)):
        main(["--scores", str(scores), "--out", str(tmp_path), *arguments])


def test_mistakes_bring_no_traceback(tmp_path: Path) -> None:
    outcome = call("--scores", "none.csv", folder=tmp_path)
    assert outcome.returncode == 1
    assert "none.csv" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_sizes_are_those_of_every_single_network() -> None:
    from _correlations_scores import Networks, sizes

    networks = Networks(C=4, N=1, pixels=8)
    rng = np.random.default_rng(0)
    # Twice the same operations on other edges, of which one computes less.
    archs = [SPACE.from_ops([OPS[code] for code in codes]) for codes in ((3, 0, 0, 0, 0, 3), (0, 0, 0, 3, 3, 0))]
    archs += [SPACE.sample(rng) for _ in range(6)]
    batch = Batch(torch.zeros(1, 3, 8, 8), torch.zeros(1, dtype=torch.int64))
    expected = [zcnas.score(SPACE.build(arch, C=4, N=1), ["params", "flops"], batch=batch, seed=0) for arch in archs]
    for name in ("params", "flops"):
        assert sizes(archs, name, networks).tolist() == [scores[name] for scores in expected]


def test_published_figures_without_sign_are_compared_as_such() -> None:
    from _correlations_report import Findings, Truth, comparison, targets

    from zcnas.correlation import correlate

    truth = np.arange(50.0)
    one = correlate(-truth, truth, bootstrap=0)
    found = Findings(Truth("cifar10", truth, ""), {"synflow": one}, {"synflow": targets("cifar10", "synflow")})
    rows = {row[1]: row for row in comparison(found)}
    assert rows["|Spearman|"][2:6] == ["-1.000", "-", "0.737", "+0.263"]
    assert rows["Spearman"][2] == "-1.000"
    assert rows["Spearman"][5].startswith("-1.7")


def test_picks_up_every_verified_figure_and_no_other() -> None:
    from _correlations_report import targets

    assert {row.value for row in targets("cifar10", "params") if row.metric == "spearman"} == {0.7513, 0.75, 0.72}
    assert targets("cifar10", "meco") == []
    assert targets("digits", "params") == []
    assert targets("cifar10", "vote") == [], "a concordance is no correlation"


def test_undefined_coefficients_are_no_numbers() -> None:
    from _correlations_report import interval, signed

    from zcnas.correlation import correlate

    found = correlate([math.nan, math.nan], [1.0, 2.0])
    assert (signed(found.spearman.value), interval(found.spearman)) == ("-", "-")


def test_a_published_anchor_on_the_whole_space(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / "nasbench201" / "nb201_table.npz"
    table = NASBench201Table.load(path)
    # In the order of true sizes, and given so that nothing needs to be built.
    size = [
        sum({"nor_conv_1x1": 1, "nor_conv_3x3": 9}.get(OPS[code], 0) for code in arch.genome) for arch in table.archs
    ]
    rows = [[SPACE.format(arch), *values] for arch, *values in zip(table.archs, size, size, strict=True)]
    scores = written(tmp_path / "scores.csv", ["arch", "params", "flops"], rows)
    options = ["--table", str(path), "--trained", "cifar10:12", "--dataset", "cifar10", "--bootstrap", "20"]
    outcome = call("--scores", str(scores), *options, folder=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    report = (tmp_path / "out" / "report.md").read_text()
    lines = [line for line in report.splitlines() if "computed from the published accuracies" in line]
    compared = {tuple(field.strip() for field in line.split("|")[1:7]) for line in lines}
    differences = {(row[0], row[1]): float(row[5]) for row in compared}
    assert set(differences) == {
        (name, what) for name in ("val_hp12_cifar10", "params") for what in ("Spearman", "tau-b")
    }
    # Printed with three decimals.
    assert all(abs(value) < 0.0011 for value in differences.values())
