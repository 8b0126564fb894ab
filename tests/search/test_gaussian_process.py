"""Gaussian processes on genes and ranks against textbook formulas, one number at a time."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import integrate, stats

from tests.search.landscapes import additive, run
from zcnas.algorithm import Trial
from zcnas.analysis import hypervolume
from zcnas.errors import InputError
from zcnas.search import GaussianFrontSearch, GaussianProcessSearch, RandomSearch
from zcnas.search.process import Process, improvement, normal_scores
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture

SPACE = NASBench201()
CANDIDATES = RandomSearch(SPACE).ask(40)
RNG = np.random.default_rng(0)
SCORES = {"a": RNG.normal(size=40) * 100, "b": RNG.random(40)}
TOLD = [3, 17, 5, 30, 8, 21]
VALUES = [70.0, 10.0, 71.5, 60.0, 73.0, 73.5]
RANKS = np.array([(stats.rankdata(column) - 0.5) / 40 for column in SCORES.values()]).T


def alike(one: int, other: int, length: float, width: float, share: float) -> float:
    """The kernel as the docstring has it, with a trend of 1."""
    pairs = list(zip(CANDIDATES[one].genome, CANDIDATES[other].genome, strict=True))
    genes = math.exp(-2 * sum(first != second for first, second in pairs) / 6 / (2 * length**2))
    apart = float(np.mean((RANKS[one] - RANKS[other]) ** 2))
    trend = 12 * (RANKS[one].mean() - 0.5) * (RANKS[other].mean() - 0.5)
    return 4 + trend + (1 - share) * genes + share * math.exp(-apart / (2 * width**2))


def textbook() -> tuple[list[float], list[float]]:
    """With a scale that is integrated out, values are Student's t, of one degree of freedom."""
    target, found = normal_scores(VALUES), []
    for *kernel, noise in product((0.25, 0.5, 1.0, 2.0), (0.2, 0.5), (0.0, 0.3, 0.7, 1.0), (0.01, 0.1, 0.3)):
        matrix = np.array([[alike(one, other, *kernel) for other in TOLD] for one in TOLD]) + noise * np.eye(6)
        found.append((stats.multivariate_t(shape=matrix, df=1).logpdf(target), kernel, matrix))
    _, kernel, matrix = max(found, key=lambda one: one[0])
    inverse = np.linalg.inv(matrix)
    means, deviations = [], []
    for place in range(40):
        row = np.array([alike(place, other, *kernel) for other in TOLD])
        means.append(float(row @ inverse @ target))
        scale = (1 + target @ inverse @ target) / (1 + len(TOLD))
        deviations.append(math.sqrt(scale * (alike(place, place, *kernel) - row @ inverse @ row)))
    return means, deviations


def told(algorithm: GaussianProcessSearch, *others: float) -> None:
    algorithm.tell([Trial(CANDIDATES[place], (value, *others)) for place, value in zip(TOLD, VALUES, strict=True)])


def test_expects_what_the_textbook_does() -> None:
    mean, deviation = Process(CANDIDATES, SCORES, trend=1.0).expected(TOLD, VALUES)
    means, deviations = textbook()
    # Single precision of a kernel of up to 10, whose factor has entries of at least the root of the least noise.
    assert mean == pytest.approx(means, abs=2e-3)
    assert deviation == pytest.approx(deviations, abs=2e-3)


def test_improvement_is_the_integral_of_what_exceeds_the_level() -> None:
    for mean, deviation, level in ((0.0, 1.0, 0.5), (1.0, 0.2, 0.3), (-2.0, 0.7, 0.0)):
        normal = stats.norm(mean, deviation)
        slow, _ = integrate.quad(lambda x, of=normal, low=level: (x - low) * of.pdf(x), level, mean + 12 * deviation)
        assert improvement(np.array([mean]), np.array([deviation]), level)[0] == pytest.approx(slow, rel=1e-6)


def test_proposes_the_highest_expected_improvement() -> None:
    algorithm = GaussianProcessSearch(SPACE, CANDIDATES, SCORES)
    told(algorithm)
    means, deviations = map(np.array, textbook())
    promise = improvement(means, deviations, max(means[TOLD]))
    best = [place for place in np.argsort(-promise).tolist() if place not in TOLD]
    assert algorithm.ask(3) == [CANDIDATES[place] for place in best[:3]]


