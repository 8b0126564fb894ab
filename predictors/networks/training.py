"""How networks of predictors are trained: AdamW, a cosine, batches of about equal size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor], Tensor]
"""The loss of the examples at these places."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast.

    Attributes:
        epochs: Rounds over all examples.
        least: Steps that are taken at least, in further rounds, where examples are few.
        batch: Examples a step, about.
        learning_rate: Of AdamW at the beginning; it falls to 0 along a cosine.
        weight_decay: Of AdamW.
    """

    epochs: int
    least: int
    batch: int
    learning_rate: float
    weight_decay: float


def train(module: nn.Module, loss: Loss, examples: int, schedule: Schedule) -> None:
    """Trains in train mode and leaves in eval mode, with draws of the global random state."""
    parts = math.ceil(examples / schedule.batch)
    steps = max(schedule.epochs * parts, schedule.least)
    optimiser = torch.optim.AdamW(
        module.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True
    )
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    module.train()
    for _, places in zip(range(steps), _batches(examples, parts), strict=False):
        optimiser.zero_grad()
        loss(places).backward()
        optimiser.step()
        falling.step()
    module.eval()


def _batches(examples: int, parts: int) -> Iterator[Tensor]:
    while True:
        yield from torch.tensor_split(torch.randperm(examples), parts)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draws inside depend on the seed; the global random state is as before afterwards."""
    with torch.random.fork_rng(devices=[]):
        # The CPU's generator alone: torch.manual_seed would reseed accelerators as well.
        torch.default_generator.manual_seed(seed)
        yield
