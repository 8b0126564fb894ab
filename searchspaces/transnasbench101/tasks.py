"""The seven tasks, all on images of rooms (Taskonomy), and what is recorded of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Task:
    """One task; numbers as in the authors' settings for training from scratch.

    Attributes:
        outputs: Classes, numbers, or channels of an image.
        epochs: Length of training.
        decoder: What follows the encoder.
        metric: What is recorded; higher is better for each.
        recorded_as: What the authors' file calls it, behind the split.
        unit: Of the metric; ``"1"`` for none.
        low: No metric lies below.
        high: Nor above.
    """

    outputs: int
    epochs: int
    decoder: Literal["linear", "jigsaw", "segmentation", "translation"] = "linear"
    metric: str = "accuracy"
    recorded_as: str = "top1"
    unit: str = "%"
    low: float = 0
    high: float = 100


_TRANSLATION = Task(3, 30, "translation", "ssim", "ssim", "1", -1, 1)

TASKS: Mapping[str, Task] = {
    "class_scene": Task(47, 25),
    "class_object": Task(75, 25),
    "room_layout": Task(9, 25, metric="neg_loss", recorded_as="loss", unit="1", low=-math.inf, high=0),
    "jigsaw": Task(1000, 10, "jigsaw"),
    "segmentsemantic": Task(17, 30, "segmentation", recorded_as="acc"),
    "normal": _TRANSLATION,
    "autoencoder": _TRANSLATION,
}
"""Name -> task. ``accuracy`` is top-1, of pixels for ``segmentsemantic``; ``neg_loss`` minus the mean squared error;
``ssim`` the structural similarity of images."""
