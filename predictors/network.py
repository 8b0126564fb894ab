"""What predictors that are networks have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from zcnas.predictors import scale
from zcnas.predictors.learned import Learned
from zcnas.predictors.networks.training import Schedule, seeded, train
from zcnas.predictors.predictor import Predictor
from zcnas.seeding import derive_seed
from zcnas.space import Architecture

Floats = npt.NDArray[np.float64]

_AT_ONCE = 2048
"""Architectures that are predicted at a time: more need memory and save no time."""


class Examples(Protocol):
    """Encoded architectures, of which some can be taken."""

    def __len__(self) -> int: ...

    def select(self, places: Tensor) -> Self:
        """Those at ``places``."""

    def split(self, size: int) -> list[Self]:
        """All, ``size`` at a time."""


E = TypeVar("E", bound=Examples)


class NetworkPredictor(Predictor, Generic[E]):
    """Trains a module that maps encoded architectures to numbers ``(N, outputs)``.

    Deviations are all equal: the root mean square error on the examples, which is smaller than that on others.

    A subclass has the attributes of :class:`~zcnas.predictors.networks.training.Schedule`, and writes the methods
    below. Modules are float32 and on the CPU, where such small ones are fastest.
    """

    epochs: int
    least: int
    batch: int
    learning_rate: float
    weight_decay: float

    def adapt(self, archs: Sequence[Architecture], values: Sequence[float] | Floats) -> Self:
        """A new predictor, trained like this one but from its weights; this one stays as it is.

        Raises:
            InputError: As for :meth:`fit`, or this one was not fitted.
        """
        return self.recalling(self._trained(*self._examples(archs, values), self.learned))

    def module(self) -> nn.Module:
        """The trained module, a copy, in eval mode. Raises :class:`~zcnas.errors.InputError` where there is none."""
        return self._rebuilt(self.learned)

    @abstractmethod
    def _prepared(self, archs: Sequence[Architecture]) -> dict[str, Any]:
        """What encoding takes from examples, as plain JSON."""

    @abstractmethod
    def encode(self, archs: Sequence[Architecture], facts: Mapping[str, Any]) -> E:
        """Architectures as the module takes them, with what :meth:`_prepared` gave."""

    @abstractmethod
    def _network(self, facts: Mapping[str, Any]) -> nn.Module:
        """A new module, drawn from the global random state."""

    @abstractmethod
    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of a batch from ``(N, outputs)`` and ``(N,)``."""

    @abstractmethod
    def _targets(self, values: Floats) -> Floats:
        """What the loss is told of values."""

    @abstractmethod
    def _read(self, outputs: Floats) -> Floats:
        """A number for each architecture, higher is better, from ``(N, outputs)``."""

    def _fitted(self, archs: Sequence[Architecture], values: Floats) -> Learned:
        return self._trained(archs, values, None)

    def _trained(self, archs: Sequence[Architecture], values: Floats, start: Learned | None) -> Learned:
        facts = self._prepared(archs) if start is None else {**start.facts}
        examples = self.encode(archs, facts)
        aims = torch.from_numpy(self._targets(values)).float()
        with seeded(derive_seed("predictor", self.name, self.seed)):
            module = self._network(facts) if start is None else self._rebuilt(start)
            schedule = Schedule(self.epochs, self.least, self.batch, self.learning_rate, self.weight_decay)
            train(module, lambda places: self._loss(module(examples.select(places)), aims[places]), len(aims), schedule)
        arrays = {name: tensor.detach().numpy().copy() for name, tensor in module.state_dict().items()}
        outputs = self._outputs(module, examples)
        return Learned(arrays, {**facts, **scale.learn(values, self._read(outputs), ranks=True)})

    def _rebuilt(self, learned: Learned) -> nn.Module:
        with seeded(0):
            module = self._network(learned.facts)
        module.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in learned.arrays.items()})
        return module.eval()

    def _predicted(self, learned: Learned, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        outputs = self._outputs(self._rebuilt(learned), self.encode(archs, learned.facts))
        mean = scale.restored(self._read(outputs), learned.facts)
        return mean, np.full(len(archs), learned.facts["noise"])

    def _outputs(self, module: nn.Module, examples: E) -> Floats:
        """What the module gives, ``(N, outputs)``."""
        with torch.no_grad():
            outputs: Floats = torch.cat([module(part) for part in examples.split(_AT_ONCE)]).double().numpy()
        return outputs
