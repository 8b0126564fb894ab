"""What was learned over tasks, for predictors that are to learn from few examples of a new one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor

from zcnas.errors import DataError
from zcnas.predictors.encoding.graphs import WIDTH, GraphEncoder
from zcnas.predictors.encoding.vocabulary import TYPES
from zcnas.predictors.learned import Learned, read, write
from zcnas.predictors.meta.deep_kernel import DeepKernel
from zcnas.predictors.meta.sampling import Sampler
from zcnas.predictors.meta.tasks import Task
from zcnas.predictors.networks.flan import FlowNetwork
from zcnas.predictors.networks.training import seeded
from zcnas.seeding import derive_seed

if TYPE_CHECKING:
    from zcnas.predictors.few_shot import FewShot
    from zcnas.space import SearchSpace

_NAME = "prior"
ENCODER = GraphEncoder(fold_skips=True)
"""How priors see graphs."""


@dataclass(frozen=True)
class Sizes:
    """Of a prior's network.

    Attributes:
        hidden: Width of its layers.
        layers: How many.
        width: Features.
    """

    hidden: int = 64
    layers: int = 3
    width: int = 64


class Prior:
    """A mean and a kernel of architectures' values over all spaces, and the tasks that they were learned from.

    Args:
        learned: Parameters of a :class:`~zcnas.predictors.meta.deep_kernel.DeepKernel`; its sizes and tasks.
    """

    def __init__(self, learned: Learned) -> None:
        self.learned = learned

    def __repr__(self) -> str:
        return f"Prior({len(self.tasks)} tasks)"

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that it was learned from, such as ``nasbench201/cifar10/accuracy``."""
        return tuple(self.learned.facts["tasks"])

    def on(self, space: SearchSpace, **arguments: Any) -> FewShot:
        """A predictor for ``space`` that knows this prior and no examples; arguments are those of the predictor."""
        from zcnas.predictors.few_shot import FewShot

        return FewShot(space, **arguments).knowing(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes one file, as :meth:`zcnas.predictors.Predictor.save` does."""
        write(path, self.learned, {"name": _NAME})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what :meth:`save` wrote. No code in the file is run.

        Raises:
            DataError: Truncated, garbled, or not of a prior.
            OSError: The file cannot be read.
        """
        learned, about = read(path)
        if about["name"] != _NAME:
            raise DataError(f"{os.fspath(path)}: expected a prior, got {about['name']}; use zcnas.predictors.load()")
        return cls(learned)

    @cached_property
    def learner(self) -> DeepKernel:
        """The learner over tasks with its parameters."""
        made = learner(Sizes(**self.learned.facts["sizes"]))
        known = {name: torch.from_numpy(np.array(array)) for name, array in self.learned.arrays.items()}
        made.meta = {name: known[name].requires_grad_() for name in made.meta}
        return made

    @cached_property
    def parameters(self) -> Mapping[str, Tensor]:
        """Those of :attr:`learner`, without gradients."""
        return {name: value.detach() for name, value in self.learner.meta.items()}


def learner(sizes: Sizes, seed: int = 0) -> DeepKernel:
    """A new learner over tasks."""
    with seeded(derive_seed(_NAME, seed)):
        network = FlowNetwork(len(TYPES), WIDTH, 0, sizes.width, hidden=sizes.hidden, layers=sizes.layers)
    return DeepKernel(network, sizes.width, seed=seed)


def meta_train(
    tasks: Sequence[Task],
    *,
    sizes: Sizes | None = None,
    steps: int = 2000,
    learning_rate: float = 2e-3,
    weight_decay: float = 0.01,
    seed: int = 0,
    **sampling: Any,
) -> Prior:
    """Learns a prior from tasks of any spaces.

    Args:
        tasks: Of spaces whose operations the vocabulary of this library knows.
        sizes: Of the network.
        steps: Of meta-training.
        learning_rate: As for :meth:`~zcnas.predictors.meta.learner.MetaLearner.meta_fit`.
        weight_decay: Likewise.
        seed: Of weights and episodes.
        sampling: Arguments of :class:`~zcnas.predictors.meta.sampling.Sampler`.

    Raises:
        InputError: As for the sampler.
        UnknownNameError: An operation that is not known.
    """
    chosen = sizes or Sizes()
    made = learner(chosen, seed)
    draw = Sampler(tasks, encoder=ENCODER, seed=seed, **sampling)
    made.meta_fit(draw, steps=steps, learning_rate=learning_rate, weight_decay=weight_decay)
    return prior_of(made, chosen, [task.name for task in tasks])


def prior_of(made: DeepKernel, sizes: Sizes, tasks: Sequence[str]) -> Prior:
    """The prior that a learner over tasks has come to."""
    arrays = {name: value.detach().numpy().copy() for name, value in made.meta.items()}
    return Prior(Learned(arrays, {"tasks": list(tasks), "sizes": vars(sizes)}))
