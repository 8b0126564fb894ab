"""Budgets of latency in searches: checked before anything is trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.study.algorithms import toy
from zcnas.errors import InputError, InputTypeError
from zcnas.latency import Conditions, Entry, LayerLatency, LayerTable, find_tables, latency_model
from zcnas.objectives import Bound, FunctionObjective, Goal, LatencyBudget, LatencyObjective
from zcnas.searchspaces import get
from zcnas.space import Architecture
from zcnas.study import run_search

SPACE = toy()
NB201 = get("nasbench201")


class Guess:
    def predict(self, archs: Sequence[Architecture]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([sum(arch.genome) for arch in archs], float), np.full(len(archs), 0.5)


def model(metric: str = "latency", unit: str = "ms") -> LayerLatency:
    """Every layer of NAS-Bench-201 that has no 1x1 convolution takes 1."""
    archs = [NB201.architecture(genome) for genome in ((3, 3, 3, 3, 3, 3), (4, 4, 4, 4, 4, 4), (0, 0, 0, 1, 0, 0))]
    keys = {key for arch in archs for key in NB201.layers(arch)}
    return LayerLatency(LayerTable({key: Entry(1.0) for key in keys}, Conditions("toaster", metric, unit)), NB201)


def test_a_search_tells_what_breaks_the_budget_and_trains_the_rest() -> None:
    asked: list[Architecture] = []

    def worth(arch: Architecture) -> float:
        asked.append(arch)
        return float(sum(arch.genome))

    latency = model()
    found = run_search(
        NB201,
        "random",
        FunctionObjective(worth, Goal("sum")),
        15,
        LatencyBudget(latency, 100),
        progress=False,
    )
    assert len(asked) == 15
    assert all(latency(arch) <= 100 for arch in asked)
    left = [one for one in found.attempts if one.arch not in asked]
    reasons = [one.reason for one in left]
    assert any(reason.startswith("latency on toaster: expected at most 100 ms, got 1") for reason in reasons)
    # 1x1 convolutions were not measured: that is a reason, and not 0 ms.
    assert any("nor_conv_1x1" in reason and "nearest" in reason for reason in reasons)
    assert not [arch for arch in asked if any("nor_conv_1x1" in key for key in NB201.layers(arch))]


def test_a_prediction_must_fit_with_some_deviations() -> None:
    arch = Architecture("toy", (2, 2, 0))
    assert not LatencyBudget(Guess(), 4.0).check(arch).objection
    assert not LatencyBudget(Guess(), 5.0, deviations=2).check(arch).objection
    assert (
        LatencyBudget(Guess(), 4.9, deviations=2).check(arch).objection == "latency: expected at most 4.9 ms, got 5 ms"
    )


def test_latencies_with_a_minus_sign_are_not_kept() -> None:
    class Turned(Guess):
        def predict(self, archs: Sequence[Architecture]) -> tuple[np.ndarray, np.ndarray]:
            mean, deviation = super().predict(archs)
            return -mean, deviation

    found = LatencyBudget(Turned(), 3.0, deviations=1).check(Architecture("toy", (2, 2, 0)))
    assert (
        found.objection == "latency: expected ms from 0 on, got -3.5; give latencies as they are, without minus signs"
    )
    assert found.measured == -3.5


def test_energy_is_no_latency() -> None:
    energy = model("energy", "mJ")
    for make in (lambda: LatencyBudget(energy, 3), lambda: LatencyObjective(energy)):
        with pytest.raises(InputError, match=r"expected a model of latency, got one of energy; give .*Bound"):
            make()
    assert Bound(energy, at_most=1, name="energy").check(NB201.architecture((0, 0, 0, 1, 0, 0))).measured == 4


def test_wrong_budgets() -> None:
    for wrong in ({"at_most": 0}, {"at_most": float("nan")}, {"at_most": 3, "deviations": -1}):
        with pytest.raises(InputError, match="expected a budget above 0 ms"):
            LatencyBudget(Guess(), **wrong)
    with pytest.raises(InputError, match="expected a predictor, which tells them"):
        LatencyBudget(len, 3, deviations=1)  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match="function of an architecture or a predictor"):
        LatencyBudget(3.0, 3)  # type: ignore[arg-type]


def test_settings_tell_budgets_apart() -> None:
    coarse = model()
    finer = LayerLatency(LayerTable({**coarse.table.entries, "pool": Entry(2.0)}, coarse.conditions), NB201)
    budgets = [
        LatencyBudget(coarse, 3),
        LatencyBudget(finer, 3),
        LatencyBudget(coarse, 4),
        LatencyBudget(Guess(), 3),
        LatencyBudget(Guess(), 3, deviations=1),
    ]
    told = [json.dumps(one.settings()) for one in budgets]
    assert len(set(told)) == len(told)
    assert told == [json.dumps(one.settings()) for one in budgets]
    assert not [one for one in told if " at 0x" in one]
    assert LatencyObjective(coarse).goals == (Goal("latency on toaster", "ms", higher_is_better=False),)


def test_a_budget_by_a_published_table(data_dir: Path) -> None:
    tables = [one.table for one in find_tables(data_dir / "hw_nas_bench", "nasbench201")]
    latency = latency_model(tables, NB201, "raspi4", dataset="cifar100")
    found = run_search(
        NB201,
        "local_search",
        FunctionObjective(lambda arch: float(arch.genome.count(3)), Goal("convolutions")),
        20,
        LatencyBudget(latency, 15),
        progress=False,
    )
    assert max(latency(one.arch) for one in found.trained) <= 15
    assert any("latency on raspi4" in one.reason for one in found.attempts)