def test_begins_with_some_of_the_best_by_mean_rank() -> None:
    best = {CANDIDATES[place] for place in np.argsort(-RANKS.mean(axis=1))[:8]}
    firsts = [set(GaussianProcessSearch(SPACE, CANDIDATES, SCORES, share=0.2, seed=seed).ask(3)) for seed in range(5)]
    assert all(first <= best for first in firsts)
    assert len(set(map(frozenset, firsts))) > 1


def test_finds_the_best_where_scores_say_half_of_it() -> None:
    value = additive(SPACE.choices)
    candidates = RandomSearch(SPACE).ask(500)
    noise = np.random.default_rng(1).normal(scale=np.std([value(arch) for arch in candidates]), size=500)
    scores = {"half": [value(arch) + float(error) for arch, error in zip(candidates, noise, strict=True)]}
    best = max(candidates, key=value)
    found = [run(GaussianProcessSearch(SPACE, candidates, scores, seed=seed), value, 40) for seed in range(3)]
    assert all(best in archs for archs in found), "a random search trains it in 1 of 12 runs"


def test_a_front_grows_by_the_expected_area() -> None:
    costs = np.random.default_rng(2).random(40)
    algorithm = GaussianFrontSearch(SPACE, CANDIDATES, SCORES, costs)
    told(algorithm, 0.0)
    means, deviations = map(np.array, textbook())
    left = 1 - (costs - costs.min()) / np.ptp(costs)
    corner = [min(means[TOLD]), 0.0]
    front = np.column_stack([means, left])[TOLD]

    area = hypervolume(front, corner)

    def growth(place: int) -> float:
        normal = stats.norm(means[place], deviations[place])
        values = np.linspace(normal.ppf(1e-6), normal.ppf(1 - 1e-6), 101)
        more = [hypervolume([*front, (value, left[place])], corner) - area for value in values]
        return float(integrate.simpson(more * normal.pdf(values), x=values))

    best = max((place for place in range(40) if place not in TOLD), key=growth)
    algorithm._first = 1
    assert algorithm.ask() == [CANDIDATES[best]]


def test_a_front_begins_with_one_of_each_class_of_costs() -> None:
    algorithm = GaussianFrontSearch(SPACE, CANDIDATES, SCORES, range(40), first=4, share=0.1)
    classes = [[CANDIDATES.index(arch) // 10 for arch in algorithm.ask(4)]]
    for _ in range(3):
        algorithm.tell([Trial(algorithm.ask()[0], (1.0, 0.0))])
        classes.append([CANDIDATES.index(algorithm.ask()[0]) // 10])
    assert classes == [[0, 1, 2, 3], [1], [2], [3]]


def test_a_front_asked_for_many_does_not_crowd_in_one_place() -> None:
    algorithm = GaussianFrontSearch(SPACE, CANDIDATES, SCORES, range(40), first=4)
    run_twice(algorithm, 8)
    assert set(algorithm.ask(100)) == set(CANDIDATES) - {trial.arch for trial in algorithm._trials}
    assert algorithm.ask(5)[:1] == algorithm.ask()


def run_twice(algorithm: GaussianFrontSearch, trials: int) -> None:
    for _ in range(trials):
        (arch,) = algorithm.ask()
        algorithm.tell([Trial(arch, (float(sum(arch.genome)), 0.0))])


def test_wrong_arguments_are_refused() -> None:
    foreign = [*CANDIDATES, Architecture("toy", (0, 0, 0))]
    for candidates, scores, match in (
        ([], SCORES, "expected candidates, each once; got 0"),
        (CANDIDATES * 2, SCORES, "got 80, of which 40 differ"),
        (foreign, SCORES, "expected candidates of nasbench201, got toy:0-0-0"),
        (CANDIDATES, {}, "by at least one proxy"),
        (CANDIDATES, {"a": [1.0]}, "expected scores of 40 candidates"),
    ):
        with pytest.raises(InputError, match=match):
            GaussianProcessSearch(SPACE, candidates, scores)
    for settings in ({"first": 0}, {"share": 0.0}, {"trend": -1.0}, {"trend": math.nan}):
        with pytest.raises(InputError, match="expected first >= 1"):
            GaussianProcessSearch(SPACE, CANDIDATES, SCORES, **settings)
    for costs in ([1.0], [1.0] * 40, [math.nan] * 40):
        with pytest.raises(InputError, match="expected a finite cost for each of 40"):
            GaussianFrontSearch(SPACE, CANDIDATES, SCORES, costs)
