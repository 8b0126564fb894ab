"""What architectures must keep to be tried at all."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from zcnas.errors import InputError, InputTypeError
from zcnas.objectives.cost import NetworkCost
from zcnas.objectives.function import Quantity
from zcnas.provenance import named
from zcnas.space import Architecture, SearchSpace


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a constraint says of an architecture.

    Attributes:
        objection: Why it is not kept; empty where it is.
        measured: What was measured, if anything was.
    """

    objection: str
    measured: float | None = None


class Constraint(ABC):
    """What is asked of an architecture before it is evaluated.

    Attributes:
        name: In messages and histories.
    """

    name: str

    @abstractmethod
    def check(self, arch: Architecture) -> Verdict:
        """Whether it is kept. What raises, but for errors of the caller, is not kept either."""

    @abstractmethod
    def settings(self) -> Any:
        """What the verdict depends on, as plain JSON."""


class Bound(Constraint):
    """A number of the architecture must lie between bounds, which are allowed themselves.

    Args:
        quantity: One of :data:`~zcnas.objectives.COSTS`, counted on the space's default network for an image of
            ``(3, 32, 32)``; or a function of the architecture: a :class:`~zcnas.objectives.NetworkCost` with other
            arguments, a :class:`~zcnas.objectives.Lookup`, a model of latencies.
        at_most: The upper bound.
        at_least: The lower bound.
        name: In messages and histories; by default what it is.

    Raises:
        InputError: No bound, NaN, or bounds that exclude all.
        InputTypeError: Neither name nor function.

    >>> bound = Bound(lambda arch: sum(arch.genome), at_most=3, name="sum")
    >>> bound.check(Architecture("toy", (2, 2, 0))).objection
    'sum: expected at most 3, got 4'
    """

    def __init__(
        self,
        quantity: str | Quantity,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
        name: str | None = None,
    ) -> None:
        if not (isinstance(quantity, str) or callable(quantity)):
            raise InputTypeError(f"expected a cost's name or a function, got {type(quantity).__name__}")
        low, high = -math.inf if at_least is None else at_least, math.inf if at_most is None else at_most
        if at_least is at_most is None or not low <= high:
            raise InputError(f"expected at_most, at_least, or both in this order, got {at_least=}, {at_most=}")
        self._quantity, self._low, self._high = quantity, low, high
        self.name = name or (quantity if isinstance(quantity, str) else _title(quantity))

    def inside(self, space: SearchSpace) -> Bound:
        """The same, of networks of this space where only a cost's name was given."""
        if not isinstance(self._quantity, str):
            return self
        cost = NetworkCost(space, self._quantity)
        return Bound(cost, at_most=self._high, at_least=self._low, name=self.name)

    def check(self, arch: Architecture) -> Verdict:
        if isinstance(self._quantity, str):
            raise InputError(f"{self.name}: expected a bound that knows its space; give Bound.inside(space)")
        number = float(self._quantity(arch))
        if self._low <= number <= self._high:
            return Verdict("", number)
        wanted = f"at most {self._high:g}" if number > self._high else f"at least {self._low:g}"
        return Verdict(f"{self.name}: expected {wanted}, got {number:g}", number)

    def settings(self) -> Any:
        # Spelt out, because JSON has no infinities of its own.
        return [self.name, named(self._quantity), str(self._low), str(self._high)]


class Condition(Constraint):
    """A function must say yes.

    Args:
        function: From an architecture to whether it may be tried.
        name: In messages and histories; by default the function's.
    """

    def __init__(self, function: Callable[[Architecture], object], name: str | None = None) -> None:
        self._function, self.name = function, name or _title(function)

    def check(self, arch: Architecture) -> Verdict:
        return Verdict("" if self._function(arch) else f"{self.name}: not kept")

    def settings(self) -> Any:
        return [self.name, named(self._function)]


Given = Constraint | Callable[[Architecture], object]
"""What searches take as a constraint."""


def as_constraints(given: Given | Sequence[Given], space: SearchSpace) -> tuple[Constraint, ...]:
    """Constraints of what searches take. Raises :class:`~zcnas.errors.InputTypeError`, or for two of one name."""
    listed = given if isinstance(given, Sequence) else [given]
    found = tuple(_constraint(one, space) for one in listed)
    names = [one.name for one in found]
    if len(set(names)) != len(names):
        raise InputError(f"constraints: expected different names, got {names}; give name=")
    return found


def _constraint(given: Given, space: SearchSpace) -> Constraint:
    if isinstance(given, Bound):
        return given.inside(space)
    if isinstance(given, Constraint):
        return given
    if not callable(given):
        raise InputTypeError(
            f"constraints: expected a Bound such as Bound('params', at_most=1e6), or a function of an architecture, "
            f"got {type(given).__name__}: {given!r}"
        )
    return Condition(given)


def _title(function: object) -> str:
    column = getattr(function, "column", None)
    told = column.metric if column is not None else getattr(function, "kind", None) or getattr(function, "__name__", "")
    return str(told) or type(function).__name__
