"""The loop: what is asked, checked, evaluated and told; when it ends."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

import zcnas
from tests.study.algorithms import Climber, Stubborn, Worth, toy, worth
from zcnas.algorithm import SearchAlgorithm
from zcnas.analysis import best_so_far
from zcnas.data import load
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.objectives import Bound, Condition, FunctionObjective, Goal, Objective
from zcnas.opscore import ZeroCostPT
from zcnas.space import Architecture
from zcnas.study import Attempt, Budget, Result, run_search
from zcnas.testing import ToyCells

SPACE = toy()


def search(
    algorithm: SearchAlgorithm | None = None,
    objective: Objective | None = None,
    budget: Budget | int = 6,
    **options: object,
) -> Result:
    settings: dict[str, object] = {"progress": False, **options}
    return run_search(SPACE, algorithm or Climber(SPACE), objective or Worth(), budget, **settings)  # type: ignore[arg-type]


def told(result: Result) -> list[tuple[object, ...]]:
    """All but the clock."""
    return [(one.arch, one.values, one.feasible, one.repeated, one.reason, one.round) for one in result.attempts]


def test_it_is_the_obvious_loop() -> None:
    algorithm, found = Climber(SPACE), search(budget=9)
    for one in found.attempts:
        assert algorithm.ask(1) == [one.arch]
        assert one.values == (worth(one.arch),)
        algorithm.tell([one.trial])
    assert len(found.trained) == 9
    assert found.stopped == "the budget of 9 trainings is spent"
    assert found.incumbent.values[0] == max(worth(one.arch) for one in found.trained) == best_so_far(found.column())[-1]
    assert found.best == found.incumbent.arch


def test_the_facade_has_it() -> None:
    assert zcnas.run_search is run_search
    assert zcnas.study.Budget is Budget


def test_batches_are_told_at_once() -> None:
    found = search(budget=7, batch=3)
    assert [one.round for one in found.attempts] == [0, 0, 0, 1, 1, 1, 2]
    algorithm = Climber(SPACE)
    for start in (0, 3, 6):
        part = found.attempts[start : start + 3]
        assert algorithm.ask(3)[: len(part)] == [one.arch for one in part]
        algorithm.tell([one.trial for one in part])


def test_workers_change_nothing(tmp_path: Path) -> None:
    broken = tuple(arch.genome for arch in list(SPACE)[1:3])
    ways = []
    for workers in (1, 2):
        history = tmp_path / f"history-{workers}"
        objective = Worth(raises=broken[:1], nan=broken[1:])
        ways.append(search(None, objective, 6, batch=6, workers=workers, history=history))
    assert told(ways[0]) == told(ways[1])
    assert {one.reason for one in ways[1].trained} >= {""}


def test_what_workers_cannot_have_is_told_at_once(tmp_path: Path) -> None:
    objective = FunctionObjective(lambda _: 1.0, Goal("one"))
    with pytest.raises(InputError, match=r"workers: expected an objective that other processes can import.*workers=1"):
        search(None, objective, workers=2, history=tmp_path / "history")
    assert list(tmp_path.iterdir()) == []


def test_constraints_come_first(tmp_path: Path) -> None:
    objective = Worth(tmp_path / "diary")
    shallow = Bound(lambda arch: arch.genome[0], at_most=0, name="depth")
    found = search(None, objective, 4, constraints=[shallow, Condition(lambda arch: arch.genome[1] == 0, "narrow")])
    kept = [one.arch for one in found.attempts if one.feasible]
    assert objective.evaluated() == [arch.key for arch in kept]
    assert all(arch.genome[:2] == (0, 0) for arch in kept)
    assert len(kept) == 3  # all that there are
    assert found.stopped == "the algorithm has nothing left to propose"
    reasons = {one.reason for one in found.attempts if not one.feasible}
    assert reasons == {"depth: expected at most 0, got 1", "depth: expected at most 0, got 2", "narrow: not kept"}
    assert all(not one.trial.feasible and one.trial.values == () for one in found.attempts if not one.feasible)
    assert all("depth" in one.measured for one in found.attempts)


def test_a_bound_counts_networks_of_the_space() -> None:
    found = search(budget=18, constraints=Bound("params", at_most=1000, at_least=100))
    assert {one.feasible for one in found.attempts} == {True, False}
    for one in found.attempts:
        size = sum(weight.numel() for weight in SPACE.build(one.arch, seed=0).parameters())
        assert one.measured["params"] == size
        assert one.feasible == (100 <= size <= 1000)


def test_a_constraint_that_raises_is_not_kept() -> None:
    found = search(budget=3, constraints=lambda arch: 1 / arch.genome[0])
    reasons = [one.reason for one in found.attempts if not one.feasible]
    assert set(reasons) == {"<lambda>: ZeroDivisionError: division by zero"}
    assert len(found.trained) == 3


def test_failures_are_recorded_and_passed_over() -> None:
    first, second = search(budget=2).attempts
    found = search(None, Worth(raises=(first.arch.genome,), nan=(second.arch.genome,)), 5)
    assert found.attempts[0].reason == "ArithmeticError: this one diverges"
    assert [one.arch for one in found.attempts if one.reason == "the value is not finite: worth"]
    assert found.attempts[0].trial.values == ()
    assert found.attempts[0].trial.feasible
    assert len(found.trained) == 5
    assert math.isnan(found.column()[0])


def test_the_callers_mistakes_end_it() -> None:
    class Wrong(Worth):
        def evaluate(self, _: Architecture) -> None:  # type: ignore[override]
            raise InputError("no such data")

    with pytest.raises(InputError, match="no such data"):
        search(None, Wrong())
    with pytest.raises(InputError, match=r"expected 2 values \(worth, cost\), got 1"):
        search(None, _OneOfTwo())


class _OneOfTwo(Worth):
    def __init__(self) -> None:
        super().__init__(goals=(Goal("worth"), Goal("cost")))

    def evaluate(self, arch: Architecture) -> object:  # type: ignore[override]
        return replace(super().evaluate(arch), values=(1.0,))


def test_nothing_is_evaluated_twice(tmp_path: Path) -> None:
    objective = Worth(tmp_path / "diary")
    found = search(Stubborn(SPACE), objective, Budget(trainings=3, fruitless=5), batch=2)
    assert len(objective.evaluated()) == len(found.trained) == 1
    assert "proposals in a row gave nothing new: evaluated before (" in found.stopped
    assert {one.trial for one in found.attempts} == {found.trained[0].trial}


def test_fruitless_searches_say_why() -> None:
    found = search(budget=Budget(trainings=3, fruitless=7), constraints=Bound(lambda _: 5, at_most=3, name="five"))
    assert found.stopped == "7 proposals in a row gave nothing new: five: expected at most 3 (7)"
    assert found.trained == found.pareto == ()
    with pytest.raises(InputError, match=r"got none of 7: .*five"):
        _ = found.incumbent


def test_seconds_of_training() -> None:
    found = search(budget=Budget(training_seconds=35))
    assert (len(found.trained), found.seconds) == (4, 40)
    assert found.stopped == "the budget of 35 seconds of training is spent"


def test_targets_in_both_directions() -> None:
    for goal, target in ((Goal("worth"), 90.0), (Goal("cost", "ms", higher_is_better=False), 22.0)):
        found = search(None, Worth(goals=(goal,)), Budget(trainings=18, target=target))
        *others, last = found.attempts
        assert last.values[0] >= goal.turned(target) > max(one.values[0] for one in others)
        assert found.stopped == f"the target of {target:g} is reached"


def test_wall_clock() -> None:
    found = search(budget=Budget(wall_seconds=1e-9))
    assert (found.attempts, found.stopped) == ((), "the budget of 1e-09 seconds is spent")
    assert len(search(budget=Budget(wall_seconds=600, trainings=2)).attempts) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "expected trainings, training_seconds"),
        ({"trainings": 0}, "trainings: expected more than 0, got 0"),
        ({"training_seconds": -1.0}, "training_seconds: expected more than 0, got -1"),
        ({"wall_seconds": math.nan}, "wall_seconds: expected more than 0, got nan"),
        ({"target": math.nan}, "target: expected a number"),
        ({"trainings": 1, "fruitless": 0}, "fruitless: expected more than 0"),
    ],
)
def test_budgets_that_make_no_sense(given: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Budget(**given)  # type: ignore[arg-type]


def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(InputError, match="trainings: expected more than 0"):
        search(budget=0)
    with pytest.raises(InputTypeError, match="budget: expected a Budget, got str"):
        search(budget="ten")  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match="algorithm: expected a SearchAlgorithm, got int"):
        search(3)  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match="expected an Objective"):
        search(None, "accuracy")  # type: ignore[arg-type]
    for name in ("batch", "workers"):
        with pytest.raises(InputError, match=f"{name}: expected at least 1, got 0"):
            search(**{name: 0})  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match="observe: test: expected a function, got float"):
        search(observe={"test": 3.0})
    with pytest.raises(InputTypeError, match=r"constraints: expected a Bound .* got str"):
        search(constraints="params")
    with pytest.raises(InputError, match="different names"):
        search(constraints=[Bound("params", at_most=1), Bound("params", at_least=1)])
    with pytest.raises(InputError, match=r"other names than those of constraints, got \['params'\]"):
        search(constraints=[Bound("params", at_most=1)], observe={"params": len})
    with pytest.raises(InputError, match=r"one goal, got 2: \['a', 'b'\]"):
        search(None, Worth(goals=(Goal("a"), Goal("b"))), Budget(target=1.0))


def test_strangers_are_refused() -> None:
    class Lost(Climber):
        def ask(self, count: int = 1) -> list[Architecture]:
            return [Architecture(SPACE.name, (9, 9, 9))] * count

    with pytest.raises(InputError, match=r"Lost: expected it to propose architectures of toy, got .*9, 9, 9"):
        search(Lost(SPACE))


def test_what_is_observed_is_told_to_nobody() -> None:
    algorithm = Climber(SPACE)
    found = search(
        algorithm, Worth(), 5, observe={"test": lambda arch: 10.0 * sum(arch.genome), "gone": lambda _: 1 / 0}
    )
    assert found.column("test").tolist() == [10.0 * sum(one.arch.genome) for one in found.trained]
    assert all(math.isnan(value) for value in found.column("gone"))
    assert all(len(trial.values) == 1 for trial in algorithm.told.values())
    with pytest.raises(UnknownNameError, match=r"unknown column of this search 'tests': did you mean 'test'\?"):
        found.column("tests")


def test_several_goals() -> None:
    goals = (Goal("worth"), Goal("cost", "ms", higher_is_better=False))
    found = search(None, Worth(goals=goals), 12)
    values = [one.values for one in found.trained]
    front = [v for v in values if not any(o != v and o[0] >= v[0] and o[1] >= v[1] for o in values)]
    assert [one.values for one in found.pareto] == front
    assert found.column("cost").tolist() == [-value[1] for value in values]


def test_zero_cost_pt_runs_in_it() -> None:
    cells = ToyCells()
    images = load("noise", channels=3, size=8)
    algorithm = ZeroCostPT(cells, images, proposals=4, validations=1, batch_size=8, progress=False)
    found = run_search(cells, algorithm, Worth(), 10, progress=False)
    assert found.stopped == "the algorithm has nothing left to propose"
    assert 1 <= len(found.trained) <= 4


def test_the_table_of_attempts(tmp_path: Path) -> None:
    goals = (Goal("cost", "ms", higher_is_better=False),)
    first = search(budget=1).attempts[0]
    objective = Worth(goals=goals, raises=(first.arch.genome,))
    found = search(None, objective, 3, constraints=Bound("params", at_most=10_000), observe={"test": lambda _: 7.0})
    found.to_csv(tmp_path / "attempts.csv", SPACE.format)
    head, failed, *others = (tmp_path / "attempts.csv").read_text().splitlines()
    start = "attempt,round,architecture,feasible,repeated,cost,params,test,seconds,elapsed_seconds,reason"
    assert head == start
    assert failed.endswith("ArithmeticError: this one diverges")
    assert f'"{SPACE.format(first.arch)}"' in failed
    assert len(others) == 2
    assert all(",7.0,10.0," in line for line in others)
    assert [path.name for path in tmp_path.iterdir()] == ["attempts.csv"]
    with pytest.raises(InputError, match="cannot be written"):
        found.to_csv(tmp_path / "nowhere" / "attempts.csv")


def test_progress_names_the_incumbent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    found = search(budget=3, progress=True)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert f"best {found.incumbent.values[0]:.5g} % {found.best.key}" in shown


def test_attempts_survive_json() -> None:
    from zcnas.study.attempt import attempt

    one = Attempt(Architecture("toy", (1, 0, 2)), (1.5,), reason="", measured={"a": 2.0}, round=3)
    assert attempt(one.plain(), 3) == one
