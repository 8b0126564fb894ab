"""Coefficients and shortlists against slow and obvious ones, scipy, and published anchors."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from zcnas.correlation import correlate, kendall, shortlist, spearman
from zcnas.correlation.favourites import size
from zcnas.errors import InputError
from zcnas.searchspaces.nasbench201 import OPS, NASBench201Table

Floats = npt.NDArray[np.float64]

EXACT = {"rel": 1e-12, "abs": 1e-12}
"""Both sides are exact but for the rounding of a few hundred sums."""


def sample(n: int, levels: int, seed: int) -> tuple[Floats, Floats]:
    """Related whole numbers: few levels mean many ties."""
    rng = np.random.default_rng(seed)
    first = rng.integers(levels, size=n)
    return first.astype(float), (first + rng.integers(levels, size=n)).astype(float)


def naive_ranks(values: Floats) -> list[float]:
    """1 + how many are smaller + half of the other equals."""
    return [1 + (values < own).sum() + ((values == own).sum() - 1) / 2 for own in values]


def naive_spearman(first: Floats, second: Floats) -> float:
    a, b = (np.array(naive_ranks(values)) for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / math.sqrt((a * a).sum() * (b * b).sum()))


def naive_kendall(first: Floats, second: Floats) -> float:
    """Tau-b, pair by pair."""
    balance = untied_first = untied_second = 0.0
    for one, other in itertools.combinations(range(len(first)), 2):
        a, b = np.sign(first[one] - first[other]), np.sign(second[one] - second[other])
        balance += a * b
        untied_first += a != 0
        untied_second += b != 0
    return balance / math.sqrt(untied_first * untied_second)


# 64 pairs are one block of the fast algorithm: below, at, and above it, and over two merges.
SAMPLES = [(n, levels) for n in (5, 10, 63, 64, 65, 130, 257) for levels in (3, 40, 10**6)]


@pytest.mark.parametrize(("n", "levels"), SAMPLES)
def test_coefficients_are_those_of_pairs_and_ranks(n: int, levels: int) -> None:
    first, second = sample(n, levels, seed=n + levels)
    assert spearman(first, second) == pytest.approx(naive_spearman(first, second), **EXACT)
    assert kendall(first, second) == pytest.approx(naive_kendall(first, second), **EXACT)


@pytest.mark.parametrize(("n", "levels"), [*SAMPLES, (3000, 28), (3000, 10**6)])
def test_coefficients_are_scipys(n: int, levels: int) -> None:
    first, second = sample(n, levels, seed=n)
    assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second).statistic, **EXACT)
    assert kendall(first, second) == pytest.approx(stats.kendalltau(first, second).statistic, **EXACT)


def test_ranks_by_hand() -> None:
    # Ranks 1, 2.5, 2.5, 4 and 2, 1, 3, 4: sums of squares 4.5 and 5, of products 3.
    assert spearman([1, 5, 5, 9], [20, 10, 30, 40]) == pytest.approx(3 / math.sqrt(4.5 * 5), **EXACT)
    # Of six pairs one is tied; four of the others agree, one does not.
    assert kendall([1, 5, 5, 9], [20, 10, 30, 40]) == pytest.approx(3 / math.sqrt(5 * 6), **EXACT)


def test_what_is_constant_or_alone_has_no_correlation() -> None:
    assert all(math.isnan(value) for value in (spearman(np.ones(9), np.arange(9)), kendall(np.arange(9), np.ones(9))))
    for scores, truth in (([1.0], [1.0]), ([math.nan] * 3, [1.0, 2.0, 3.0]), ([2.0] * 3, [1.0, 2.0, 3.0])):
        found = correlate(scores, truth)
        numbers = [getattr(one, what) for one in (found.spearman, found.kendall) for what in ("value", "low", "high")]
        assert all(map(math.isnan, numbers))


def test_the_sign_stays_and_only_the_declared_direction_turns() -> None:
    scores, truth = sample(60, 50, seed=1)
    plain = correlate(scores, truth)
    assert plain.spearman.value > 0.5
    assert not plain.turned
    backwards = correlate(-scores, truth)
    assert backwards.spearman.value == pytest.approx(-plain.spearman.value, **EXACT)
    assert backwards.kendall.value == pytest.approx(-plain.kendall.value, **EXACT)
    declared = correlate(-scores, truth, higher_is_better=False)
    assert declared.turned
    assert (declared.spearman, declared.kendall, declared.shortlists) == (
        plain.spearman,
        plain.kendall,
        plain.shortlists,
    )


def test_what_is_undefined_is_left_out_and_counted() -> None:
    scores, truth = sample(40, 15, seed=2)
    holes = scores.copy()
    holes[::7] = math.nan
    kept = ~np.isnan(holes)
    found, expected = correlate(holes, truth), correlate(scores[kept], truth[kept])
    assert (found.n, found.nans) == (int(kept.sum()), int((~kept).sum()))
    assert (found.spearman, found.kendall, found.ties) == (expected.spearman, expected.kendall, expected.ties)


def test_minus_infinity_is_the_lowest_score_and_ties_are_counted() -> None:
    scores, truth = np.array([-math.inf, -math.inf, 1.0, 2.0, 2.0, 2.0, 9.0]), np.arange(7.0)
    found, finite = correlate(scores, truth), correlate(np.maximum(scores, -5), truth)
    assert found == finite
    assert (found.n, found.nans, found.ties) == (7, 0, 5)


def test_the_order_of_rows_does_not_matter() -> None:
    scores, truth = sample(50, 6, seed=3)
    order = np.random.default_rng(0).permutation(50)
    one, other = (correlate(scores[places], truth[places], bootstrap=0) for places in (np.arange(50), order))
    for field in ("spearman", "kendall"):
        assert getattr(one, field).value == pytest.approx(getattr(other, field).value, **EXACT)
    for first, second in zip(one.shortlists, other.shortlists, strict=True):
        assert (first.overlap, first.regret) == pytest.approx((second.overlap, second.regret), **EXACT)


def test_resamples_are_computed_in_full() -> None:
    scores, truth = sample(90, 20, seed=4)
    found = correlate(scores, truth, bootstrap=50, seed=5)
    places = np.random.default_rng(5).integers(90, size=(50, 90))
    for coefficient, slow in ((found.spearman, stats.spearmanr), (found.kendall, stats.kendalltau)):
        expected = np.quantile([slow(scores[row], truth[row]).statistic for row in places], [0.025, 0.975])
        assert (coefficient.low, coefficient.high) == pytest.approx(tuple(expected), **EXACT)


def test_resamples_do_not_depend_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, truth = sample(30, 20, seed=4)
    at_once = correlate(scores, truth, bootstrap=20)
    monkeypatch.setattr("zcnas.correlation.summary.CHUNK", 7 * 30)
    assert correlate(scores, truth, bootstrap=20) == at_once
    assert correlate(scores, truth, bootstrap=20, seed=1) != at_once


def test_intervals_are_as_wide_as_theory_says() -> None:
    rng = np.random.default_rng(0)
    truth = rng.standard_normal(400)
    found = correlate(truth + rng.standard_normal(400), truth)
    # Fisher's z of rho has a deviation of about 1.03 / sqrt(n - 3), that of tau 0.66 / sqrt(n - 4) (Fieller et al.,
    # 1957); a percentile of 1000 resamples is off by some hundredths of the width.
    for one, factor, lost in ((found.spearman, 1.03, 3), (found.kendall, 0.66, 4)):
        z = np.arctanh(one.value) + np.array([-1.96, 1.96]) * factor / np.sqrt(400 - lost)
        assert (one.low, one.high) == pytest.approx(tuple(np.tanh(z)), abs=0.02)


def test_without_resamples_there_is_no_interval() -> None:
    found = correlate([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], bootstrap=0)
    assert (found.spearman.value, found.resamples) == (1.0, 0)
    assert math.isnan(found.spearman.low)


def naive_shortlist(scores: Floats, truth: Floats, k: int) -> tuple[float, float]:
    """Overlap and regret, over all orders of rows: each breaks ties in its own way."""
    overlaps, regrets = [], []
    keys = np.where(np.isnan(scores), -np.inf, scores)
    orders = list(itertools.permutations(range(len(scores))))
    chosen = [sorted(order, key=lambda row: -keys[row])[:k] for order in orders]
    best = {frozenset(sorted(order, key=lambda row: -truth[row])[:k]) for order in orders}
    for rows in chosen:
        overlaps.append(np.mean([len(best_rows & set(rows)) / k for best_rows in best]))
        regrets.append(truth.max() - truth[rows].max())
    return float(np.mean(overlaps)), float(np.mean(regrets))


@pytest.mark.parametrize("k", range(1, 7))
@pytest.mark.parametrize(
    ("scores", "truth"),
    [
        ([3, 1, 2, 6, 5, 4], [1, 2, 3, 4, 5, 6]),
        ([1, 1, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6]),
        ([2, 2, 1, 1, 1, 0], [3, 1, 4, 1, 5, 9]),
        ([2, 2, 2, 1, 0, 0], [5, 5, 5, 7, 7, 1]),
        ([math.nan, 1, 1, math.nan, 0, 2], [6, 5, 1, 2, 3, 3]),
        ([1, 2, 2, 3, 3, 3], [1, 1, 1, 1, 1, 1]),
    ],
)
def test_shortlists_average_over_all_ways_to_break_ties(k: int, scores: list[float], truth: list[float]) -> None:
    one, other = np.array(scores, dtype=float), np.array(truth, dtype=float)
    found = shortlist(one, other, k)
    assert (found.overlap, found.regret) == pytest.approx(naive_shortlist(one, other, k), **EXACT)


def test_what_is_undefined_is_never_chosen_before_the_lowest_score() -> None:
    truth = np.array([9.0, 1.0, 2.0])
    assert shortlist(np.array([math.nan, -math.inf, -math.inf]), truth, 2).regret == 7


def test_tops_are_numbers_or_fractions_of_all() -> None:
    scores, truth = sample(30, 20, seed=6)
    found = correlate(scores, truth, top=(1, 0.1, 0.5, 1000), bootstrap=0)
    assert [(one.top, one.k) for one in found.shortlists] == [(1, 1), (0.1, 3), (0.5, 15), (1000, 30)]
    assert found.shortlists[-1].overlap == 1
    assert found.shortlists[-1].regret == 0
    assert [size(0.001, 30), size(0.07, 100), size(0.29, 100)] == [1, 7, 29]


@pytest.mark.parametrize("top", [0, -1, 1.0, 0.0, 1.5, True])
def test_impossible_tops_are_refused(top: float) -> None:
    with pytest.raises(InputError, match=f"whole numbers of at least 1 or fractions.*got {top!r}"):
        correlate([1.0, 2.0], [1.0, 2.0], top=[top])


@pytest.mark.parametrize(
    ("scores", "truth", "message"),
    [
        ([1.0, 2.0], [1.0], r"got \(2,\) and \(1,\)"),
        ([], [], r"n >= 1, got \(0,\)"),
        ([1.0, 2.0], [1.0, math.nan], "got 1 NaN or infinite: leave those architectures out"),
    ],
)
def test_what_cannot_be_compared_is_refused(scores: list[float], truth: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        correlate(scores, truth)


def test_a_negative_number_of_resamples_is_refused() -> None:
    with pytest.raises(InputError, match="bootstrap >= 0, got -1"):
        correlate([1.0], [1.0], bootstrap=-1)


@pytest.fixture(scope="module")
def table(data_dir: Path) -> NASBench201Table:
    return NASBench201Table.load(data_dir / "nasbench201" / "nb201_table.npz")


def convolutions(table: NASBench201Table) -> Floats:
    """Parameters of the convolutions and norms of all cells: the rest is the same for every architecture."""
    kernel = {"nor_conv_1x1": 1, "nor_conv_3x3": 9}
    size = [sum(5 * (kernel[op] * C * C + 2 * C) for C in (16, 32, 64)) if op in kernel else 0 for op in OPS]
    return np.array([sum(size[code] for code in arch.genome) for arch in table.archs], dtype=float)


@pytest.mark.parametrize(
    ("dataset", "rho", "tau"),
    [("cifar10", 0.7513, 0.5764), ("cifar100", 0.7265, 0.5518), ("ImageNet16-120", 0.6904, 0.5191)],
)
def test_parameters_of_nasbench201(table: NASBench201Table, dataset: str, rho: float, tau: float) -> None:
    found = correlate(convolutions(table), table.values(dataset), bootstrap=20)
    assert (round(found.spearman.value, 4), round(found.kendall.value, 4)) == (rho, tau)
    assert (found.n, found.ties) == (15_625, 15_623), "28 sizes; only one cell has six large and one six small kernels"
    assert found.spearman.low < rho < found.spearman.high


def test_a_short_training_on_nasbench201(table: NASBench201Table) -> None:
    found = correlate(table.values("cifar10", split="val", epochs=12), table.values("cifar10"), bootstrap=100)
    assert (round(found.spearman.value, 4), round(found.kendall.value, 4)) == (0.7715, 0.5939)
