"""Local search against brute force."""

from __future__ import annotations

import pytest

from tests.search.landscapes import Value, additive, rugged, run
from zcnas.algorithm import Trial
from zcnas.search import LocalSearch
from zcnas.searchspaces import NASBenchMacro
from zcnas.space import Architecture

SPACE = NASBenchMacro()


def is_optimum(arch: Architecture, value: Value) -> bool:
    return all(value(near) <= value(arch) for near in SPACE.neighbours(arch))


@pytest.mark.parametrize("count", [1, 7])
def test_every_optimum_it_names_is_one(count: int) -> None:
    algorithm = LocalSearch(SPACE)
    run(algorithm, rugged, 600, count)
    assert len(algorithm.optima) >= 5
    assert len(set(algorithm.optima)) == len(algorithm.optima)
    assert all(is_optimum(arch, rugged) for arch in algorithm.optima)


def test_climbs_to_the_only_optimum_first() -> None:
    value = additive(SPACE.choices)
    algorithm = LocalSearch(SPACE, seed=3)
    run(algorithm, value, 150)
    assert algorithm.optima[0] == max(SPACE, key=value)


def test_goes_where_best_improvement_goes() -> None:
    algorithm = LocalSearch(SPACE, seed=1)
    (centre,) = algorithm.ask()
    run(algorithm, rugged, 400)
    while not is_optimum(centre, rugged):
        centre = max(SPACE.neighbours(centre), key=rugged)
    assert algorithm.optima[0] == centre


def test_starts_at_the_best_of_the_initial_ones() -> None:
    algorithm = LocalSearch(SPACE, initial=10)
    best = max(run(algorithm, rugged, 10), key=rugged)
    assert set(algorithm.ask(16)) == set(SPACE.neighbours(best))


def test_does_not_go_where_it_failed() -> None:
    algorithm = LocalSearch(SPACE)
    (centre,) = algorithm.ask()
    algorithm.tell([Trial(centre, (0.5,))])
    neighbours = algorithm.ask(16)
    algorithm.tell([Trial(neighbours[0], (9.0,), feasible=False), *[Trial(arch) for arch in neighbours[1:]]])
    assert algorithm.optima == [centre]
