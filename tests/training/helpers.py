"""Tiny networks and images to train with."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor, nn

from zcnas.data import ImageSet, divide, load
from zcnas.searchspaces import DARTS, NASBench201
from zcnas.training import Recipe

QUICK = Recipe(
    epochs=4,
    batch_size=32,
    learning_rate=0.05,
    warmup=1,
    by_step=True,
    nesterov=True,
    weight_decay=1e-4,
    padding=1,
    flip=True,
    cutout=2,
    label_smoothing=0.1,
    clip=5.0,
)


class Tiny(nn.Module):
    """Convolution, norm and dropout: something random, and buffers."""

    def __init__(self, seed: int = 0, classes: int = 10) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.body = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.2))
            self.head = nn.Linear(4 * 16, classes)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(nn.functional.avg_pool2d(self.body(x), 2).flatten(1))
        return out


@lru_cache(maxsize=1)
def digits() -> tuple[ImageSet, ImageSet]:
    """150 images to train on and 89 others."""
    first, second = divide(load("digits"), (150.5 / 1797, 0.05))
    return first, second


def cell(C: int = 4) -> nn.Module:
    space = NASBench201()
    return space.build(space.architecture((3, 0, 1, 2, 4, 3)), seed=0, C=C, N=1, in_channels=1)


def darts(drop_path: float = 0.3) -> nn.Module:
    space = DARTS()
    arch = space.parse("[" + 2 * "[(0, 3), (1, 2), (0, 3), (1, 2), (0, 3), (1, 2), (4, 0), (2, 6)]," + "]")
    return space.build(arch, seed=0, C=4, layers=3, auxiliary=True, drop_path=drop_path)


def pictures(count: int = 8) -> ImageSet:
    rng = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 3, 32, 32), generator=rng, dtype=torch.uint8)
    return ImageSet("pictures", images, torch.arange(count) % 10, tuple("abcdefghij"), (0.5,) * 3, (0.25,) * 3)


def state(network: nn.Module) -> dict[str, bytes]:
    """Weights and buffers, to the bit."""
    return {name: value.numpy().tobytes() for name, value in network.state_dict().items()}
