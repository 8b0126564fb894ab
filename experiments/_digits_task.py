"""The digits task: few training images, distorted so that networks differ in how well they cope."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor

from zcnas.batch import Batch
from zcnas.seeding import derive_seed, generator

CLASSES = 10


@dataclass(frozen=True, slots=True)
class Task:
    """scikit-learn's 1,797 digits of 8x8 pixels, each turned, moved, half of them inverted, with noise added.

    Undistorted digits are too easy to tell networks apart. Of the images, shuffled once, the first ``train``
    are for training, the next ``val`` for validation, the rest for testing. Validation and test images are
    distorted once, training images anew in each epoch.

    The defaults, and those of the recipe, were chosen among about twenty tries: for spread accuracies, means
    over seeds that repeat, and networks that gain from size and convolutions, as they do on NAS-Bench-201.
    How well size and what follows it predict accuracy here is thus partly by design.

    Attributes:
        train: Training images.
        val: Validation images.
        rotation: Largest angle in radians; angles are uniform.
        shift: Largest shift in pixels along each axis; shifts are uniform.
        inverted: Share of images with light and dark exchanged.
        noise: Standard deviation of Gaussian noise; grey values span 0 to 1.
        seed: Fixes the split and the distortions.
    """

    train: int = 320
    val: int = 400
    rotation: float = 0.4
    shift: float = 1.0
    inverted: float = 0.5
    noise: float = 0.1
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Inputs (n, 1, 8, 8) and labels (n,)."""

    inputs: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """Training images as they are; validation and test images distorted."""

    train: Images
    val: Images
    test: Images


@lru_cache(maxsize=1)
def splits(task: Task) -> Splits:
    """The task's three sets of images."""
    digits = load_digits()
    order = generator("digits-task", "split", task.seed).permutation(len(digits.target))
    inputs = torch.as_tensor(digits.images[order] / 16.0, dtype=torch.float32).unsqueeze(1)
    labels = torch.as_tensor(digits.target[order], dtype=torch.int64)
    parts = [task.train, task.val, len(labels) - task.train - task.val]
    train, val, test = map(Images, inputs.split(parts), labels.split(parts))
    return Splits(train, distort(val, task, "val"), distort(test, task, "test"))


def distort(images: Images, task: Task, *purpose: object) -> Images:
    """Turned, moved, inverted and noisy copies; ``purpose`` names which of all possible ones."""
    rng = torch.Generator().manual_seed(derive_seed("digits-task", task.seed, *purpose))
    moved = _move(images.inputs, task, rng)
    flip = torch.rand(len(images), 1, 1, 1, generator=rng) < task.inverted
    noisy = torch.where(flip, 1 - moved, moved) + task.noise * torch.randn(moved.shape, generator=rng)
    return Images((noisy - 0.5) / 0.5, images.labels)


def _move(inputs: Tensor, task: Task, rng: torch.Generator) -> Tensor:
    draws = torch.rand(3, len(inputs), generator=rng) * 2 - 1
    angle = draws[0] * task.rotation
    # affine_grid measures in half widths of the image.
    across, down = draws[1:] * task.shift * 2 / inputs.shape[-1]
    cosine, sine = angle.cos(), angle.sin()
    rows = torch.stack([cosine, -sine, across, sine, cosine, down], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(rows, list(inputs.shape), align_corners=False)
    return F.grid_sample(inputs, grid, align_corners=False)


def batches(task: Task, size: int = 64, count: int = 2) -> list[Batch]:
    """Training images to score networks with: two batches, since ZiCo compares gradients between batches."""
    images = distort(splits(task).train, task, "scoring")
    pairs = zip(images.inputs.split(size), images.labels.split(size), strict=True)
    return [Batch(inputs, labels, "digits task, training images") for inputs, labels in pairs][:count]
