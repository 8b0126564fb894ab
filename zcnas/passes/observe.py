"""What proxies want seen during a pass: declared as values, united before the pass runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor, nn

from zcnas.errors import InputError, Undefined
from zcnas.passes.intercept import Function, Interceptor
from zcnas.passes.spec import Functional, Pass

R = TypeVar("R")


@dataclass(slots=True, eq=False)
class Run:
    """One pass while it runs: what recorders may look at and subscribe to."""

    spec: Pass
    module: nn.Module
    inputs: Tensor
    parameters: Mapping[str, Tensor]
    weights: Mapping[str, Tensor]
    interceptor: Interceptor
    hooks: ExitStack
    active: Functional | None = None
    forward_done: bool = False
    names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = {id(value): name for name, value in self.parameters.items()}

    @property
    def samples(self) -> int:
        """Number of samples in the input."""
        return len(self.inputs)

    def weight_name(self, weight: Tensor | None) -> str:
        """The parameter's name; a slice of a parameter has its owner's, a computed weight is ``"?"``."""
        if weight is None:
            return "?"
        base = weight._base if weight._base is not None else weight
        return self.names.get(id(weight)) or self.names.get(id(base)) or "?"


class Recorder(ABC, Generic[R]):
    """Collects one observation during one run. Its errors are its own: the pass goes on for others."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.error: Exception | None = None

    def leaves(self) -> Sequence[Tensor]:
        """Tensors whose gradient is wanted from the observation's functional."""
        return ()

    def receive(self, gradients: Mapping[int, Tensor | None]) -> None:
        """Gets the gradients of :meth:`leaves` by ``id``; ``None`` where the output does not depend on one."""

    @abstractmethod
    def result(self) -> R:
        """The observation, after all traversals; what it returns must not hold on to the graph."""

    def watch(
        self, when: dict[Function, list[Any]], functions: Iterable[Function], watcher: Callable[..., None]
    ) -> None:
        """Subscribes to intercepted functions; an exception in ``watcher`` fails this recorder only."""
        for function in functions:
            when.setdefault(function, []).append(self.guard(self.in_forward(watcher)))

    def in_forward(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, deaf in the backward pass, where checkpointed modules run a second time."""
        return lambda *args: None if self.run.forward_done else function(*args)

    def guard(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, with its exceptions kept for :meth:`finish`."""

        def guarded(*args: Any) -> Any:
            if self.error is None:
                try:
                    return function(*args)
                except Exception as error:  # re-raised by finish()
                    self.error = error
            return None

        return guarded

    def finish(self) -> R:
        """:meth:`result`, or the error that a watcher met."""
        error, self.error = self.error, None
        if error is None:
            return self.result()
        try:
            raise error
        finally:
            del error  # see ProxyContext.observe


@runtime_checkable
class Additive(Protocol):
    """A recorder whose observation is a sum over what it sees: the parts of blocks can be kept and added."""

    def part(self) -> Any:
        """What has been seen so far."""

    def since(self, before: Any) -> Any:
        """What has been seen since an earlier :meth:`part`."""

    def add(self, part: Any) -> None:
        """Takes a part for seen."""


@dataclass(frozen=True, slots=True)
class Observation(ABC, Generic[R]):
    """A frozen description; equal observations of equal passes are made once.

    Attributes:
        functional: Which scalar is differentiated: the loss, the sum of all logits, or none.
        needs_graph: Whether the forward pass must be recorded by autograd.
        needs_input_gradient: Whether gradients go all the way to the input.
    """

    functional: ClassVar[Functional | None] = None
    needs_graph: ClassVar[bool] = False
    needs_input_gradient: ClassVar[bool] = False

    @abstractmethod
    def recorder(self, run: Run) -> Recorder[R]:
        """A fresh recorder for one run, subscribed to what it needs."""


@dataclass(frozen=True, slots=True)
class WeightGradient:
    """A parameter as the pass saw it, and its gradient; zeros where the output does not depend on it.

    ``curvature`` is Hessian times gradient in second-order passes.
    """

    value: Tensor
    gradient: Tensor
    curvature: Tensor | None = None


class _GradientRecorder(Recorder[dict[str, WeightGradient]]):
    def __init__(self, run: Run, watched: Mapping[str, Tensor]) -> None:
        super().__init__(run)
        self._watched = watched
        self._gradients: Mapping[int, Tensor | None] = {}

    def leaves(self) -> Sequence[Tensor]:
        return tuple(value for value in self._watched.values() if value.requires_grad)

    def receive(self, gradients: Mapping[int, Tensor | None]) -> None:
        self._gradients = gradients

    def result(self) -> dict[str, WeightGradient]:
        return {name: WeightGradient(value.detach(), *self._pair(value)) for name, value in self._watched.items()}

    def _pair(self, value: Tensor) -> tuple[Tensor, Tensor | None]:
        gradient = self._gradients.get(id(value))
        gradient = torch.zeros_like(value, requires_grad=False) if gradient is None else gradient.detach()
        return gradient, self._gradients.get(-id(value)) if self.run.spec.second_order else None


@dataclass(frozen=True, slots=True)
class LossGradients(Observation[dict[str, WeightGradient]]):
    """Gradients of the loss for all weights, or for ``every`` parameter; by name."""

    functional: ClassVar[Functional | None] = "loss"
    needs_graph: ClassVar[bool] = True
    every: bool = False

    def recorder(self, run: Run) -> Recorder[dict[str, WeightGradient]]:
        if self.every and run.spec.second_order:
            raise InputError("Hessian products are known for weights only: observe LossGradients() without every")
        every = {name: value for name, value in run.parameters.items() if value.is_floating_point()}
        return _GradientRecorder(run, every if self.every else run.weights)


@dataclass(frozen=True, slots=True)
class LogitGradients(Observation[dict[str, WeightGradient]]):
    """Gradients of the sum of all logits for all weights, by name."""

    functional: ClassVar[Functional | None] = "logits"
    needs_graph: ClassVar[bool] = True

    def recorder(self, run: Run) -> Recorder[dict[str, WeightGradient]]:
        return _GradientRecorder(run, run.weights)


class _InputRecorder(Recorder[Tensor]):
    def leaves(self) -> Sequence[Tensor]:
        return (self.run.inputs,)

    def receive(self, gradients: Mapping[int, Tensor | None]) -> None:
        self._gradient = gradients[id(self.run.inputs)]

    def result(self) -> Tensor:
        if self._gradient is None:
            return torch.zeros_like(self.run.inputs).flatten(1)
        return self._gradient.detach().contiguous().flatten(1)


@dataclass(frozen=True, slots=True)
class InputJacobian(Observation[Tensor]):
    """``(N, D)``: gradient of each sample's summed logits for its own input, flattened.

    Computed as the gradient of the sum over the batch, so batch statistics are differentiated too.
    """

    functional: ClassVar[Functional | None] = "logits"
    needs_graph: ClassVar[bool] = True
    needs_input_gradient: ClassVar[bool] = True

    def recorder(self, run: Run) -> Recorder[Tensor]:
        if not run.inputs.is_floating_point():
            raise Undefined(f"needs real-valued inputs to differentiate for, got {run.inputs.dtype}")
        return _InputRecorder(run)


__all__ = [
    "Additive",
    "InputJacobian",
    "LogitGradients",
    "LossGradients",
    "Observation",
    "Recorder",
    "Run",
    "WeightGradient",
]
