"""Adaptation by solving for the head: ridge regression that gradients pass through."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from zcnas.predictors.meta.episodes import Examples
from zcnas.predictors.meta.learner import HEAD, MetaLearner, Parameters


class ClosedForm(MetaLearner):
    r"""Ridge regression of the targets on the features of the support, its penalty learned over tasks.

    A prediction is :math:`e^s \phi(x)^\top w + b`, where w minimises
    :math:`\sum_i (\phi(x_i)^\top w - y_i)^2 + e^\lambda \lVert w \rVert^2`; s, b and :math:`\lambda` are learned. With
    ``residual``, w is what is to be added to the head that was learned over tasks, so that without examples there is
    a prediction, too.

    Without :meth:`meta_fit`, or with features that another learner trained, it is a closed-form head on a frozen
    encoder.

    Reference: Bertinetto et al. 2019, Meta-learning with differentiable closed-form solvers (R2-D2), arXiv:1805.08136.

    Args:
        features: See :class:`~zcnas.predictors.meta.learner.MetaLearner`.
        width: How many features.
        residual: See above.
        penalty: Of the ridge, to begin with.
        loss: As for :class:`~zcnas.predictors.meta.learner.MetaLearner`, for what is judged.
        seed: Of the head.
    """

    def __init__(
        self, features: nn.Module, width: int, *, residual: bool = False, penalty: float = 1.0, **options: Any
    ) -> None:
        super().__init__(features, width, **options)
        self.residual = residual
        bias = self.meta[f"{HEAD}bias"].detach()
        logarithm = torch.full_like(bias, penalty).log()
        learned = {f"{HEAD}log_penalty": logarithm, f"{HEAD}log_scale": torch.zeros_like(bias)}
        self.meta |= {name: value.requires_grad_() for name, value in learned.items()}

    def adapted(self, parameters: Parameters, support: Examples) -> Parameters:
        features = self.embed(parameters, support.inputs)
        known, bias = parameters[f"{HEAD}weight"], parameters[f"{HEAD}bias"]
        aims = support.targets - (features @ known + bias) if self.residual else support.targets
        weight = solved(features, aims, support.weights, parameters[f"{HEAD}log_penalty"].exp())
        weight = weight * parameters[f"{HEAD}log_scale"].exp()
        return {**parameters, f"{HEAD}weight": known + weight if self.residual else weight}


def solved(features: Tensor, targets: Tensor, weights: Tensor, penalty: float | Tensor) -> Tensor:
    r"""``(D,)``: ridge weights :math:`X^\top (X X^\top + \alpha I)^{-1} y`, which is cheap where examples are few.

    Args:
        features: X, ``(N, D)``.
        targets: ``(N,)``.
        weights: ``(N,)``; an example with 0 has no influence.
        penalty: The square's, positive.
    """
    rows = features * weights.sqrt()[:, None]
    gram = rows @ rows.mT + penalty * torch.eye(len(rows), dtype=rows.dtype)
    factor = torch.linalg.cholesky(gram)
    return rows.mT @ torch.cholesky_solve((targets * weights.sqrt())[:, None], factor)[:, 0]
