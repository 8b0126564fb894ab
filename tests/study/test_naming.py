"""Names of spaces and algorithms, and what may stand beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.study.algorithms import Climber, Worth, toy
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.objectives import Goal
from zcnas.search import NSGA2, Move, RegularizedEvolution, Reinforce, WarmUp
from zcnas.searchspaces import get
from zcnas.space import Architecture
from zcnas.study import Result, named_algorithm, run_search

SPACE = toy()


def score(archs: Sequence[Architecture]) -> list[float]:
    return [float(sum(arch.genome)) for arch in archs]


def search(algorithm: Any = "random", space: Any = SPACE, **given: Any) -> Result:
    objective = given.pop("objective", Worth())
    return run_search(space, algorithm, objective, 6, progress=False, **given)


def archs(result: Result) -> list[Architecture]:
    return [one.arch for one in result.attempts]


def test_names_are_what_they_stand_for() -> None:
    given = RegularizedEvolution(SPACE, population=3, tournament=2, seed=5)
    named = search("regularized_evolution", options={"population": 3, "tournament": 2}, seed=5)
    assert archs(named) == archs(search(given))
    assert named.provenance == search(RegularizedEvolution(SPACE, population=3, tournament=2, seed=5)).provenance
    assert archs(search("random")) == archs(search("random", options={"seed": 0}))
    assert {arch.space for arch in archs(search("random", "nasbench201"))} == {"nasbench201"}


def test_warm_up_and_move_are_what_they_stand_for() -> None:
    guides: dict[str, Any] = {"score": score, "warm_up": 9, "move": 2}
    own = Reinforce(SPACE, seed=1)
    expected = WarmUp(Move(own, score, candidates=2, seed=1), SPACE, score, 9, seed=1)
    found = search("reinforce", seed=1, **guides)
    assert archs(found) == archs(search(expected))
    assert archs(found) == archs(search(Reinforce(SPACE, seed=1), seed=1, **guides))


def test_the_number_of_goals_is_told() -> None:
    two = Worth(goals=(Goal("a"), Goal("b")))
    assert len(search("nsga2", options={"population": 2}, objective=two).trained) == 6
    assert isinstance(named_algorithm("nsga2", get("nasbench201"), {"objectives": 3}), NSGA2)
    with pytest.raises(InputError, match="nsga3: expected at least 2 objectives"):
        search("nsga3")


def test_misspelt_names_are_guessed() -> None:
    with pytest.raises(UnknownNameError, match="unknown search space 'nasbench21': did you mean 'nasbench201'"):
        search(space="nasbench21")
    with pytest.raises(UnknownNameError, match="unknown search algorithm 'localsearch': did you mean 'local_search'"):
        search("localsearch")
    with pytest.raises(UnknownNameError, match="unknown search algorithm 'zero_cost': did you mean 'zero_cost_pt'"):
        search("zero_cost")
    with pytest.raises(UnknownNameError, match="regularized_evolution 'populaton': did you mean 'population'"):
        search("regularized_evolution", options={"populaton": 3})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"algorithm": "robot"},
            "robot: .*missing 2 required .*; its options: candidates, scores, queries",
        ),
        ({"algorithm": Climber(SPACE), "options": {"seed": 1}}, "options: expected an algorithm's name"),
        ({"algorithm": Climber(SPACE), "seed": 1}, "seed: expected an algorithm's name"),
        ({"warm_up": 4}, "expected a score where there is warm_up or move"),
        ({"score": score}, "expected a score where there is warm_up or move"),
        ({"score": score, "warm_up": 0}, "at least 1 architecture to score"),
        ({"score": score, "move": 0}, "candidates >= 1"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        search(**given)


def test_truth_is_no_number_of_architectures() -> None:
    with pytest.raises(InputTypeError, match="move: expected a number of architectures, got True"):
        search(score=score, move=True)


@pytest.mark.parametrize("guide", [{"warm_up": SPACE.size}, {"move": SPACE.size}])
def test_what_breaks_a_constraint_is_not_scored_and_comes_last(guide: dict[str, int]) -> None:
    asked: list[Architecture] = []

    def noted(archs: Sequence[Architecture]) -> list[float]:
        asked.extend(archs)
        return score(archs)

    def small(arch: Architecture) -> bool:
        return sum(arch.genome) <= 2

    feasible = sorted(filter(small, SPACE))
    found = search(score=noted, constraints=small, **guide)
    assert sorted(asked) == feasible
    assert all(one.feasible for one in found.attempts)
    assert score(archs(found)) == sorted(score(feasible), reverse=True)[:6]
