"""Gaussian noise in the place of images."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from zcnas.batch import Batch
from zcnas.errors import InputError
from zcnas.seeding import derive_seed


@dataclass(frozen=True, slots=True)
class Noise:
    """Inputs from N(0, 1), independent of each other, and uniform labels where classes are given.

    Attributes:
        channels: Channels C of an input.
        size: Height and width of an input.
        num_classes: Classes K of the labels; without, batches have no labels.

    Raises:
        InputError: A number below 1.
    """

    channels: int = 3
    size: int = 32
    num_classes: int | None = None

    name = "noise"

    def __post_init__(self) -> None:
        if min(self.channels, self.size, 1 if self.num_classes is None else self.num_classes) < 1:
            raise InputError(f"noise: expected channels, size and num_classes of at least 1, got {self}")

    def batch(self, size: int, index: int, seed: int) -> Batch:
        """Batch number ``index``, which does not depend on the others."""
        rng = torch.Generator().manual_seed(derive_seed("noise", seed, index))
        inputs = torch.randn(size, self.channels, self.size, self.size, generator=rng)
        name = f"{self.name}[{index}] seed {seed}"
        if self.num_classes is None:
            return Batch(inputs, None, name)
        return Batch(inputs, torch.randint(self.num_classes, (size,), generator=rng), name)
