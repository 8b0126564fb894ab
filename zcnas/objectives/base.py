"""The contract of an objective: what architectures are worth, and what it costs to know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from zcnas.errors import InputError
from zcnas.space import Architecture


@dataclass(frozen=True, slots=True)
class Goal:
    """One number that a search improves.

    Attributes:
        name: In reports and messages.
        unit: Of the number.
        higher_is_better: The direction.

    >>> Goal("latency", "ms", higher_is_better=False).turned(3.5)
    -3.5
    """

    name: str
    unit: str = ""
    higher_is_better: bool = True

    def turned(self, number: float) -> float:
        """From the unit to a value of which more is better, or back."""
        return number if self.higher_is_better else -number


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an architecture is worth.

    Attributes:
        values: One for each goal, all finite, higher is better: what is to be low has its sign turned.
        seconds: What the training took, or takes by the table; ``None`` where nobody knows.
    """

    values: tuple[float, ...]
    seconds: float | None = None


class Objective(ABC):
    """Says what architectures are worth. Its answer depends on its arguments and the architecture alone.

    An exception other than :class:`~zcnas.errors.InputError` and :class:`~zcnas.errors.InputTypeError`, which no other
    architecture would be spared, fails one architecture only: searches record the reason and go on.

    Attributes:
        goals: What the values are.
        dataset: What networks learned, where there are recorded results of it.
    """

    goals: tuple[Goal, ...]
    dataset: str | None = None

    @abstractmethod
    def evaluate(self, arch: Architecture) -> Evaluation:
        """What ``arch`` is worth; raises where that cannot be told."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What the values depend on, as plain JSON: histories of other searches are told apart by it."""

    def require_seconds(self) -> None:
        """Raises an error, which says what there is, if evaluations come without seconds of training."""
        raise InputError(
            f"{type(self).__name__}: expected an objective that knows seconds of training, for a budget of these; "
            "give a budget of trainings or wall_seconds, or a table with such a column"
        )

    def on(self, _worker: int, /) -> Objective:
        """Itself, as a worker of this number from 0 shall use it, such as on a device of its own."""
        return self
