"""Zero-cost warm-up of every kind of algorithm, and zero-cost move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.search.landscapes import additive, fraction_better, rugged, run
from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.errors import InputError, UnknownNameError
from zcnas.search import (
    NSGA2,
    ExhaustiveSearch,
    LocalSearch,
    Move,
    OptunaSearch,
    RandomSearch,
    RegularizedEvolution,
    Reinforce,
    WarmUp,
)
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture

SPACE = NASBench201()
value = additive(SPACE.choices, seed=1)


class Counted:
    """A score, and what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Architecture] = []

    def __call__(self, archs: Sequence[Architecture]) -> list[float]:
        self.asked += archs
        return [value(arch) for arch in archs]


def best_of(archs: Sequence[Architecture], count: int) -> list[Architecture]:
    return sorted(archs, key=value, reverse=True)[:count]


@pytest.mark.parametrize(
    ("algorithm", "first"),
    [
        (RegularizedEvolution(SPACE), 64),
        (NSGA2(SPACE, objectives=1, population=10), 10),
        (OptunaSearch(SPACE), 10),
        (LocalSearch(SPACE), 1),
        (RandomSearch(SPACE), 200),
        (ExhaustiveSearch(SPACE), 200),
        (Move(RegularizedEvolution(SPACE, population=5), value), 5),
    ],
)
def test_the_best_are_trained_first_in_the_order_of_their_scores(algorithm: SearchAlgorithm, first: int) -> None:
    score = Counted()
    warm = WarmUp(algorithm, SPACE, score, 200)
    found = run(warm, rugged, first, min(first, 7))[:first]
    assert len(score.asked) == len(set(score.asked)) == 200
    assert found == best_of(score.asked, first)


def test_evolution_begins_with_the_best_population() -> None:
    score, evolution = Counted(), RegularizedEvolution(SPACE, population=8)
    run(WarmUp(evolution, SPACE, score, 100), rugged, 8)
    assert evolution.population == best_of(score.asked, 8)


def test_nsga_begins_with_the_best_generation() -> None:
    score, front = Counted(), NSGA2(SPACE, objectives=1, population=8)
    warm = WarmUp(front, SPACE, score, 100)
    run(warm, rugged, 8)
    assert {*map(tuple, front._evolution.pop.get("X").tolist())} == {arch.genome for arch in best_of(score.asked, 8)}
    assert len(warm.ask(20)) == 8


def test_local_search_climbs_from_the_best() -> None:
    score = Counted()
    warm = WarmUp(LocalSearch(SPACE), SPACE, score, 50)
    (start,) = run(warm, rugged, 1)
    assert set(warm.ask(24)) == set(SPACE.neighbours(start))


def test_reinforce_learns_from_scores() -> None:
    algorithm = Reinforce(SPACE, learning_rate=0.05)
    warm = WarmUp(algorithm, SPACE, Counted(), 500)
    warm.ask()
    assert fraction_better(algorithm, value) < 0.01


def test_after_the_best_the_algorithm_goes_on_without_them() -> None:
    warm = WarmUp(RandomSearch(SPACE), SPACE, Counted(), 30, first=5)
    assert len(set(run(warm, rugged, 40, 4))) == 40


def test_isomorphs_are_scored_and_trained_once() -> None:
    score = Counted()
    warm = WarmUp(RandomSearch(SPACE, identity=SPACE.canonical), SPACE, score, 300)
    found = run(warm, rugged, 280, 20)
    asked = warm.ask(300)
    assert len(asked) == 300
    for archs in (score.asked, [*found, *asked]):
        assert len({SPACE.canonical(arch) for arch in archs}) == len(archs)


def test_scores_are_asked_for_once_also_after_loading() -> None:
    score, silent = Counted(), Counted()
    warm = WarmUp(RegularizedEvolution(SPACE), SPACE, score, 50)
    warm.ask()
    warm.ask(3)
    run(warm, rugged, 5)
    other = WarmUp(RegularizedEvolution(SPACE), SPACE, silent, 50)
    other.load_state_dict(warm.state_dict())
    assert run(other, rugged, 70) == run(warm, rugged, 70)
    assert (len(score.asked), len(silent.asked)) == (50, 0)


def test_a_small_space_is_scored_whole() -> None:
    scores = {arch: value(arch) for arch in list(SPACE)[:3]}

    class Three(NASBench201):
        choices = (1, 1, 1, 1, 1, 3)

        def __contains__(self, arch: object) -> bool:
            return super().__contains__(arch) and arch in scores

    warm = WarmUp(RandomSearch(Three()), Three(), scores, 10)
    assert warm.ask(9) == best_of(list(scores), 3)


