"""What changes over a training: the learning rate, and how much of the network is dropped."""

from __future__ import annotations

import math

from zcnas.training.recipes import Recipe


def learning_rate(recipe: Recipe, epoch: int, step: int = 0, steps: int = 1) -> float:
    """The rate of one step.

    With a warmup of w units (epochs, or their steps) unit i has ``(i + 1) / w`` of the highest rate; what follows is
    ``torch.optim.lr_scheduler.CosineAnnealingLR`` over the other units.

    Args:
        recipe: Says the numbers.
        epoch: From 0.
        step: Of the epoch, from 0.
        steps: Number of steps in an epoch.
    """
    per_epoch = steps if recipe.by_step else 1
    unit = epoch * per_epoch + (step if recipe.by_step else 0)
    warmup, units = recipe.warmup * per_epoch, recipe.epochs * per_epoch
    if unit < warmup:
        return recipe.learning_rate * (unit + 1) / warmup
    share = (1 + math.cos(math.pi * (unit - warmup) / (units - warmup))) / 2
    return recipe.final_rate + (recipe.learning_rate - recipe.final_rate) * share


def drop_path(recipe: Recipe, epoch: int) -> float:
    """The probability in one epoch, from 0."""
    return recipe.drop_path * epoch / recipe.epochs
