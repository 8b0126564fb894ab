"""What all ways to learn over tasks have in common: learn2learn's verbs on pure functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap
from tqdm import tqdm

from zcnas.errors import InputError, UnknownNameError
from zcnas.predictors.losses import LOSSES, Loss
from zcnas.predictors.meta.checkpoint import Checkpoint
from zcnas.predictors.meta.episodes import Episode, Examples
from zcnas.predictors.networks.training import seeded
from zcnas.seeding import derive_seed

Parameters = dict[str, Tensor]

FEATURES, HEAD = "features.", "head."


class MetaLearner(ABC):
    """Parameters that are learned over tasks, and how they become those of one task.

    A prediction is a linear function, the head, of what a module gives. The verbs are those of learn2learn:

    =============================================  =============================================================
    learn2learn                                    here
    =============================================  =============================================================
    ``maml = l2l.algorithms.MAML(model, lr)``      ``maml = MAML(features, width, learning_rate=lr)``
    ``learner = maml.clone()``                     ``learner = maml.clone()``
    ``learner.adapt(loss(learner(x), y))``         ``learner.adapt(Examples(x, y, weights))``, all steps at once
    ``loss(learner(x), y).backward()``             the same, or :meth:`meta_gradient` of many tasks at a time
    the loop over tasks, and ``optimiser.step()``  :meth:`meta_fit`
    =============================================  =============================================================

    Args:
        features: Maps inputs ``(N, ...)`` to ``(N, width)``; its parameters are copied, and it stays as it is. It is
            called without dropout, and has no buffers that change.
        width: How many features.
        loss: Of :data:`~zcnas.predictors.losses.LOSSES`, for adaptation and for what is judged.
        seed: Of the head.

    Attributes:
        meta: The parameters that are learned over tasks, by name: those of the module behind ``features.``, and
            ``head.weight`` ``(width,)`` and ``head.bias`` ``()``.
    """

    def __init__(self, features: nn.Module, width: int, *, loss: str = "mse", seed: int = 0) -> None:
        if loss not in LOSSES:
            raise UnknownNameError("loss", loss, LOSSES)
        self._features = features
        self.loss: Loss = LOSSES[loss]
        with seeded(derive_seed("head", seed)):
            head = {f"{HEAD}weight": torch.randn(width) / width, f"{HEAD}bias": torch.zeros(())}
        own = {f"{FEATURES}{name}": value.detach().clone() for name, value in features.named_parameters()}
        like = next(iter(own.values()), head[f"{HEAD}bias"])
        self.meta = _learnable({**own, **{name: value.to(like) for name, value in head.items()}})

    def clone(self) -> Learner:
        """A learner that begins with what is known over tasks; gradients flow back to :attr:`meta`."""
        return Learner(self, dict(self.meta))

    def parameters(self) -> Iterable[Tensor]:
        """The tensors of :attr:`meta`, for an optimiser of one's own."""
        return self.meta.values()

    @abstractmethod
    def adapted(self, parameters: Parameters, support: Examples) -> Parameters:
        """Parameters of a task from those over tasks and its examples: a pure function that can be differentiated."""

    def embed(self, parameters: Mapping[str, Tensor], inputs: Any) -> Tensor:
        """Features ``(N, width)``."""
        own = {name.removeprefix(FEATURES): one for name, one in parameters.items() if name.startswith(FEATURES)}
        out: Tensor = functional_call(self._features.eval(), own, (inputs,))
        return out

    def outputs(self, parameters: Mapping[str, Tensor], inputs: Any) -> Tensor:
        """Predictions ``(N,)``."""
        return self.embed(parameters, inputs) @ parameters[f"{HEAD}weight"] + parameters[f"{HEAD}bias"]

    def judged(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """The loss on examples, without adaptation."""
        return self.loss(self.outputs(parameters, examples.inputs), examples.targets, examples.weights)

    def episode_loss(self, parameters: Parameters, episode: Episode) -> Tensor:
        """The loss on the query of what was adapted to the support."""
        return self.judged(self.adapted(parameters, episode.support), episode.query)

    def meta_gradient(self, episodes: Episode) -> tuple[Parameters, Tensor]:
        """The direction in which :attr:`meta` is to fall, and the mean loss, of stacked episodes at once."""

        def mean(parameters: Parameters) -> Tensor:
            losses: Tensor = vmap(partial(self.episode_loss, parameters))(episodes)
            return losses.mean()

        found: tuple[Parameters, Tensor] = grad_and_value(mean)(_constant(self.meta))
        return found

    def meta_fit(
        self,
        draw: Callable[[int], Iterable[Episode]],
        *,
        steps: int,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        clip: float = 1.0,
        checkpoint: Checkpoint | None = None,
        progress: bool = False,
    ) -> Self:
        """Learns over tasks, by AdamW with a learning rate that falls along a cosine.

        Args:
            draw: Stacked episodes of a step, in groups of equal shapes; see
                :class:`~zcnas.predictors.meta.sampling.Sampler`.
            steps: How many.
            learning_rate: At the beginning.
            weight_decay: Of the module's parameters.
            clip: The largest norm of a gradient.
            checkpoint: Where it is kept how far this came, so that an interrupted call goes on.
            progress: Whether to show a bar.

        Raises:
            InputError: The checkpoint is of another training; or slopes are not finite, as those of a target that is
                not: what was learned until then is kept.
            DataError: It is garbled.
        """
        groups: list[dict[str, Any]] = [
            {"params": [one for name, one in self.meta.items() if name.startswith(FEATURES)]},
            {"params": [one for name, one in self.meta.items() if not name.startswith(FEATURES)], "weight_decay": 0.0},
        ]
        optimiser = torch.optim.AdamW(groups, lr=learning_rate, weight_decay=weight_decay)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        begun = checkpoint.restored(self.meta, optimiser, falling) if checkpoint else 0
        for step in tqdm(range(begun, steps), initial=begun, total=steps, disable=None if progress else True):
            self._descend(list(draw(step)))
            norm = nn.utils.clip_grad_norm_(self.parameters(), clip)
            if not norm.isfinite():
                raise InputError(
                    f"step {step}: expected finite slopes, got {norm}; look for targets that are not finite, or lower "
                    "the learning rate"
                )
            optimiser.step()
            falling.step()
            if checkpoint:
                checkpoint.passed(step + 1, self.meta, optimiser, falling)
        return self

    def _descend(self, groups: list[Episode]) -> None:
        """Writes the mean of all groups' gradients where an optimiser looks for it."""
        total = sum(len(group.query.targets) for group in groups)
        found = [(len(group.query.targets) / total, self.meta_gradient(group)[0]) for group in groups]
        for name, value in self.meta.items():
            value.grad = torch.stack([share * slopes[name] for share, slopes in found]).sum(dim=0)


class Learner:
    """One task's parameters.

    Args:
        learner: Whose way to adapt it follows.
        parameters: To begin with.
    """

    def __init__(self, learner: MetaLearner, parameters: Parameters) -> None:
        self._learner, self.parameters = learner, parameters

    def clone(self) -> Learner:
        """Another that knows the same."""
        return Learner(self._learner, dict(self.parameters))

    def adapt(self, support: Examples) -> Self:
        """Learns from examples; as in learn2learn, it changes itself."""
        self.parameters = self._learner.adapted(self.parameters, support)
        return self

    def __call__(self, inputs: Any) -> Tensor:
        """Predictions ``(N,)``."""
        return self._learner.outputs(self.parameters, inputs)


def _learnable(parameters: Parameters) -> Parameters:
    return {name: value.detach().requires_grad_() for name, value in parameters.items()}


def _constant(parameters: Parameters) -> Parameters:
    return {name: value.detach() for name, value in parameters.items()}
