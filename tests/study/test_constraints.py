"""What networks cost, and bounds on it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from tests.study.algorithms import Climber, Worth, toy
from zcnas.benchmarks import digits
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.objectives import COSTS, Bound, Lookup, NetworkCost
from zcnas.study import run_search

SPACE = toy()
TOYS = list(SPACE)


def test_costs_by_hand() -> None:
    class Tiny(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm(self.conv(x)).mean((2, 3))

    class Space(type(SPACE)):  # type: ignore[misc]
        def build(self, *_: object, **__: object) -> nn.Module:
            return Tiny()

    cost = {kind: NetworkCost(Space(), kind, shape=(3, 4, 4))(TOYS[0]) for kind in COSTS}
    weights, outputs = 5 * 3 * 9 + 5 + 2 * 5, 2 * 5 * 16
    # Running mean and variance in float32, and the count of batches in int64.
    memory = 4 * (weights + outputs + 2 * 5) + 8
    assert cost == {"params": weights, "flops": 5 * 3 * 9 * 16, "activations": outputs, "memory_bytes": memory}
    with pytest.raises(UnknownNameError, match="did you mean 'params'"):
        NetworkCost(SPACE, "param")
    with pytest.raises(UnknownNameError, match="did you mean 'flops'"):
        run_search(SPACE, Climber(SPACE), Worth(), 1, Bound("flop", at_most=1), progress=False)


def test_bounds() -> None:
    both = Bound(lambda arch: float(sum(arch.genome)), at_least=1, at_most=3, name="sum")
    kept = [not both.check(arch).objection for arch in TOYS]
    assert kept == [1 <= sum(arch.genome) <= 3 for arch in TOYS]
    assert both.check(TOYS[0]).objection == "sum: expected at least 1, got 0"
    assert Bound(lambda _: math.nan, at_most=3, name="odd").check(TOYS[0]).objection
    for wrong in ({}, {"at_most": math.nan}, {"at_most": 1, "at_least": 2}):
        with pytest.raises(InputError, match="expected at_most, at_least"):
            Bound("params", **wrong)
    with pytest.raises(InputTypeError, match="name or a function"):
        Bound(3.0, at_most=1)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="knows its space"):
        Bound("params", at_most=1).check(TOYS[0])
    assert Bound(Lookup(digits(), "digits", split="train", metric="params"), at_most=1).name == "params"
