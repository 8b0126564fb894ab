"""Objectives: what they say of an architecture, what they cost, and how they are told apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

import zcnas
from tests.study.algorithms import Climber, toy
from zcnas.batch import Batch
from zcnas.benchmarks import digits
from zcnas.column import Column
from zcnas.data import ImageSet, divide, load
from zcnas.errors import InputError, InputTypeError, Undefined, UnknownNameError
from zcnas.objectives import (
    AggregateObjective,
    FunctionObjective,
    Goal,
    LatencyObjective,
    Lookup,
    Objective,
    PredictorObjective,
    ProxyObjective,
    TableObjective,
    Together,
    TrainingObjective,
)
from zcnas.rank import AGGREGATES
from zcnas.space import Architecture
from zcnas.study import Budget, run_search
from zcnas.table import Table
from zcnas.training import recipe

TABLE = digits()
ARCH = TABLE.archs[5]
SPACE = toy()
TOYS = list(SPACE)


def small(**columns: Column) -> Table:
    values = {column: np.arange(len(TOYS)) + 1.0 + place for place, column in enumerate(columns.values())}
    return Table(TOYS, values)


def test_tables_say_validation_accuracy_and_seconds() -> None:
    found = TableObjective(TABLE, "digits", seed=3).evaluate(ARCH)
    assert found.values == (TABLE.query(ARCH, "digits", split="val", seed=3),)
    assert found.seconds == TABLE.query(ARCH, "digits", split="train", metric="seconds", seed=3)
    tested = TableObjective(TABLE, "digits", split="test", seed=1)
    assert tested.evaluate(ARCH).values == (TABLE.query(ARCH, "digits", seed=1),)
    assert tested.goals == (Goal("test accuracy on digits", "%"),)


def test_what_is_to_be_low_is_turned() -> None:
    latency = Column("cifar10", "test", "latency", unit="ms", higher_is_better=False, device="pixel3")
    objective = TableObjective(small(latency=latency), "cifar10", split="test", metric="latency", device="pixel3")
    assert objective.evaluate(TOYS[4]).values == (-5.0,)
    assert objective.goals == (Goal("test latency on cifar10 by pixel3", "ms", higher_is_better=False),)
    found = run_search(SPACE, Climber(SPACE), objective, Budget(target=2.0), progress=False)
    assert found.column()[-1] <= 2


def test_names_that_a_table_lacks() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean \"digits \(split='val'|did you mean 'digits"):
        TableObjective(TABLE, "digit", seed=0)
    with pytest.raises(UnknownNameError, match=r"seed='9'|seed=9"):
        Lookup(TABLE, "digits", seed=9)


def test_simulated_seconds_need_a_column() -> None:
    accuracy = Column("cifar10", "val", epochs=200)
    other = Column("cifar10", "train", "seconds", epochs=12, unit="s", higher_is_better=False)
    lacking = TableObjective(small(accuracy=accuracy, other=other), "cifar10")
    with pytest.raises(UnknownNameError, match=r"metric='seconds', epochs=200\).*known: .*metric='seconds', epochs=12"):
        run_search(SPACE, Climber(SPACE), lacking, Budget(training_seconds=9), progress=False)
    right = Column("cifar10", "train", "seconds", epochs=200, unit="s", higher_is_better=False)
    having = TableObjective(small(accuracy=accuracy, right=right), "cifar10")
    found = run_search(SPACE, Climber(SPACE), having, Budget(training_seconds=9), progress=False)
    *others, _ = found.trained
    assert sum(one.seconds for one in others) < 9 <= found.seconds
    for objective in (FunctionObjective(len, Goal("n")), Together([FunctionObjective(len, Goal("n"))])):
        with pytest.raises(InputError, match="knows seconds of training"):
            objective.require_seconds()
    Together([FunctionObjective(len, Goal("n")), having]).require_seconds()


def test_an_architecture_that_a_table_lacks_fails_alone() -> None:
    accuracy = Column("cifar10", "val")
    table = Table(TOYS[:3], {accuracy: [1.0, 2.0, 3.0]})
    found = run_search(SPACE, Climber(SPACE), TableObjective(table, "cifar10"), 18, progress=False)
    assert sum(bool(one.values) for one in found.trained) == 3
    assert {one.reason.partition(":")[0] for one in found.trained} == {"", "unknown architecture 'toy"}


def images() -> Batch:
    generator = torch.Generator().manual_seed(0)
    return Batch(torch.randn(4, 3, 8, 8, generator=generator), torch.arange(4))


def test_proxies_score_the_network_of_the_key_and_the_seed() -> None:
    objective = ProxyObjective(SPACE, ["params", "synflow", "ntk_condition"], images(), seed=3)
    table = zcnas.score_space(TOYS[:4], ["params", "synflow", "ntk_condition"], space=SPACE, batch=images(), seed=3)
    for place, arch in enumerate(TOYS[:4]):
        # By score_space with one thread, here with as many as there are; ntk_condition is a ratio of eigenvalues, of
        # which float32 leaves five digits.
        expected = [table["params"][place], table["synflow"][place], -table["ntk_condition"][place]]
        assert objective.evaluate(arch).values == pytest.approx(expected, rel=1e-5)
    assert [goal.higher_is_better for goal in objective.goals] == [True, True, False]


def test_a_proxy_without_meaning_is_a_failure() -> None:
    objective = ProxyObjective(SPACE, "zico", images())
    with pytest.raises(Undefined, match="zico: "):
        objective.evaluate(TOYS[0])
    with pytest.raises(UnknownNameError, match="did you mean 'synflow'"):
        ProxyObjective(SPACE, "sinflow", images())


def test_aggregates_are_relative_to_the_reference_alone() -> None:
    members = list(AGGREGATES["vote"].members or ())
    reference = zcnas.score_space(TOYS[:6], members, space=SPACE, batch=images(), progress=False)
    objective = AggregateObjective("vote", reference, SPACE, images())
    first = objective.evaluate(TOYS[9]).values
    objective.evaluate(TOYS[10])
    assert objective.evaluate(TOYS[9]).values == first
    both = zcnas.score_space([*TOYS[:6], TOYS[9]], members, space=SPACE, batch=images(), progress=False)
    assert first == (AGGREGATES["vote"](dict(both))[-1],)
    with pytest.raises(UnknownNameError, match="unknown aggregate 'votes': did you mean 'vote'"):
        AggregateObjective("votes", reference, SPACE, images())
    with pytest.raises(UnknownNameError, match="column of the reference 'az_expressivity'"):
        AggregateObjective("az_nas", reference, SPACE, images())
    with pytest.raises(InputError, match="at least one architecture"):
        AggregateObjective("vote", {name: np.zeros(0) for name in members}, SPACE, images())


class Guess:
    def predict(self, archs: Sequence[Architecture]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([sum(arch.genome) for arch in archs], float), np.full(len(archs), 0.5)


def test_predictors_may_be_optimistic() -> None:
    assert PredictorObjective(Guess()).evaluate(TOYS[-1]).values == (5.0,)
    assert PredictorObjective(Guess(), optimism=2).evaluate(TOYS[-1]).values == (6.0,)


def test_latency_is_better_when_low() -> None:
    objective = LatencyObjective(lambda arch: 2.0 * sum(arch.genome), "pixel3")
    assert objective.evaluate(TOYS[-1]).values == (-10.0,)
    assert objective.goals == (Goal("pixel3", "ms", higher_is_better=False),)
    with pytest.raises(InputTypeError, match="expected a function"):
        LatencyObjective(3.0)  # type: ignore[arg-type]


def test_several_at_once() -> None:
    parts: list[Objective] = [TableObjective(TABLE, "digits", seed=0), LatencyObjective(lambda _: 3.0)]
    both = Together(parts)
    found, alone = both.evaluate(ARCH), parts[0].evaluate(ARCH)
    assert (found.values, found.seconds) == ((*alone.values, -3.0), alone.seconds)
    assert [goal.name for goal in both.goals] == ["val accuracy on digits", "latency"]
    with pytest.raises(InputError, match="different names"):
        Together([parts[0], parts[0]])
    with pytest.raises(InputError, match="at least one"):
        Together([])
    with pytest.raises(InputTypeError, match=r"expected an Objective of zcnas\.objectives, got str"):
        Together(["accuracy"])  # type: ignore[list-item]


def some_images() -> tuple[ImageSet, ImageSet]:
    whole = load("digits", channels=3)
    data, validation, *_ = divide(whole, (0.02, 0.02))
    return data, validation


def test_trainings_have_folders_and_go_on(tmp_path: Path) -> None:
    data, validation = some_images()
    how = recipe("digits", epochs=2, warmup=0, batch_size=16)
    objective = TrainingObjective(SPACE, data, validation, how, folder=tmp_path)
    found = objective.evaluate(TOYS[3])
    folder = objective.folder_of(TOYS[3])
    assert folder == tmp_path / "toy" / "0-1-0"
    assert {"last.pt", "best.pt", "log.csv"} <= {path.name for path in folder.iterdir()}
    assert 0 <= found.values[0] <= 100
    assert found.seconds
    again = objective.evaluate(TOYS[3])  # from the checkpoint: the very same times
    assert again == found
    assert TrainingObjective(SPACE, data, validation, how).evaluate(TOYS[3]).values == found.values
    best = TrainingObjective(SPACE, data, validation, how, epoch="best").evaluate(TOYS[3])
    assert best.values >= found.values
    objective.require_seconds()


def test_trainings_by_worker_and_with_odd_arguments() -> None:
    data, validation = some_images()
    objective = TrainingObjective(SPACE, data, validation, "digits", devices=("cpu", "meta"))
    assert [objective.on(number)._device for number in range(3)] == ["cpu", "meta", "cpu"]  # type: ignore[attr-defined]
    assert objective.settings() == objective.on(1).settings()
    with pytest.raises(UnknownNameError, match="unknown epoch 'lst': did you mean 'last'"):
        TrainingObjective(SPACE, data, validation, "digits", epoch="lst")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected images to train and to validate on"):
        TrainingObjective(SPACE, data, validation.part([], "none"), "digits")
    long = Architecture("toy", tuple(range(500)))
    named = TrainingObjective(SPACE, data, validation, "digits", folder="runs").folder_of(long)
    assert named is not None
    assert len(named.name) < 100


def test_settings_are_json_and_tell_objectives_apart() -> None:
    data, validation = some_images()
    reference = {"params": np.arange(3.0)}
    made: list[Objective] = [
        TableObjective(TABLE, "digits", seed=0),
        TableObjective(TABLE, "digits", seed=1),
        TableObjective(TABLE, "digits", split="test", seed=0),
        ProxyObjective(SPACE, "params", images()),
        ProxyObjective(SPACE, "params", images(), seed=1),
        ProxyObjective(SPACE, "params", Batch(images().inputs + 1)),
        AggregateObjective("rank_sum", reference, SPACE, images()),
        AggregateObjective("rank_sum", {"params": np.arange(4.0)}, SPACE, images()),
        PredictorObjective(Guess()),
        PredictorObjective(Guess(), optimism=1),
        LatencyObjective(len, "here"),
        LatencyObjective(len, "there"),
        TrainingObjective(SPACE, data, validation, "digits"),
        TrainingObjective(SPACE, data, validation, recipe("digits", epochs=3)),
        TrainingObjective(SPACE, validation, data, "digits"),
    ]
    spelt = [json.dumps(one.settings(), sort_keys=True) for one in [*made, Together([made[0], made[9]])]]
    assert len(set(spelt)) == len(spelt)
    assert not [one for one in spelt if " at 0x" in one]
