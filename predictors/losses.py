"""Losses of predicted values of several architectures, some of which may not count."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch.nn.functional as F
from torch import Tensor

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From predictions, targets and weights ``(N,)`` each, a number; weights are 1, or 0 for what is only padding."""

_TINY = 1e-12
_HIDDEN = -1e9


def mse(predicted: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Mean squared error; 0 where nothing counts."""
    return (weights * (predicted - targets) ** 2).sum() / weights.sum().clamp_min(_TINY)


def pairwise_hinge(predicted: Tensor, targets: Tensor, weights: Tensor, *, margin: float = 0.1) -> Tensor:
    r"""Mean of :math:`\max(0, m - (p_i - p_j))` over pairs of which i is better.

    Reference: Ning et al. 2020, GATES, arXiv:2004.01899; FLAN's loss, arXiv:2403.02484.
    """
    pairs = (targets[:, None] > targets[None, :]) * weights[:, None] * weights[None, :]
    lost = F.relu(margin - (predicted[:, None] - predicted[None, :]))
    return (pairs * lost).sum() / pairs.sum().clamp_min(_TINY)


def list_net(predicted: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy between the distributions of who is best that targets and predictions make by softmax.

    Reference: Cao et al. 2007, Learning to Rank: From Pairwise Approach to Listwise Approach.
    """
    hidden = (1 - weights) * _HIDDEN
    wanted = (targets + hidden).softmax(dim=0) * weights
    return -(wanted * (predicted + hidden).log_softmax(dim=0)).sum()


LOSSES: Mapping[str, Loss] = {"mse": mse, "pairwise_hinge": pairwise_hinge, "list_net": list_net}
"""By name."""
