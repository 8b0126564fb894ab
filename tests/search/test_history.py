"""What all algorithms do with small spaces, failures, batches, isomorphs and wrong input."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from tests.search.landscapes import rugged, run
from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.errors import InputError
from zcnas.search import (
    ALGORITHMS,
    NSGA2,
    NSGA3,
    ExhaustiveSearch,
    GaussianProcessSearch,
    LocalSearch,
    Move,
    OptunaSearch,
    RandomSearch,
    RegularizedEvolution,
    Reinforce,
    RoBoT,
    WarmUp,
)
from zcnas.searchspaces import NASBench101, NASBench201
from zcnas.space import Architecture, SearchSpace
from zcnas.testing import ToySpace

TOY, CELLS = ToySpace(), NASBench201()


def robot(space: SearchSpace, **settings: object) -> RoBoT:
    candidates = RandomSearch(space).ask(30)
    return RoBoT(space, candidates, {"a": [rugged(arch) for arch in candidates]}, queries=4, **settings)


def gaussian_process(space: SearchSpace, **settings: object) -> GaussianProcessSearch:
    candidates = RandomSearch(space).ask(min(space.size, 200))
    return GaussianProcessSearch(space, candidates, {"a": [rugged(arch) for arch in candidates]}, **settings)


MAKERS: dict[str, Callable[..., SearchAlgorithm]] = {
    "random": RandomSearch,
    "exhaustive": ExhaustiveSearch,
    "local_search": LocalSearch,
    "regularized_evolution": lambda space, **more: RegularizedEvolution(space, population=4, tournament=2, **more),
    "reinforce": lambda space, **more: Reinforce(space, learning_rate=0.3, **more),
    "nsga2": lambda space, **more: NSGA2(space, objectives=1, population=4, **more),
    "optuna": OptunaSearch,
    "robot": robot,
    "gaussian_process": gaussian_process,
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def test_all_of_the_registry_are_tested_here() -> None:
    assert {*MAKERS, "nsga3", "predictor_guided", "gaussian_front", "few_shot"} == set(ALGORITHMS)


@every
@pytest.mark.parametrize("count", [1, 5])
def test_a_small_space_is_proposed_whole_and_once(make: Callable[..., SearchAlgorithm], count: int) -> None:
    found = run(make(TOY), rugged, 100, count)
    assert len(found) == len(TOY)
    assert set(found) == set(TOY)


@every
def test_goes_on_when_everything_fails(make: Callable[..., SearchAlgorithm]) -> None:
    algorithm = make(TOY)
    failures = [(), (math.nan,), (math.inf,), (1.0,)]
    for number in range(len(TOY)):
        (arch,) = algorithm.ask()
        algorithm.tell([Trial(arch, failures[number % 4], feasible=number % 4 != 3)])
    assert algorithm.ask() == []


@every
def test_what_failed_survives_json(make: Callable[..., SearchAlgorithm]) -> None:
    algorithm, other = make(TOY), make(TOY)
    for values in ((), (math.nan,), (-math.inf,), (0.5,), (0.25,)):
        algorithm.tell([Trial(algorithm.ask()[0], values)])
    other.load_state_dict(algorithm.state_dict())
    assert run(other, rugged, 20) == run(algorithm, rugged, 20)


@pytest.mark.parametrize("make", [make for make in MAKERS.values() if make is not robot])
def test_isomorphs_are_never_proposed(make: Callable[..., SearchAlgorithm]) -> None:
    found = run(make(CELLS, identity=CELLS.canonical), rugged, 60, 4)
    assert len({CELLS.canonical(arch) for arch in found}) == len(found) == 60


def test_robot_skips_isomorphic_candidates() -> None:
    candidates = [CELLS.architecture((0, 0, gene, 0, 0, 0)) for gene in range(5)]
    algorithm = RoBoT(CELLS, candidates, {"a": range(5)}, queries=2, identity=CELLS.canonical)
    assert len(run(algorithm, rugged, 9)) == len({CELLS.canonical(arch) for arch in candidates}) < 5


@every
def test_architectures_that_were_not_asked_for_are_learned(make: Callable[..., SearchAlgorithm]) -> None:
    algorithm, others = make(TOY), list(TOY)[::2]
    algorithm.tell([Trial(arch, (rugged(arch),)) for arch in others])
    assert set(run(algorithm, rugged, 100)) == set(TOY) - set(others)


@every
def test_workers_that_are_slow_get_no_architecture_twice(make: Callable[..., SearchAlgorithm]) -> None:
    algorithm, rng = make(TOY), np.random.default_rng(0)
    pending: list[Architecture] = []
    asked: list[Architecture] = []
    while True:
        new = [arch for arch in algorithm.ask(3) if arch not in pending][: 3 - len(pending)]
        asked, pending = asked + new, pending + new
        if not pending:
            break
        arch = pending.pop(int(rng.integers(len(pending))))
        algorithm.tell([Trial(arch, (rugged(arch),))])
    assert sorted(asked) == sorted(TOY)


@every
def test_wrong_input_is_refused_and_nothing_learned(make: Callable[..., SearchAlgorithm]) -> None:
    algorithm = make(TOY)
    good, before = Trial(next(iter(TOY)), (1.0,)), algorithm.state_dict()
    with pytest.raises(InputError, match="2 values for toy:0-0-0"):
        algorithm.tell([good, Trial(good.arch, (1.0, 2.0))])
    with pytest.raises(InputError, match=r"expected architectures of toy, got .*nasbench201"):
        algorithm.tell([good, Trial(next(iter(CELLS)), (1.0,))])
    with pytest.raises(InputError, match="expected a count of at least 1, got 0"):
        algorithm.ask(0)
    assert algorithm.state_dict() == before


@every
def test_garbled_states_change_nothing(make: Callable[..., SearchAlgorithm]) -> None:
    algorithm = make(TOY)
    run(algorithm, rugged, 5)
    state = algorithm.state_dict()
    wrong = [{"space": "other"}, {"trials": [[[9, 9, 9], [1.0], True]]}, {"trials": [[[0], [1.0]]]}, {"trials": 3}]
    for change in wrong:
        with pytest.raises(InputError):
            algorithm.load_state_dict({**state, **change})
    assert algorithm.state_dict() == state


@pytest.mark.parametrize(
    "make",
    [
        lambda: RegularizedEvolution(TOY, population=0),
        lambda: RegularizedEvolution(TOY, tournament=0),
        lambda: LocalSearch(TOY, initial=0),
        lambda: Reinforce(TOY, optimiser="adagrad"),
        lambda: Reinforce(TOY, momentum=1),
        lambda: NSGA2(TOY, population=1),
        lambda: NSGA3(TOY, objectives=1),
        lambda: OptunaSearch(TOY, objectives=0),
        lambda: RoBoT(TOY, [], {}),
        lambda: RoBoT(TOY, list(TOY), {}),
        lambda: RoBoT(TOY, list(TOY), {"a": [1.0]}),
        lambda: RoBoT(TOY, [*TOY, *TOY], {"a": [1.0] * 36}),
        lambda: RoBoT(TOY, list(CELLS)[:2], {"a": [1.0, 2.0]}),
        lambda: WarmUp(RandomSearch(TOY), TOY, rugged, 0),
        lambda: Move(RandomSearch(TOY), rugged, candidates=0),
        lambda: Move(RandomSearch(TOY), rugged, random=2),
        lambda: Move(WarmUp(RandomSearch(TOY), TOY, rugged, 3), rugged),
    ],
)
def test_wrong_settings_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(InputError, match="expected"):
        make()


@pytest.mark.parametrize("make", [make for make in MAKERS.values() if make is not ExhaustiveSearch])
def test_spaces_in_which_not_every_genome_is_valid(make: Callable[..., SearchAlgorithm]) -> None:
    space = NASBench101()
    found = run(make(space), rugged, 24, 3)
    assert len(set(found)) == len(found) >= 24
    assert all(arch in space for arch in found)
