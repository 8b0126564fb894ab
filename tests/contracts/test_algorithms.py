"""Every search algorithm keeps the contract that third parties test theirs with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.data import load
from zcnas.opscore import ZeroCostPT
from zcnas.predictors import GCN, Ridge
from zcnas.search import (
    ALGORITHMS,
    NSGA2,
    NSGA3,
    ExhaustiveSearch,
    FewShotSearch,
    GaussianFrontSearch,
    GaussianProcessSearch,
    LocalSearch,
    Move,
    OptunaSearch,
    PredictorGuided,
    RandomSearch,
    RegularizedEvolution,
    Reinforce,
    RoBoT,
    WarmUp,
)
from zcnas.search.wrapper import Wrapper
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture
from zcnas.testing import SearchAlgorithmContract, ToyCells

SPACE = NASBench201()


def score(archs: Sequence[Architecture]) -> list[float]:
    return [float(np.random.default_rng([*arch.genome, 7]).random()) for arch in archs]


class TestZeroCostPT(SearchAlgorithmContract):
    count = 1

    def make(self, seed: int) -> SearchAlgorithm:
        images = load("noise", channels=3, size=8)
        return ZeroCostPT(ToyCells(), images, proposals=6, validations=1, batch_size=8, seed=seed, progress=False)


class TestRandom(SearchAlgorithmContract):
    def make(self, seed: int) -> SearchAlgorithm:
        return RandomSearch(SPACE, seed=seed)


class TestExhaustive(SearchAlgorithmContract):
    def make(self, seed: int) -> SearchAlgorithm:
        return ExhaustiveSearch(SPACE)


class TestLocalSearch(SearchAlgorithmContract):
    rounds, count = 20, 5

    def make(self, seed: int) -> SearchAlgorithm:
        return LocalSearch(SPACE, seed=seed)


class TestRegularizedEvolution(SearchAlgorithmContract):
    rounds, count = 10, 3

    def make(self, seed: int) -> SearchAlgorithm:
        return RegularizedEvolution(SPACE, population=6, tournament=3, seed=seed)


class TestEvolutionOfIsomorphs(SearchAlgorithmContract):
    rounds, count = 10, 3

    def make(self, seed: int) -> SearchAlgorithm:
        return RegularizedEvolution(SPACE, population=6, tournament=3, seed=seed, identity=SPACE.canonical)


class TestReinforce(SearchAlgorithmContract):
    rounds, count = 10, 3

    def make(self, seed: int) -> SearchAlgorithm:
        return Reinforce(SPACE, learning_rate=0.3, seed=seed)


class TestNSGA2(SearchAlgorithmContract):
    rounds = 12

    def make(self, seed: int) -> SearchAlgorithm:
        return NSGA2(SPACE, objectives=1, population=6, seed=seed)


class TestNSGA3(SearchAlgorithmContract):
    """With a second objective that is told beside the contract's."""

    rounds = 12

    def make(self, seed: int) -> SearchAlgorithm:
        return Twice(NSGA3(SPACE, objectives=2, population=6, seed=seed))


class TestOptuna(SearchAlgorithmContract):
    rounds = 10

    def make(self, seed: int) -> SearchAlgorithm:
        return OptunaSearch(SPACE, seed=seed)


class TestRoBoT(SearchAlgorithmContract):
    rounds = 6

    def make(self, seed: int) -> SearchAlgorithm:
        candidates = RandomSearch(SPACE).ask(50)
        scores = {name: score(candidates[shift:] + candidates[:shift]) for shift, name in enumerate("abc")}
        return RoBoT(SPACE, candidates, scores, queries=8, seed=seed)


class TestPredictorGuided(SearchAlgorithmContract):
    rounds, count = 5, 3

    def make(self, seed: int) -> SearchAlgorithm:
        return PredictorGuided(SPACE, predictor=Ridge(SPACE, encodings=["genome"]), batch=4, candidates=99, seed=seed)


class TestWarmUpOfPredictorGuided(SearchAlgorithmContract):
    count = 3

    def make(self, seed: int) -> SearchAlgorithm:
        predictor = GCN(SPACE, hidden=8, layers=2, epochs=1, least=10)
        guided = PredictorGuided(SPACE, predictor=predictor, batch=4, candidates=99, seed=seed)
        return WarmUp(guided, SPACE, score, 20, seed=seed)


class TestFewShot(SearchAlgorithmContract):
    rounds, count = 5, 3

    def make(self, seed: int) -> SearchAlgorithm:
        return FewShotSearch(SPACE, batch=4, candidates=99, seed=seed)


class TestGaussianProcess(SearchAlgorithmContract):
    rounds = 5

    def make(self, seed: int) -> SearchAlgorithm:
        candidates = RandomSearch(SPACE).ask(50)
        return GaussianProcessSearch(SPACE, candidates, {"a": score(candidates)}, share=0.5, seed=seed)


class TestGaussianFront(SearchAlgorithmContract):
    """With a cost that is told beside the contract's value."""

    rounds = 5

    def make(self, seed: int) -> SearchAlgorithm:
        candidates = RandomSearch(SPACE).ask(50)
        settings: dict[str, Any] = {"first": 4, "share": 0.5, "seed": seed}
        return Twice(GaussianFrontSearch(SPACE, candidates, {"a": score(candidates)}, range(50), **settings))


class TestWarmUp(SearchAlgorithmContract):
    rounds = 6

    def make(self, seed: int) -> SearchAlgorithm:
        return WarmUp(RegularizedEvolution(SPACE, population=4, seed=seed), SPACE, score, 20, seed=seed)


class TestWarmUpOfReinforce(SearchAlgorithmContract):
    def make(self, seed: int) -> SearchAlgorithm:
        return WarmUp(Reinforce(SPACE, seed=seed), SPACE, score, 20, seed=seed)


class TestMove(SearchAlgorithmContract):
    rounds = 6

    def make(self, seed: int) -> SearchAlgorithm:
        return Move(RegularizedEvolution(SPACE, population=4, seed=seed), score, seed=seed)


class TestMoveOfReinforce(SearchAlgorithmContract):
    def make(self, seed: int) -> SearchAlgorithm:
        return Move(Reinforce(SPACE, seed=seed), score, candidates=5, random=0.25, seed=seed)


class TestWarmUpOfAMove(SearchAlgorithmContract):
    rounds = 8

    def make(self, seed: int) -> SearchAlgorithm:
        return WarmUp(Move(LocalSearch(SPACE, seed=seed), score, seed=seed), SPACE, score, 20, first=3, seed=seed)


class Twice(Wrapper):
    """Tells every value twice."""

    def ask(self, count: int = 1) -> list[Architecture]:
        return self.algorithm.ask(count)

    def tell(self, trials: Sequence[Trial]) -> None:
        self.algorithm.tell([Trial(trial.arch, trial.values * 2, trial.feasible) for trial in trials])

    def state_dict(self) -> dict[str, Any]:
        return self.algorithm.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.algorithm.load_state_dict(state)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_names_of_the_registry_are_those_of_states(name: str) -> None:
    assert ALGORITHMS[name].name == name
