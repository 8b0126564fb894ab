"""Adaptation by steps of gradient descent, and how to begin it so that few are enough."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import grad

from zcnas.predictors.meta.closed_form import solved
from zcnas.predictors.meta.episodes import Episode, Examples, united
from zcnas.predictors.meta.learner import HEAD, MetaLearner, Parameters

STEPS = "steps."
"""What is learned of the steps themselves begins with it."""


class MAML(MetaLearner):
    r"""Learns an initialisation from which a few steps :math:`\theta \leftarrow \theta - \eta \nabla L` suffice.

    Reference: Finn et al. 2017, Model-Agnostic Meta-Learning, arXiv:1703.03400.

    Args:
        features: See :class:`~zcnas.predictors.meta.learner.MetaLearner`.
        width: How many features.
        steps: Of adaptation.
        learning_rate: Of adaptation.
        first_order: Whether slopes of adaptation count as constants in the meta-gradient, which then needs no second
            derivatives.
        clip: The largest norm of a step's slopes, which are scaled down to it; by default there is none, as in the
            paper. On large graphs steps diverge without.
        loss: As for :class:`~zcnas.predictors.meta.learner.MetaLearner`.
        seed: Of the head.
    """

    def __init__(
        self,
        features: nn.Module,
        width: int,
        *,
        steps: int = 5,
        learning_rate: float = 0.1,
        first_order: bool = False,
        clip: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(features, width, **options)
        self.steps, self.learning_rate, self.first_order, self.clip = steps, learning_rate, first_order, clip

    def adapted(self, parameters: Parameters, support: Examples) -> Parameters:
        fast = self._begun(parameters, support)
        names = [name for name in fast if self._moves(name)]
        for _ in range(self.steps):
            slopes = grad(lambda moving, rest: self.judged({**rest, **moving}, support))(
                {name: fast[name] for name in names}, fast
            )
            told = {name: slope.detach() for name, slope in slopes.items()} if self.first_order else slopes
            if self.clip is not None:
                told = _clipped(told, self.clip)
            fast = {**fast, **{name: fast[name] - self._step(fast, name, told[name]) for name in names}}
        return fast

    def _begun(self, parameters: Parameters, _support: Examples, /) -> Parameters:
        """Where a task begins."""
        return parameters

    def _moves(self, name: str) -> bool:
        """Whether adaptation changes these parameters."""
        return not name.startswith(STEPS)

    def _step(self, _parameters: Parameters, _name: str, slope: Tensor, /) -> Tensor:
        """What is taken from some of the parameters, whose slope this is."""
        return self.learning_rate * slope


class ANIL(MAML):
    """MAML whose adaptation changes the head alone.

    Reference: Raghu et al. 2020, Rapid Learning or Feature Reuse?, arXiv:1909.09157.
    """

    def _moves(self, name: str) -> bool:
        return name.startswith(HEAD)


class MetaSGD(MAML):
    """MAML that learns the learning rate of every number of the parameters, too.

    Reference: Li et al. 2017, Meta-SGD, arXiv:1707.09835.
    """

    def __init__(self, features: nn.Module, width: int, **options: Any) -> None:
        super().__init__(features, width, **options)
        rates = {f"{STEPS}{name}": torch.full_like(value, self.learning_rate) for name, value in self.meta.items()}
        self.meta |= {name: rate.requires_grad_() for name, rate in rates.items()}

    def _step(self, parameters: Parameters, name: str, slope: Tensor, /) -> Tensor:
        return parameters[f"{STEPS}{name}"] * slope


class MetaCurvature(MAML):
    r"""MAML that learns, too, how slopes are to be turned and stretched before a step along them.

    Each axis of a parameter has a square matrix, at first the identity, by which its slope is multiplied along that
    axis: with a weight ``(outputs, inputs)`` it is :math:`M_o G M_i^\top`, with a convolution's
    :math:`G \times_3 M_f \times_2 M_i \times_1 M_o`, its kernel being one axis.

    Reference: Park & Oliva 2019, Meta-Curvature, arXiv:1902.03356.

    Deviations: Biases, of which the paper says nothing, have a matrix as well; learn2learn gives each of their numbers
    a factor.
    """

    def __init__(self, features: nn.Module, width: int, **options: Any) -> None:
        super().__init__(features, width, **options)
        curvature = {
            f"{STEPS}{name}.{axis}": torch.eye(size, dtype=value.dtype, device=value.device)
            for name, value in self.meta.items()
            for axis, size in enumerate(_axes(value))
        }
        self.meta |= {name: matrix.requires_grad_() for name, matrix in curvature.items()}

    def _step(self, parameters: Parameters, name: str, slope: Tensor, /) -> Tensor:
        sizes = _axes(slope)
        turned = slope.reshape(sizes)
        for axis in range(len(sizes)):
            matrix = parameters[f"{STEPS}{name}.{axis}"]
            turned = torch.tensordot(turned, matrix, dims=([axis], [1])).movedim(-1, axis)
        return self.learning_rate * turned.reshape(slope.shape)


class ProtoMAML(MAML):
    """MAML whose head begins, in every task, with what ridge regression makes of the support's features.

    Reference: Triantafillou et al. 2020, Meta-Dataset, arXiv:1903.03096, where classes' prototypes are the head.

    Deviations: A regression has no prototypes; its closed form stands in for them.
    """

    penalty: float = 1.0

    def _begun(self, parameters: Parameters, support: Examples, /) -> Parameters:
        features = self.embed(parameters, support.inputs)
        weight = solved(features, support.targets, support.weights, self.penalty)
        return {**parameters, f"{HEAD}weight": weight}


class FineTuning(MAML):
    """Joint pre-training: all tasks are learned as if they were one. A new one is adapted to by MAML's steps."""

    def episode_loss(self, parameters: Parameters, episode: Episode) -> Tensor:
        return self.judged(parameters, united(episode))


def _clipped(slopes: Parameters, most: float) -> Parameters:
    squares = torch.stack([(slope**2).sum() for slope in slopes.values()]).sum()
    # Smaller ones keep their size; of norms near 0, which have no derivative, nothing is asked.
    factor = most / squares.clamp_min(most**2).sqrt()
    return {name: factor * slope for name, slope in slopes.items()}


def _axes(value: Tensor) -> tuple[int, ...]:
    """Sizes of up to three axes: all after the second are one, and a number has one of size 1."""
    first, rest = value.shape[:2], value.shape[2:]
    return (*first, rest.numel()) if rest else (*first,) or (1,)
