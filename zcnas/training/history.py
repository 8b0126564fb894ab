"""What a training has come to, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training images gave; losses are means over images, accuracies are in %.

    Attributes:
        epoch: From 1.
        learning_rate: Of its first step.
        loss: On the training images as they were changed, while the weights moved; of the first logits alone, where
            there are auxiliary ones.
        accuracy: On the same.
        validation_loss: Afterwards; without label smoothing.
        validation_accuracy: On the same.
        seconds: What its training steps took.
    """

    epoch: int
    learning_rate: float
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Training:
    """A training that has ended.

    Attributes:
        history: All epochs, those before an interruption too.
        settings: Recipe, seed, network and data, as JSON has them.
        versions: What computed it.
        resumed: How many epochs were finished before this call.
    """

    history: tuple[Epoch, ...]
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    resumed: int

    @property
    def last(self) -> Epoch:
        """The last epoch, whose weights the network has."""
        return self.history[-1]

    @property
    def best(self) -> Epoch:
        """The epoch that :func:`best` picks."""
        return best(self.history)


def best(history: tuple[Epoch, ...] | list[Epoch]) -> Epoch:
    """The first epoch with the highest accuracy, in validation where there was any."""
    return max(history, key=merit)


def merit(epoch: Epoch) -> float:
    """What epochs are compared by."""
    return epoch.accuracy if epoch.validation_accuracy is None else epoch.validation_accuracy
