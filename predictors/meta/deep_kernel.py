"""Adaptation by a Gaussian process on features that are learned over tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.predictors.meta.episodes import Episode, Examples, united
from zcnas.predictors.meta.learner import HEAD, MetaLearner, Parameters
from zcnas.predictors.networks.training import seeded
from zcnas.seeding import derive_seed

KERNEL = "kernel."
_SUPPORT = "support."

_CONSTANT = 1.0
"""Variance of what all values of a task have in common: a support may be better than its space."""
_JITTER = 1e-4
_SHARPNESS = 2.0
"""How fast the loss of a pair falls with the difference of its predictions, in deviations of the targets."""
_ZERO_SHOT = 0.3
"""Weight of the loss of predictions without examples."""


class DeepKernel(MetaLearner):
    r"""A Gaussian process whose mean and kernel are learned over tasks.

    The mean is the head, linear in features :math:`\phi`; that is the prediction without examples. The kernel is
    :math:`1 + l \phi^\top \phi' / D + r \exp(-\lVert P (\phi - \phi') \rVert^2 / 2E)`, with noise beside it. What is
    learned over tasks minimises, on queries, the negative log-likelihood of the targets after adaptation, a logistic
    loss of pairs, and the squared error of the mean alone.

    Reference: Patacchiola et al. 2020, Deep Kernel Transfer, arXiv:1910.05199; with the linear kernel alone Harrison
    et al. 2018, ALPaCA, arXiv:1807.08912.

    Deviations: The likelihood is that of a query given its support, not of both together, and is learned together
    with orders and with a mean.

    Args:
        features: See :class:`~zcnas.predictors.meta.learner.MetaLearner`.
        width: How many features D.
        projected: Rows E of P.
        seed: Of the head and of P.
    """

    def __init__(self, features: nn.Module, width: int, *, projected: int = 16, seed: int = 0) -> None:
        super().__init__(features, width, seed=seed)
        like = self.meta[f"{HEAD}bias"].detach()
        with seeded(derive_seed("kernel", seed)):
            projection = torch.randn(projected, width) / width**0.5
        learned = {"projection": projection, "log_linear": torch.tensor(0.0)}
        learned |= {"log_radial": torch.tensor(-1.0), "log_noise": torch.tensor(-1.0)}
        self.meta |= {f"{KERNEL}{name}": value.to(like).requires_grad_() for name, value in learned.items()}

    def adapted(self, parameters: Parameters, support: Examples) -> Parameters:
        return self._told(parameters, self.embed(parameters, support.inputs), support)

    def outputs(self, parameters: Mapping[str, Tensor], inputs: Any) -> Tensor:
        return self.posterior(parameters, self.embed(parameters, inputs))[0]

    def posterior(self, parameters: Mapping[str, Tensor], features: Tensor) -> tuple[Tensor, Tensor]:
        """Means and variances of targets, noise included, ``(N,)`` each."""
        mean, variance = _mean(parameters, features), _variance(parameters, features)
        if f"{_SUPPORT}features" not in parameters:
            return mean, variance
        known, weights = parameters[f"{_SUPPORT}features"], parameters[f"{_SUPPORT}weights"]
        covariance = _covariance(parameters, known, known) * weights[:, None] * weights[None, :]
        noise = parameters[f"{KERNEL}log_noise"].exp() + _JITTER
        factor = torch.linalg.cholesky(covariance + noise * torch.eye(len(known), dtype=known.dtype))
        across = _covariance(parameters, known, features) * weights[:, None]
        residuals = (parameters[f"{_SUPPORT}targets"] - _mean(parameters, known)) * weights
        both = torch.cat([across, residuals[:, None]], dim=1)
        solved = torch.linalg.solve_triangular(factor, both, upper=False)
        across, residuals = solved[:, :-1], solved[:, -1]
        return mean + residuals @ across, (variance - (across**2).sum(dim=0)).clamp_min(_JITTER)

    def episode_loss(self, parameters: Parameters, episode: Episode) -> Tensor:
        support, query = episode
        # Both at once, since one call on more is faster than two.
        count = len(support.targets)
        features = self.embed(parameters, united(episode).inputs)
        told = self._told(parameters, features[:count], support)
        mean, variance = self.posterior(told, features[count:])
        likely = ((query.targets - mean) ** 2 / variance + variance.log()).mean() / 2
        alone = F.mse_loss(_mean(parameters, features[count:]), query.targets)
        return likely + _ordered(mean, query.targets) + _ZERO_SHOT * alone

    @staticmethod
    def _told(parameters: Parameters, features: Tensor, support: Examples) -> Parameters:
        told = {"features": features, "targets": support.targets, "weights": support.weights}
        return {**parameters, **{f"{_SUPPORT}{name}": value for name, value in told.items()}}


def kernels(parameters: Mapping[str, Tensor], first: Tensor, second: Tensor) -> Tensor:
    """``(N, M)``: the part of the kernel that depends on features."""
    linear = first @ second.mT / first.shape[-1]
    one, other = first @ parameters[f"{KERNEL}projection"].mT, second @ parameters[f"{KERNEL}projection"].mT
    apart = (one**2).sum(dim=-1)[:, None] + (other**2).sum(dim=-1)[None, :] - 2 * one @ other.mT
    radial = torch.exp(-apart.clamp_min(0) / (2 * one.shape[-1]))
    return parameters[f"{KERNEL}log_linear"].exp() * linear + parameters[f"{KERNEL}log_radial"].exp() * radial


def own(parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
    """``(N,)``: the diagonal of :func:`kernels`."""
    linear = (features**2).mean(dim=-1)
    return parameters[f"{KERNEL}log_linear"].exp() * linear + parameters[f"{KERNEL}log_radial"].exp()


def _covariance(parameters: Mapping[str, Tensor], first: Tensor, second: Tensor) -> Tensor:
    return kernels(parameters, first, second) + _CONSTANT


def _variance(parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
    return own(parameters, features) + _CONSTANT + parameters[f"{KERNEL}log_noise"].exp() + _JITTER


def _mean(parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
    return features @ parameters[f"{HEAD}weight"] + parameters[f"{HEAD}bias"]


def _ordered(predicted: Tensor, targets: Tensor) -> Tensor:
    """A logistic loss of all pairs, of which those with nearly equal targets count less."""
    apart = targets[:, None] - targets[None, :]
    lost = F.softplus(-_SHARPNESS * apart.sign() * (predicted[:, None] - predicted[None, :]))
    return (apart.abs().clamp_max(1) * lost).mean()