def test_scores_of_nothing_are_named() -> None:
    arch = next(iter(SPACE))
    with pytest.raises(UnknownNameError, match=r"unknown score of 'nasbench201:.*known: 1 others"):
        WarmUp(RandomSearch(SPACE), SPACE, {arch: 1.0}, 10).ask()
    with pytest.raises(InputError, match="a score for each of 10 architectures, got 1"):
        WarmUp(RandomSearch(SPACE), SPACE, lambda archs: [1.0], 10).ask()


class Foreign(SearchAlgorithm):
    """A third party's that says nothing about its beginnings."""

    def __init__(self) -> None:
        self.told: list[Trial] = []

    def ask(self, count: int = 1) -> list[Architecture]:
        return [arch for arch in SPACE if arch not in {trial.arch for trial in self.told}][:count]

    def tell(self, trials: Sequence[Trial]) -> None:
        self.told += trials

    def state_dict(self) -> dict[str, Any]:
        return {"told": len(self.told)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        raise NotImplementedError


def test_any_algorithm_can_be_wrapped() -> None:
    foreign, score = Foreign(), Counted()
    found = run(WarmUp(Move(foreign, value_of, candidates=3), SPACE, score, 20), rugged, 25)
    assert found[:20] == best_of(score.asked, 20)
    assert found[20:] == [trial.arch for trial in foreign.told[20:]]
    left = [arch for arch in SPACE if arch not in found[:20]]
    assert found[20] == best_of(left[:3], 1)[0]


def value_of(archs: Sequence[Architecture]) -> list[float]:
    return [value(arch) for arch in archs]


def test_move_takes_the_best_neighbour_of_the_parent() -> None:
    evolution = RegularizedEvolution(SPACE, population=1, tournament=1)
    parent = SPACE.architecture((1, 2, 3, 1, 2, 3))
    evolution.tell([Trial(parent, (1.0,))])
    move = Move(evolution, value_of, random=0)
    assert move.ask(3) == best_of(SPACE.neighbours(parent), 3)


def test_move_takes_a_random_neighbour_one_time_in_four() -> None:
    parent, chosen = SPACE.architecture((1, 2, 3, 1, 2, 3)), []
    best = best_of(SPACE.neighbours(parent), 1)[0]
    for seed in range(400):
        evolution = RegularizedEvolution(SPACE, population=1, tournament=1, seed=seed)
        evolution.tell([Trial(parent, (1.0,))])
        chosen += Move(evolution, {arch: value(arch) for arch in SPACE.neighbours(parent)}).ask()
    expected = 0.75 + 0.25 / 24
    # Four standard deviations of a fraction of 400.
    assert abs(chosen.count(best) / 400 - expected) < 4 * (expected * (1 - expected) / 400) ** 0.5


@pytest.mark.parametrize("make", [RandomSearch, Reinforce, OptunaSearch])
def test_move_takes_the_best_of_so_many_proposals(make: type[RandomSearch]) -> None:
    offered = make(SPACE).ask(20)
    move = Move(make(SPACE), value_of, candidates=10)
    assert move.ask(2) == [best_of(offered[:10], 1)[0], best_of(offered[10:], 1)[0]]


def test_move_leaves_a_random_population_and_all_optima_as_they_are() -> None:
    plain, moved = (RegularizedEvolution(SPACE, population=20) for _ in range(2))
    assert run(Move(moved, value_of), rugged, 20) == run(plain, rugged, 20)
    search = LocalSearch(SPACE)
    run(Move(search, value_of), rugged, 300)
    assert search.optima
    assert all(rugged(near) <= rugged(arch) for arch in search.optima for near in SPACE.neighbours(arch))


def test_move_asks_for_no_score_twice() -> None:
    score = Counted()
    move = Move(RegularizedEvolution(SPACE, population=2), score)
    for _ in range(2):
        run(move, rugged, 20)
        move.ask(3)
        move.ask(3)
    assert len(score.asked) == len(set(score.asked))


def test_as_many_as_there_are_need_no_draws() -> None:
    score = Counted()
    warm = WarmUp(RandomSearch(SPACE), SPACE, score, SPACE.size)
    assert warm.ask(64) == best_of(score.asked, 64)
    assert len(score.asked) == len(set(score.asked)) == SPACE.size
    assert score.asked != list(SPACE)
