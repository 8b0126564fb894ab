"""Losses against their formulas."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.training.helpers import pictures
from zcnas.errors import InputError
from zcnas.training import Recipe
from zcnas.training.loss import losses

DATA = pictures(6)


def logits(seed: int, classes: int = 10) -> Tensor:
    return torch.randn(6, classes, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def smoothed(values: Tensor, targets: Tensor, smoothing: float) -> float:
    """As cnn/train_imagenet.py of DARTS has it: the target is mixed with the uniform distribution."""
    aim = torch.full_like(values, smoothing / values.shape[1])
    aim[torch.arange(len(values)), targets] += 1 - smoothing
    return float(-(aim * values.log_softmax(1)).sum(1).mean())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_auxiliary_loss_is_added_by_its_weight(smoothing: float) -> None:
    first, second = logits(0), logits(1)
    how = Recipe(1, 6, 0.1, label_smoothing=smoothing, auxiliary=0.4)
    found, loss, whole = losses((first, second), DATA.labels, DATA, how)
    main, auxiliary = (smoothed(values, DATA.labels, smoothing) for values in (first, second))
    assert found is first
    # Rounding of float64.
    assert float(loss) == pytest.approx(main, rel=1e-12)
    assert float(whole) == pytest.approx(main + 0.4 * auxiliary, rel=1e-12)


def test_without_a_pair_or_without_weight_there_is_one_loss() -> None:
    for output, how in ((logits(0), Recipe(1, 6, 0.1, auxiliary=0.4)), ((logits(0), logits(1)), Recipe(1, 6, 0.1))):
        _, loss, whole = losses(output, DATA.labels, DATA, how)
        assert whole is loss


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (logits(0, 9), "a logit for each of 10 classes, got 9; build the network with num_classes=10"),
        (torch.zeros(6), r"logits of shape \(6, K\)"),
        ((logits(0), logits(1), logits(2)), "got tuple"),
        ((logits(0), logits(1, 3)), "got 3"),
    ],
)
def test_other_outputs_are_refused(output: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        losses(output, DATA.labels, DATA, Recipe(1, 6, 0.1, auxiliary=0.4))
