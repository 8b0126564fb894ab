"""DARTS's step up the strengths of operations (Liu et al. 2019, arXiv:1806.09055)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from zcnas.data import ImageSet
from zcnas.passes.manners import forked_rng
from zcnas.seeding import derive_seed, generator
from zcnas.supernet import Supernet
from zcnas.training.augmentation import Draws, augmented, draws
from zcnas.training.evaluation import checked, dtype_of
from zcnas.training.lesson import Lesson
from zcnas.training.loss import losses
from zcnas.training.relaxation import Relaxation

Images = tuple[Tensor, Tensor]
Weights = Mapping[str, Tensor]


@dataclass(slots=True)
class Architect:
    r"""Before each step of the weights w, one step of the strengths α down the loss of other images.

    First order: ``∇α Lval(w, α)``. Second order: ``∇α Lval(w', α) - ξ ∇²αw Ltrain(w, α) v`` with the weights w' after
    one step of their own, ``v = ∇w' Lval(w', α)`` and the rate ξ; the second term is the difference of
    ``∇α Ltrain`` at ``w ± ε v``, with ``ε = radius / |v|``, over 2ε. As in the authors' code, w' is with momentum and
    weight decay and without the gradient's clipping.

    Deviations: running statistics of norms are those of the weights' own steps; what is random in the network is drawn
    alike for all losses of a step.

    Attributes:
        supernet: Whose mixtures.
        relaxation: The strengths.
        optimiser: Of the strengths.
        data: Images of Lval.
        order: 1 or 2.
        seed: Of the order of images and their augmentation.
        radius: See above.
    """

    supernet: Supernet
    relaxation: Relaxation
    optimiser: torch.optim.Optimizer
    data: ImageSet
    order: int
    seed: int
    radius: float = 0.01
    _epoch: tuple[int, Tensor, Draws] | None = field(default=None, init=False)

    def __call__(self, lesson: Lesson, epoch: int, step: int, train: Images) -> None:
        """Changes the strengths, and sets the mixtures' weights to what they then give."""
        seed = derive_seed("training-architect", self.seed, epoch, step)
        with forked_rng(seed, lesson.device):
            found = self.gradients(lesson, train, self._batch(lesson, epoch, step), seed)
        for strength, gradient in zip(self.relaxation.parameters(), found, strict=True):
            strength.grad = gradient
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.supernet.mix([weight.detach() for weight in self.relaxation()])

    def gradients(self, lesson: Lesson, train: Images, other: Images, seed: int = 0) -> list[Tensor]:
        """By edge, the gradient (O,) of the strengths for these images."""
        strengths = list(self.relaxation.parameters())
        weights = {name: weight for name, weight in lesson.network.named_parameters() if weight.requires_grad}
        if self.order == 1:
            return _grad(self._val_loss(lesson, weights, other, seed), strengths)
        slopes = _grad(self._train_loss(lesson, weights, train, seed), list(weights.values()))
        moved = {name: _stepped(lesson, weights[name], slope) for name, slope in zip(weights, slopes, strict=True)}
        both = _grad(self._val_loss(lesson, moved, other, seed), [*strengths, *moved.values()])
        direct, vector = both[: len(strengths)], both[len(strengths) :]
        rate = lesson.optimiser.param_groups[0]["lr"]
        implicit = self._curvature(lesson, weights, vector, train, seed)
        return [one - rate * two for one, two in zip(direct, implicit, strict=True)]

    def _curvature(
        self, lesson: Lesson, weights: Weights, vector: Sequence[Tensor], train: Images, seed: int
    ) -> list[Tensor]:
        """By edge, ∇²αw Ltrain(w, α) v."""
        strengths = list(self.relaxation.parameters())
        length = float(torch.cat([part.flatten() for part in vector]).norm())
        if length == 0:
            return [torch.zeros_like(strength) for strength in strengths]
        epsilon, sides = self.radius / length, []
        for sign in (1, -1):
            there = {
                name: (weights[name] + sign * epsilon * part).detach()
                for name, part in zip(weights, vector, strict=True)
            }
            sides.append(_grad(self._train_loss(lesson, there, train, seed), strengths))
        return [(up - down) / (2 * epsilon) for up, down in zip(*sides, strict=True)]

    def _train_loss(self, lesson: Lesson, weights: Weights, batch: Images, seed: int) -> Tensor:
        return losses(self._output(lesson, weights, batch, seed), batch[1], lesson.data, lesson.recipe)[2]

    def _val_loss(self, lesson: Lesson, weights: Weights, batch: Images, seed: int) -> Tensor:
        output = self._output(lesson, weights, batch, seed)
        logits = output[0] if isinstance(output, tuple) else output
        return F.cross_entropy(checked(logits, self.data, len(batch[1])), batch[1])

    def _output(self, lesson: Lesson, weights: Weights, batch: Images, seed: int) -> object:
        """The network's output with these weights, differentiable by the strengths too."""
        self.supernet.mix(self.relaxation())
        statistics = {name: buffer.clone() for name, buffer in lesson.network.named_buffers()}
        with forked_rng(seed, lesson.device):
            output: object = functional_call(lesson.network, {**weights, **statistics}, (batch[0],))
        return output

    def _batch(self, lesson: Lesson, epoch: int, step: int) -> Images:
        """One batch after the other, from the first again when there are fewer than steps."""
        if self._epoch is None or self._epoch[0] != epoch:
            seed = derive_seed("training-architect", self.seed)
            order = torch.as_tensor(generator("training-order", seed, epoch).permutation(len(self.data)))
            self._epoch = epoch, order, draws(len(self.data), seed, epoch)
        _, order, drawn = self._epoch
        size = lesson.recipe.batch_size
        places = order[torch.arange(step * size, (step + 1) * size) % len(order)][: len(order)]
        images = augmented(self.data, places, drawn, lesson.recipe, lesson.device)
        return images.to(dtype_of(lesson.network)), self.data.labels[places].to(lesson.device)


def _stepped(lesson: Lesson, weight: Tensor, slope: Tensor) -> Tensor:
    """The weight after a step of the lesson's optimiser, as the start of other gradients."""
    group, state = lesson.optimiser.param_groups[0], lesson.optimiser.state.get(weight, {})
    momentum = state.get("momentum_buffer")
    change = slope + group["weight_decay"] * weight
    if momentum is not None:
        change = change + group["momentum"] * momentum
    there: Tensor = (weight - group["lr"] * change).detach().requires_grad_()
    return there


def _grad(loss: Tensor, of: Sequence[Tensor]) -> list[Tensor]:
    return list(torch.autograd.grad(loss, of, materialize_grads=True, allow_unused=True))
