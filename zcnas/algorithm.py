"""The contract of a search algorithm: it is asked for architectures and told what they are worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zcnas.provenance import named
from zcnas.space import Architecture


@dataclass(frozen=True, slots=True)
class Trial:
    """An architecture and what came of it.

    Attributes:
        arch: What was asked about.
        values: Objectives, higher is better; empty where it was not evaluated.
        feasible: Whether it keeps all constraints.
    """

    arch: Architecture
    values: tuple[float, ...] = ()
    feasible: bool = True


class SearchAlgorithm(ABC):
    """Proposes architectures. It evaluates nothing by itself: whoever runs it does, and tells.

    Equal arguments and equal calls give equal proposals. What :meth:`tell` is told in one call may be in any order.
    """

    @abstractmethod
    def ask(self, count: int = 1) -> list[Architecture]:
        """Up to ``count`` architectures; none where there is nothing left to propose. Learns nothing."""

    @abstractmethod
    def tell(self, trials: Sequence[Trial]) -> None:
        """Learns what architectures are worth, asked for or not."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """All that it knows, as plain JSON."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from :meth:`state_dict`. Raises :class:`~zcnas.errors.InputError` for another algorithm's."""

    def settings(self) -> dict[str, Any]:
        """Its arguments as plain JSON, by which histories are told apart; nothing of what it has learned.

        Unless a subclass says more, these are its ``repr``, without addresses, and its attribute ``seed``, if it has
        one.
        """
        seed = getattr(self, "seed", None)
        return {"told": named(self), "seed": "" if seed is None else str(seed)}
