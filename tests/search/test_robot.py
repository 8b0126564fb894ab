"""RoBoT against brute force on a small set of candidates."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.search.landscapes import run
from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.search import RandomSearch, RoBoT
from zcnas.search.surrogate import suggested
from zcnas.search.weighted import normalised
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture

SPACE = NASBench201()
CANDIDATES = RandomSearch(SPACE).ask(60)
RNG = np.random.default_rng(0)
SCORES = {"a": RNG.normal(size=60) * 100, "b": RNG.random(60), "c": RNG.exponential(size=60)}
TRUE = 0.7 * normalised(SCORES, 60)[:, 0] - 0.5 * normalised(SCORES, 60)[:, 1]
VALUES = dict(zip(CANDIDATES, TRUE.tolist(), strict=True))


def worth(weights: list[float], index: int) -> float:
    """The weighted sum of min-max-normalised scores, one number at a time."""
    total = 0.0
    for weight, column in zip(weights, SCORES.values(), strict=True):
        total += weight * (column[index] - min(column)) / (max(column) - min(column))
    return total


def ranked(weights: list[float]) -> list[Architecture]:
    return [CANDIDATES[index] for index in sorted(range(60), key=lambda index: -worth(weights, index))]


@pytest.mark.parametrize("seed", [0, 1])
def test_trains_what_each_weighting_ranks_first_and_then_goes_down_the_best(seed: int) -> None:
    algorithm = RoBoT(SPACE, CANDIDATES, SCORES, queries=8, seed=seed)
    found = run(algorithm, VALUES.__getitem__, 20)
    assert len(algorithm.weights) == 8
    tops = [ranked(weights)[0] for weights in algorithm.weights]
    distinct = list(dict.fromkeys(tops))
    best = max(range(8), key=lambda query: (VALUES[tops[query]], query))
    assert algorithm.best_weights == algorithm.weights[best]
    rest = [arch for arch in ranked(algorithm.weights[best]) if arch not in distinct]
    assert found == [*distinct, *rest][:20]


def test_finds_the_best_candidate_within_few_trainings() -> None:
    best = max(CANDIDATES, key=VALUES.__getitem__)
    found = [run(RoBoT(SPACE, CANDIDATES, SCORES, seed=seed), VALUES.__getitem__, 10) for seed in range(3)]
    assert all(best in archs for archs in found), "of 60, where the truth is a weighting"


def test_a_state_has_the_weights_so_that_loading_optimises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    algorithm, other = (RoBoT(SPACE, CANDIDATES, SCORES, queries=6, seed=seed) for seed in (0, 1))
    run(algorithm, VALUES.__getitem__, 9)
    with monkeypatch.context() as patch:
        patch.setattr("zcnas.search.robot.suggested", None)
        other.load_state_dict(algorithm.state_dict())
    assert other.weights == algorithm.weights
    assert run(other, VALUES.__getitem__, 5) == run(algorithm, VALUES.__getitem__, 5)


def test_states_with_other_weights_are_refused() -> None:
    algorithm = RoBoT(SPACE, CANDIDATES, SCORES)
    for weights in ([], [[1.0]], [[1.0, math.nan, 0.0]], "none"):
        with pytest.raises(InputError):
            algorithm.load_state_dict({**algorithm.state_dict(), "weights": weights})


def test_failures_count_as_the_worst_known() -> None:
    algorithm = RoBoT(SPACE, CANDIDATES, SCORES, queries=5)
    (first,) = algorithm.ask()
    algorithm.tell([Trial(first, (0.3,))])
    while len(algorithm.weights) < 5:
        algorithm.tell([Trial(algorithm.ask()[0], (9.0,), feasible=False)])
    assert ranked(algorithm.weights[0])[0] == first
    assert len(run(algorithm, VALUES.__getitem__, 10)) == 10


def test_normalised_scores() -> None:
    found = normalised({"a": [1.0, math.nan, 3.0, math.inf], "b": [5.0] * 4, "c": [math.nan] * 4}, 4)
    assert found.T.tolist() == [[0, 0, 1, 0], [0] * 4, [0] * 4]
    huge = normalised({"a": [-1.7e308, 0.0, 1.7e308]}, 3)
    assert huge.ravel().tolist() == [0, 0.5, 1], "the range itself is no float"


def test_the_bound_is_that_of_the_closed_form() -> None:
    """Far from one known point the deviation is largest, and the mean is its value."""
    point = suggested(np.array([[0.0]]), np.array([3.0]), np.random.default_rng(0))
    assert abs(point[0]) > 0.99
    found = suggested(np.array([[-1.0], [0.0], [1.0]]), np.array([0.0, 9.0, 0.0]), np.random.default_rng(0))
    assert abs(found[0]) < 0.9
