"""Labelled images in memory, from which batches are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from zcnas.batch import Batch
from zcnas.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """n images of one size.

    Attributes:
        name: Goes into the name of every batch.
        images: (n, C, H, W); ``uint8`` with 0 to 255 for black to white, or floating point with 0 to 1.
        labels: (n,) whole numbers from 0 to K - 1.
        classes: Names of the K classes.
        mean: What is subtracted from each of the C channels, once black to white is 0 to 1.
        std: What each channel is then divided by.

    Raises:
        InputError: Shapes, labels or channel statistics that do not fit each other.
    """

    name: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        images, labels, classes = self.images, self.labels, len(self.classes)
        if images.ndim != 4 or labels.shape != images.shape[:1]:
            raise InputError(
                f"{self.name}: expected images (n, C, H, W) and labels (n,), "
                f"got {tuple(images.shape)} and {tuple(labels.shape)}"
            )
        if images.dtype != torch.uint8 and not images.is_floating_point():
            raise InputError(f"{self.name}: expected images of uint8 or floats, got {images.dtype}")
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
            found = f"{int(labels.min())} to {int(labels.max())}"
            raise InputError(f"{self.name}: expected labels from 0 to {classes - 1}, got {found}")
        if {len(self.mean), len(self.std)} != {images.shape[1]} or min(self.std) <= 0:
            raise InputError(
                f"{self.name}: expected {images.shape[1]} means and positive deviations, one per channel, "
                f"got mean={self.mean} and std={self.std}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: Sequence[int] | Tensor, name: str | None = None) -> Batch:
        """The images at ``indices``, normalised: ``(pixels - mean) / std`` in ``float32``."""
        places = torch.as_tensor(indices)
        return Batch(self.normalised(self.images[places]), self.labels[places], name or self.name)

    def normalised(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) of this set, or changed ones, as :meth:`batch` gives them; on their device."""
        pixels = images.to(torch.float32)
        if images.dtype == torch.uint8:
            pixels = pixels / 255
        mean, std = (torch.tensor(values, dtype=pixels.dtype, device=images.device) for values in (self.mean, self.std))
        return (pixels - mean.view(-1, 1, 1)) / std.view(-1, 1, 1)

    def part(self, indices: Sequence[int] | Tensor, name: str) -> ImageSet:
        """The images at ``indices`` as a set of that name."""
        places = torch.as_tensor(indices, dtype=torch.int64)
        return replace(self, name=name, images=self.images[places], labels=self.labels[places])
