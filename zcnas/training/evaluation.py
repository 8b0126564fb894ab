"""How well a network does on a set of images."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.data import ImageSet
from zcnas.errors import InputError
from zcnas.passes.manners import neutral
from zcnas.passes.setting import check_logits


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Mean cross-entropy, and accuracy in %."""

    loss: float
    accuracy: float


def evaluate(network: nn.Module, data: ImageSet, *, batch_size: int = 256) -> Evaluation:
    """Loss and accuracy in eval mode, where the network is and in its own type; it is afterwards as it was.

    Args:
        network: Maps images to logits.
        data: Images with labels.
        batch_size: Images at a time; changes the values by rounding at most.

    Raises:
        InputError: No images, or labels for which there is no logit.
    """
    if not len(data):
        raise InputError(f"{data.name}: expected images to evaluate on, there are none")
    place, loss, hits = next(network.parameters()).device, 0.0, 0
    modes = [(part, part.training) for part in network.modules()]
    with neutral(place), torch.no_grad():
        network.eval()
        try:
            for places in torch.arange(len(data)).split(batch_size):
                batch = data.batch(places)
                logits = network(batch.inputs.to(place, dtype_of(network)))
                targets = data.labels[places].to(place)
                checked(logits, data, len(places))
                loss += float(F.cross_entropy(logits.double(), targets, reduction="sum"))
                hits += int((logits.argmax(1) == targets).sum())
        finally:
            for part, mode in modes:
                part.training = mode
    return Evaluation(loss / len(data), 100 * hits / len(data))


def dtype_of(network: nn.Module) -> torch.dtype:
    """That of its first parameter."""
    return next(network.parameters()).dtype


def checked(logits: object, data: ImageSet, samples: int) -> Tensor:
    """``logits`` if they are (samples, K) with a column for each class. Raises :class:`InputError`."""
    found = check_logits(logits, samples)
    if found.shape[1] < len(data.classes):
        raise InputError(
            f"{data.name}: expected a logit for each of {len(data.classes)} classes, got {found.shape[1]}; build the "
            f"network with num_classes={len(data.classes)}"
        )
    return found
