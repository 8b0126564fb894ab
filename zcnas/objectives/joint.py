"""Several objectives at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zcnas.errors import InputError, InputTypeError
from zcnas.objectives.base import Evaluation, Objective
from zcnas.space import Architecture


class Together(Objective):
    """The goals of all its parts in a row; an architecture that one part fails for has failed.

    Seconds are the sum over the parts that know any.

    Args:
        parts: At least one objective; an earlier one is asked first, so cheap ones that may fail go in front.

    Raises:
        InputError: None, or two goals of one name.
        InputTypeError: A part that is no objective.
    """

    def __init__(self, parts: Sequence[Objective]) -> None:
        self._parts = tuple(parts)
        for part in self._parts:
            if not isinstance(part, Objective):
                raise InputTypeError(f"expected an Objective of zcnas.objectives, got {type(part).__name__}: {part!r}")
        self.goals = tuple(goal for part in self._parts for goal in part.goals)
        names = [goal.name for goal in self.goals]
        if not names or len(set(names)) != len(names):
            raise InputError(f"expected at least one objective, and goals of different names, got {names}")

    def evaluate(self, arch: Architecture) -> Evaluation:
        found = [part.evaluate(arch) for part in self._parts]
        known = [one.seconds for one in found if one.seconds is not None]
        return Evaluation(tuple(value for one in found for value in one.values), sum(known) if known else None)

    def require_seconds(self) -> None:
        errors: list[Exception] = []
        for part in self._parts:
            try:
                return part.require_seconds()
            except (InputError, KeyError) as error:
                errors.append(error)
        raise errors[0]

    def settings(self) -> dict[str, Any]:
        return {"objective": "together", "parts": [part.settings() for part in self._parts]}

    def on(self, worker: int, /) -> Objective:
        return Together([part.on(worker) for part in self._parts])


def as_objective(given: Objective | Sequence[Objective]) -> Objective:
    """One objective of what searches take. Raises as :class:`Together` does."""
    if isinstance(given, Objective):
        return given
    if not isinstance(given, list | tuple):
        raise InputTypeError(f"expected an Objective of zcnas.objectives, or several, got {type(given).__name__}")
    return Together(given)
