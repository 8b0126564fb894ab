"""Any function of architectures as an objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zcnas.errors import InputTypeError
from zcnas.objectives.base import Evaluation, Goal, Objective
from zcnas.provenance import named
from zcnas.space import Architecture

Quantity = Callable[[Architecture], float]
"""A number of an architecture, in its own unit."""


class FunctionObjective(Objective):
    """What a function says.

    Args:
        function: From an architecture to a number.
        goal: What the number is.

    Raises:
        InputTypeError: No function.

    >>> objective = FunctionObjective(lambda arch: sum(arch.genome), Goal("sum", higher_is_better=False))
    >>> objective.evaluate(Architecture("toy", (1, 2, 0))).values
    (-3.0,)
    """

    def __init__(self, function: Quantity, goal: Goal) -> None:
        if not callable(function):
            raise InputTypeError(f"expected a function of an architecture, got {type(function).__name__}")
        self._function, self.goals = function, (goal,)

    def evaluate(self, arch: Architecture) -> Evaluation:
        return Evaluation((self.goals[0].turned(float(self._function(arch))),))

    def settings(self) -> dict[str, Any]:
        return {"objective": "function", "function": named(self._function), "goal": self.goals[0].name}
