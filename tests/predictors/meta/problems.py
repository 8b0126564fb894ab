"""Small tasks in float64."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zcnas.predictors.meta import Episode, Examples, stacked
from zcnas.predictors.networks.training import seeded

WIDTH = 4


def features(seed: int = 0) -> nn.Module:
    """A small network from 3 numbers to :data:`WIDTH` features."""
    with seeded(seed):
        return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, WIDTH)).double()


def examples(number: int, generator: torch.Generator, slope: Tensor) -> Examples:
    inputs = torch.randn(number, 3, generator=generator, dtype=torch.float64)
    return Examples(inputs, inputs @ slope, torch.ones(number, dtype=torch.float64))


def episodes(tasks: int = 3, seed: int = 0, support: int = 6) -> Episode:
    """Linear functions with slopes that are alike."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(tasks):
        slope = 1 + 0.3 * torch.randn(3, generator=generator, dtype=torch.float64)
        made.append(Episode(examples(support, generator, slope), examples(8, generator, slope)))
    return stacked(made)


def single(episodes: Episode, place: int) -> Episode:
    """One of stacked episodes."""
    return Episode(*(Examples(*(part[place] for part in one)) for one in episodes))
