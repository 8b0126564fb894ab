"""The loss of a network in train mode, which may return one or two tensors of logits."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from zcnas.data import ImageSet
from zcnas.training.evaluation import checked
from zcnas.training.recipes import Recipe


def losses(output: Any, targets: Tensor, data: ImageSet, recipe: Recipe) -> tuple[Tensor, Tensor, Tensor]:
    """The first logits ``(N, K)``, their cross-entropy, and what is minimised: with the auxiliary one's share.

    Auxiliary logits are those of a network that returns a pair (Szegedy et al. 2015, arXiv:1409.4842). Labels are
    smoothed (Szegedy et al. 2016, arXiv:1512.00567) for both.

    Raises:
        InputError: Outputs of another form.
    """
    pair = isinstance(output, tuple) and len(output) == 2
    logits = checked(output[0] if pair else output, data, len(targets))
    loss = F.cross_entropy(logits, targets, label_smoothing=recipe.label_smoothing)
    if not pair or not recipe.auxiliary:
        return logits, loss, loss
    auxiliary = checked(output[1], data, len(targets))
    second = F.cross_entropy(auxiliary, targets, label_smoothing=recipe.label_smoothing)
    return logits, loss, loss + recipe.auxiliary * second
