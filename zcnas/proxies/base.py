"""The contract of a zero-cost proxy, and the two families that share a shape."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from torch import Tensor

from zcnas.errors import InputError, UnknownNameError
from zcnas.passes import LossGradients, Pass, ProxyContext, Request, WeightGradient


@dataclass(frozen=True, slots=True)
class Proxy(ABC):
    """A number for an untrained network. Frozen: ``repr(proxy)`` is the proxy's provenance.

    A subclass sets ``name``, ``paper`` and ``higher_is_better``, says in :meth:`passes` what it wants
    observed, and computes :meth:`score` from it.

    Attributes:
        name: Registry name, spelled as the field spells it.
        paper: Authors, title, year, arXiv id.
        higher_is_better: Direction in which the paper expects better networks.
        needs_labels: Whether the value depends on the batch's labels.
        static: Whether the value is read off the parameters, without a pass.
    """

    name: ClassVar[str]
    paper: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    needs_labels: ClassVar[bool] = False
    static: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuses settings that cannot be meant: an unknown word, or a count below one."""
        try:
            hints = _hints(type(self))
        except NameError:  # a class made in a function or a notebook, whose names cannot be looked up
            return
        for setting in fields(self):
            value, hint = getattr(self, setting.name), hints[setting.name]
            if get_origin(hint) is Literal and value not in get_args(hint):
                raise UnknownNameError(f"{setting.name} of {self.name}", value, get_args(hint))
            if hint is int and value < 1:
                raise InputError(f"{setting.name} of {self.name}: expected at least 1, got {value}")

    def passes(self) -> tuple[Request, ...]:
        """What will be observed, so that passes can be shared before any runs."""
        return ()

    def counts_unused(self) -> bool:
        """Whether the value depends on modules that cannot reach the output, as a count of parameters does."""
        return self.static

    @abstractmethod
    def score(self, context: ProxyContext) -> float:
        """The value for the module in ``context``.

        Raises:
            Undefined: The proxy has no meaning for this module or batch; the message says why.
            ModelError: The module raised.
        """


@lru_cache(maxsize=256)
def _hints(kind: type) -> dict[str, Any]:
    """Looked up once for each class: names of proxies are compared with all registered ones at every scoring."""
    return get_type_hints(kind)


@dataclass(frozen=True, slots=True)
class LayerwiseProxy(Proxy):
    """A proxy that is a sum over layers (weight tensors or blocks): the parts can be looked at."""

    @abstractmethod
    def layers(self, context: ProxyContext) -> dict[str, float]:
        """The part of each layer, by name; they sum to the score."""

    def score(self, context: ProxyContext) -> float:
        return math.fsum(self.layers(context).values())


TASK = Pass()


@dataclass(frozen=True, slots=True)
class Saliency(LayerwiseProxy):
    """Sums a function of each weight tensor and its loss gradient; one forward and backward serves all."""

    needs_labels: ClassVar[bool] = True

    @abstractmethod
    def layer(self, weight: WeightGradient) -> Tensor:
        """The part of one weight tensor: a scalar tensor."""

    def passes(self) -> tuple[Request, ...]:
        return ((TASK, LossGradients()),)

    def layers(self, context: ProxyContext) -> dict[str, float]:
        ((spec, observation),) = self.passes()
        return {name: self.layer(weight).item() for name, weight in context.observe(spec, observation).items()}
