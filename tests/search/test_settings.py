"""Every argument of an algorithm is in its settings, so that histories of other arguments are told apart."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from typing import Any

import optuna
import pytest

from zcnas.algorithm import SearchAlgorithm
from zcnas.data import load
from zcnas.errors import UnknownNameError
from zcnas.opscore import ZeroCostPT
from zcnas.predictors import MLP, Ridge, Vocabulary
from zcnas.predictors.meta_training import prior_of
from zcnas.predictors.prior_network import Sizes, learner
from zcnas.search import ALGORITHMS, ExhaustiveSearch, Move, RandomSearch, RegularizedEvolution, WarmUp
from zcnas.searchspaces import NASBench201, Subspace
from zcnas.space import Architecture
from zcnas.testing import ToyCells

SPACE = NASBench201()
FEW = RandomSearch(SPACE).ask(6)
OTHERS: dict[str, Any] = {
    "space": Subspace(SPACE, FEW),
    "seed": 1,
    "identity": SPACE.canonical,
    "initial": 5,
    "population": 5,
    "tournament": 5,
    "learning_rate": 0.5,
    "momentum": 0.5,
    "optimiser": "sgd",
    "repeats": 5,
    "objectives": 3,
    "mutation": 0.5,
    "sampler": optuna.samplers.RandomSampler,
    "ordered": True,
    "scores": {"a": [1, 2, 3, 4, 6, 5]},
    "queries": 5,
    "predictor": Ridge(SPACE),
    "batch": 5,
    "first": 5,
    "share": 0.5,
    "trend": 0.5,
    "costs": [1, 2, 3, 4, 6, 5],
    "prior": prior_of(learner(Sizes(hidden=4)), Sizes(hidden=4), []),
    "boldness": 2.0,
    "vocabulary": Vocabulary({"mine": "conv3x3"}),
    "features": [1.0, float("nan")],
}
"""Other values than the defaults, by argument."""
SCORED: dict[str, Any] = {"candidates": FEW, "scores": {"a": [1, 2, 3, 4, 5, 6]}}
CONDITIONED = prior_of(
    learner(Sizes(hidden=4), conditions=2),
    Sizes(hidden=4),
    [],
    {"conditions": {"mean": [0.0, 0.0], "deviation": [1.0, 1.0]}},
)
REQUIRED: dict[str, dict[str, Any]] = {
    "few_shot": {"prior": CONDITIONED},
    "robot": SCORED,
    "gaussian_process": SCORED,
    "gaussian_front": {**SCORED, "costs": [1, 2, 3, 4, 5, 6]},
}
OTHER_CANDIDATES: dict[str, Any] = {**dict.fromkeys(REQUIRED, FEW[::-1]), "predictor_guided": 50, "few_shot": 50}


UNTOLD = {"task"}
"""What changes no proposal."""


def score(archs: Sequence[Architecture]) -> list[float]:
    return [float(sum(arch.genome)) for arch in archs]


def told_apart(make: Callable[..., SearchAlgorithm], given: dict[str, Any], changed: dict[str, Any]) -> bool:
    one, other = make(**given).settings(), make(**{**given, **changed}).settings()
    assert json.loads(json.dumps(one)) == make(**given).settings()
    return json.dumps(one) != json.dumps(other)


@pytest.mark.parametrize(
    ("name", "argument"),
    [(name, one) for name in ALGORITHMS for one in inspect.signature(ALGORITHMS[name]).parameters if one not in UNTOLD],
)
def test_every_argument_counts(name: str, argument: str) -> None:
    given = {"space": SPACE, **REQUIRED.get(name, {})}
    other = OTHER_CANDIDATES[name] if argument == "candidates" else OTHERS[argument]
    assert told_apart(ALGORITHMS[name], given, {argument: other})


def test_of_what_a_prior_learned() -> None:
    one, other = (MLP(SPACE, epochs=1).fit(FEW, values) for values in ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 6, 5]))
    assert repr(one) == repr(other)
    assert told_apart(ALGORITHMS["predictor_guided"], {"space": SPACE, "predictor": one}, {"predictor": other})


@pytest.mark.parametrize(
    "changed",
    [{"score": {FEW[0]: 1.0}}, {"candidates": 3}, {"random": 0.5}, {"seed": 3}, {"algorithm": RandomSearch(SPACE)}],
)
def test_of_a_move(changed: dict[str, Any]) -> None:
    assert told_apart(Move, {"algorithm": RegularizedEvolution(SPACE), "score": score}, changed)


@pytest.mark.parametrize(
    "changed",
    [{"score": {FEW[0]: 1.0}}, {"number": 3}, {"first": 2}, {"seed": 3}, {"algorithm": ExhaustiveSearch(SPACE)}],
)
def test_of_a_warm_up(changed: dict[str, Any]) -> None:
    given = {"algorithm": RegularizedEvolution(SPACE), "space": SPACE, "score": score, "number": 9}
    assert told_apart(WarmUp, given, changed)


def test_mappings_are_known_by_what_they_hold() -> None:
    values = dict(zip(FEW, range(6), strict=True))
    one, again = (Move(RandomSearch(SPACE), dict(pairs)) for pairs in (values.items(), reversed(values.items())))
    assert one.settings() == again.settings()


def test_functions_with_settings_are_asked_for_them() -> None:
    class Seeded:
        def __init__(self, seed: int) -> None:
            self.seed = seed

        def __call__(self, archs: Sequence[Architecture]) -> list[float]:
            return score(archs)

        def settings(self) -> dict[str, int]:
            return {"seed": self.seed}

    assert told_apart(Move, {"algorithm": RandomSearch(SPACE), "score": Seeded(0)}, {"score": Seeded(1)})


@pytest.mark.parametrize(
    ("changed", "apart"),
    [
        ({"proposals": 3}, True),
        ({"seed": 1}, True),
        ({"images": load("digits")}, True),
        ({"supernet": ToyCells().supernet(seed=1)}, True),
        ({"workers": 2}, False),
        ({"progress": True}, False),
    ],
)
def test_of_zero_cost_pt(changed: dict[str, Any], apart: bool) -> None:
    given = {"space": ToyCells(), "images": load("noise", channels=3, size=8), "proposals": 2}
    assert told_apart(ZeroCostPT, given, changed) == apart


def test_zero_cost_pt_refuses_options_that_there_are_not() -> None:
    with pytest.raises(UnknownNameError, match="option of zero_cost_pt 'proposal': did you mean 'proposals'"):
        ZeroCostPT(ToyCells(), load("noise"), proposal=3)
