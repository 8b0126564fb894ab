"""Rates against torch's own schedulers, and the bounds of recipes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.training import RECIPES, Recipe, recipe
from zcnas.training.schedule import drop_path, learning_rate


def by_torch(how: Recipe, steps: int) -> list[float]:
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=how.learning_rate)
    units, warmup = how.epochs * steps, how.warmup * steps
    cosine = CosineAnnealingLR(optimiser, units - warmup, eta_min=how.final_rate)
    schedule: Any = cosine
    if warmup:
        rise = LinearLR(optimiser, start_factor=1 / warmup, total_iters=warmup - 1)
        schedule = SequentialLR(optimiser, [rise, cosine], milestones=[warmup])
    found = []
    for _ in range(units):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return found


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step")
@pytest.mark.parametrize("by_step", [True, False])
@pytest.mark.parametrize(("warmup", "final_rate"), [(0, 0.0), (0, 0.001), (3, 0.0)])
def test_rates_are_those_of_torch(by_step: bool, warmup: int, final_rate: float) -> None:
    how = Recipe(9, 32, 0.1, by_step=by_step, warmup=warmup, final_rate=final_rate)
    steps = 4
    found = [learning_rate(how, epoch, step, steps) for epoch in range(9) for step in range(steps)]
    if by_step:
        expected = by_torch(how, steps)
    else:
        expected = [rate for rate in by_torch(how, 1) for _ in range(steps)]
    # torch's own is a recurrence, which collects rounding errors.
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_darts_rates_fall_after_every_epoch_and_nasbench201s_after_every_step() -> None:
    assert learning_rate(RECIPES["darts"], 300, 5, 10) == pytest.approx(0.0125)
    assert learning_rate(RECIPES["nasbench201"], 100, 0, 10) == pytest.approx(0.05)
    assert learning_rate(RECIPES["nasbench201"], 100, 5, 10) < 0.05


def test_drop_path_rises_linearly_from_nothing() -> None:
    assert [drop_path(recipe("darts", epochs=4), epoch) for epoch in range(4)] == pytest.approx([0, 0.05, 0.1, 0.15])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"epochs": 0}, "epochs of at least 1, got 0"),
        ({"learning_rate": 0}, "learning_rate above 0"),
        ({"learning_rate": float("nan")}, "learning_rate above 0, got nan"),
        ({"momentum": 1}, "momentum from 0 to below 1"),
        ({"label_smoothing": -0.1}, "label_smoothing from 0"),
        ({"warmup": 12}, "warmup shorter than the 12 epochs"),
        ({"final_rate": 0.2}, "at most 0.1"),
        ({"clip": 0}, "clip above 0"),
        ({"momentum": 0}, "nesterov=False"),
        ({"weight_decay": -1}, "weight_decay of at least 0"),
    ],
)
def test_numbers_out_of_range_are_refused(change: dict[str, float], told: str) -> None:
    with pytest.raises(InputError, match=told):
        replace(RECIPES["digits"], **change)  # type: ignore[arg-type]


def test_other_kinds_and_names_are_refused() -> None:
    with pytest.raises(InputTypeError, match=r"whole number for epochs, got 1\.5"):
        recipe("digits", epochs=1.5)
    with pytest.raises(UnknownNameError, match="did you mean 'darts'"):
        recipe("dart")
    with pytest.raises(UnknownNameError, match="did you mean 'epochs'"):
        recipe("darts", epoch=3)
    with pytest.raises(UnknownNameError, match="did you mean 'float16'"):
        recipe("darts", precision="fp16")
