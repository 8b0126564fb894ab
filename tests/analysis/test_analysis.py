"""Curves, targets, fronts and volumes, against slow and obvious ways to the same numbers."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from zcnas.analysis import (
    aligned,
    band,
    best_so_far,
    chosen_so_far,
    front,
    hypervolume,
    hypervolume_ratio,
    reach,
    reached_at,
    regret,
)
from zcnas.errors import InputError

NAN, INF = math.nan, math.inf


def runs(seed: int, count: int = 7, length: int = 30) -> np.ndarray:
    values = np.random.default_rng(seed).integers(0, 12, (count, length)).astype(float)
    values[np.random.default_rng(seed + 1).random(values.shape) < 0.2] = NAN
    return values


@pytest.mark.parametrize("seed", range(5))
def test_the_best_so_far(seed: int) -> None:
    for values in runs(seed):
        slow = [max([v for v in values[:end] if not math.isnan(v)], default=NAN) for end in range(1, len(values) + 1)]
        np.testing.assert_array_equal(best_so_far(values), slow)


@pytest.mark.parametrize("seed", range(5))
def test_the_honest_line(seed: int) -> None:
    for seen, judged in zip(runs(seed), runs(seed + 50), strict=True):
        slow = []
        for end in range(1, len(seen) + 1):
            there = [place for place in range(end) if not math.isnan(seen[place])]
            slow.append(judged[max(there, key=lambda place: (seen[place], -place))] if there else NAN)
        np.testing.assert_array_equal(chosen_so_far(seen, judged), slow)


def test_lengths_must_agree() -> None:
    with pytest.raises(InputError, match=r"got shapes \(2,\) and \(1,\)"):
        chosen_so_far([1, 2], [1])


def test_intervals_are_student_s() -> None:
    curves = np.random.default_rng(0).normal(70, 2, (9, 4))
    found = band(curves, 0.9)
    for place in range(4):
        column = curves[:, place]
        low, high = stats.t.interval(0.9, 8, column.mean(), stats.sem(column))
        assert found.mean[place] == pytest.approx(column.mean())
        # Two ways to one float64 number: only rounding may differ.
        assert (found.low[place], found.high[place]) == pytest.approx((low, high))


def test_runs_without_a_value_yet_do_not_count() -> None:
    found = band([[NAN, 1.0, 3.0], [NAN, NAN, 5.0]])
    np.testing.assert_array_equal(found.runs, [0, 1, 2])
    np.testing.assert_array_equal(found.mean, [NAN, 1.0, 4.0])
    assert np.isnan(found.low[:2]).all()


def test_short_runs_are_carried_on() -> None:
    np.testing.assert_array_equal(aligned([[1, 2, 3], [4]]), [[1, 2, 3], [4, 4, 4]])
    for wrong in ([], [[]], [[[1]]]):
        with pytest.raises(InputError, match="expected curves"):
            aligned(wrong)
    with pytest.raises(InputError, match=r"level: .* got 1"):
        band([[1]], 1)


def test_regret_is_what_is_lacking() -> None:
    np.testing.assert_array_equal(regret([1, 3], 4), [3, 1])


@pytest.mark.parametrize("seed", range(6))
def test_trainings_to_a_target(seed: int) -> None:
    curves = [best_so_far(run) for run in runs(seed, count=4 + seed)]
    numbers = [next((n for n, v in enumerate(curve, 1) if v >= 11), INF) for curve in curves]
    assert [reached_at(curve, 11) for curve in curves] == numbers
    found = reach(curves, 11)
    assert (found.reached, found.runs) == (sum(n < INF for n in numbers), len(numbers))
    # Numpy's quantiles of finite stand-ins that grow apart: where they stay bounded, they are the true ones.
    near, far = ([big if n == INF else n for n in numbers] for big in (1e9, 1e12))
    for name, share in {"lower": 0.25, "median": 0.5, "upper": 0.75}.items():
        one, two = np.quantile(near, share), np.quantile(far, share)
        assert getattr(found, name) == (pytest.approx(one) if one == two else INF)


def test_nobody_gets_there() -> None:
    found = reach([[1, 2], [1, 1]], 5)
    assert (found.median, found.reached, str(found)) == (INF, 0, "inf [inf, inf], 0 of 2 runs")
    with pytest.raises(InputError, match="at least one run"):
        reach([], 5)


def dominated(point: np.ndarray, points: np.ndarray) -> bool:
    return any(all(o >= p for o, p in zip(other, point, strict=True)) and any(other > point) for other in points)


@pytest.mark.parametrize(("seed", "goals"), list(product(range(4), (1, 2, 3, 4))))
def test_fronts_by_looking_at_all_pairs(seed: int, goals: int) -> None:
    points = np.random.default_rng(seed).integers(0, 6, (40, goals)).astype(float)
    assert front(points).tolist() == [not dominated(point, points) for point in points]


def test_what_is_undefined_is_on_no_front() -> None:
    assert front([[NAN, 9], [1, 1]]).tolist() == [False, True]
    assert front([[NAN, 9, 9], [1, 1, 1]]).tolist() == [False, True]
    assert front([]).tolist() == []


@pytest.mark.parametrize(("seed", "goals"), list(product(range(4), (1, 2, 3, 4))))
def test_volumes_by_counting_unit_cells(seed: int, goals: int) -> None:
    points = np.random.default_rng(seed).integers(-1, 6, (12, goals)).astype(float)
    cells = sum(any((point > cell).all() for point in points) for cell in product(range(6), repeat=goals))
    assert hypervolume(points, [0] * goals) == cells
    assert hypervolume(points - 3, [-3] * goals) == cells


def test_shares_of_the_true_volume() -> None:
    truth = [[1, 3], [2, 2], [3, 1]]
    assert hypervolume_ratio(truth, truth, [0, 0]) == 1
    assert hypervolume_ratio([[2, 2]], truth, [0, 0]) == pytest.approx(4 / 6)
    assert hypervolume_ratio([], truth, [0, 0]) == 0
    with pytest.raises(InputError, match="reference"):
        hypervolume_ratio(truth, truth, [9, 9])
    with pytest.raises(InputError, match=r"points \(n, 3\), got shape \(3, 2\)"):
        hypervolume(truth, [0, 0, 0])
