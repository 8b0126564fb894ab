"""The scripts of Zero-Cost-PT: what they compute is checked by other means, and what they print is there."""

from __future__ import annotations

import csv
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from zcnas.searchspaces.darts.genotype import parse_genotype

TINY = ["--data", "noise", "--data-options", "channels=3", "size=8", "--quiet", "--workers", "1", "--batch-size", "4"]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts import their neighbours by bare name."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "experiments")


def test_a_search_is_looked_up_and_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import zero_cost_pt

    given = [*TINY, "--space", "nasbench201", "--build", "C=4", "N=1", "--proxy", "params", "--proposals", "2"]
    given += ["--validations", "2", "--seeds", "0", "1", "--out", str(tmp_path)]
    zero_cost_pt.main(given)
    first = capsys.readouterr().out
    assert first.count("different proposals") == 2
    assert "plain forward passes" in first
    rows = list(csv.DictReader((tmp_path / "searches.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["architecture"] for row in rows} == {
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
    }
    journals = [path.read_bytes() for path in sorted(tmp_path.glob("journal-*"))]
    zero_cost_pt.main(given)
    assert [path.read_bytes() for path in sorted(tmp_path.glob("journal-*"))] == journals


def test_cells_of_darts_are_spelt_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    import zero_cost_pt

    given = [
        *TINY,
        "--space",
        "darts_s2",
        "--build",
        "C=4",
        "layers=3",
        "--proxy",
        "params",
        "--order",
        "global_op_once",
    ]
    zero_cost_pt.main([*given, "--proposals", "1", "--validations", "1", "--out", str(tmp_path)])
    spelt = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("seed 0: "))
    found = parse_genotype(spelt.removeprefix("seed 0: ").strip())
    assert {op for op, _ in found.normal} == {"sep_conv_3x3"}
    assert (tmp_path / "cells-0.png").stat().st_size > 10_000


def test_what_operations_are_worth(data_dir: Path) -> None:
    from _operation_truth import agreement, read

    truth = read(data_dir / "nasbench201" / "nb2_test_acc_cf10.p")
    # Published in the authors' repository: their table of operation strengths.
    assert agreement(truth.avg_acc(), truth.best_acc()) == pytest.approx((0.650, 0.567), abs=5e-4)
    best, decided = truth.best_acc({0: 3, 5: 1}), truth.best[3, :, :, :, :, 1]
    assert np.isnan(best[[0, 5]]).all()
    assert best[2, 4] == decided[:, 4].max()


def test_agreement_is_the_mean_over_edges() -> None:
    from _operation_truth import agreement

    rng = np.random.default_rng(0)
    strengths, truth = rng.random((6, 5)), rng.random((6, 5))
    strengths[1] = 1.0
    truth[2] = math.nan
    edges = (0, 3, 4, 5)
    rho = sum(stats.spearmanr(strengths[edge], truth[edge]).statistic for edge in edges) / 5
    tau = sum(stats.kendalltau(strengths[edge], truth[edge]).statistic for edge in edges) / 5
    assert agreement(strengths, truth) == (pytest.approx(rho), pytest.approx(tau))


def test_the_table_of_operation_scores(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import operation_scoring

    truth, root = data_dir / "nasbench201" / "nb2_test_acc_cf10.p", data_dir / "cifar10_jpeg" / "train_5000.tar"
    given = ["--truth", str(truth), "--root", str(root), "--seeds", "1", "--all-seeds", "0", "--trained-seeds", "0"]
    given += ["--batch-size", "4", "--C", "2", "--N", "1", "--workers", "1", "--quiet", "--out", str(tmp_path)]
    operation_scoring.main(given)
    printed = capsys.readouterr().out
    for form, masking in product(("zc_pt", "disc_zc"), ("skip", "zeros")):
        assert all(f"| {form}({name}), {masking} |" in printed for name in ("nwot", "nwot_eval", "nwot_hooks"))
    assert "| disc_zc(nwot_eval) |" in printed.split("Progressive")[1]
    operation_scoring.main(given)
    assert capsys.readouterr().out == printed


def test_the_price_of_a_proposal(capsys: pytest.CaptureFixture[str]) -> None:
    import benchmark_operation_scoring

    benchmark_operation_scoring.main(["--batch-size", "4", "--size", "8", "--build", "C=2", "N=1", "--repeats", "1"])
    printed = capsys.readouterr().out
    assert "30 networks scored" in printed
    alone, shared = (float(part.split()[0]) for part in printed.split("multiply-adds: ")[1].split(";"))
    assert 0 < shared <= alone < 30


def test_aggregates_find_their_members_among_all_scores() -> None:
    from operation_scoring import BASELINES, _joined

    from zcnas.proxies import default_names

    columns = {name: np.arange(5.0) for name in default_names()}
    assert [list(np.argsort(_joined(name, columns))) for name in BASELINES] == [[0, 1, 2, 3, 4]] * len(BASELINES)
