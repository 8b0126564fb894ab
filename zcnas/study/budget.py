"""How long a search may go on."""

from __future__ import annotations

from dataclasses import dataclass

from zcnas.errors import InputError
from zcnas.objectives import Objective


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a search, of which the one that is reached first ends it.

    They are looked at before every round, which is one ``ask``; only the number of trainings also cuts a round short.
    So the last round may go beyond the others: by one training, where rounds are of one architecture.

    Attributes:
        trainings: Evaluations, failed ones too; proposals that break a constraint or were evaluated before are free.
        training_seconds: Seconds of training in all, measured, or as a table says.
        wall_seconds: Time of this search, those before an interruption too. Searches with this limit are not
            reproducible.
        target: Of the objective, in its own unit: at least this, or at most where lower is better.
        fruitless: This many proposals in a row without a value (infeasible, failed, or evaluated before) end it too.

    Raises:
        InputError: None of the first four, or one that leaves nothing to do.

    >>> Budget(trainings=0)
    Traceback (most recent call last):
    zcnas.errors.InputError: budget: trainings: expected more than 0, got 0
    """

    trainings: int | None = None
    training_seconds: float | None = None
    wall_seconds: float | None = None
    target: float | None = None
    fruitless: int = 1000

    def __post_init__(self) -> None:
        positive = ("trainings", "training_seconds", "wall_seconds", "fruitless")
        for name in positive:
            limit = getattr(self, name)
            if limit is not None and not limit > 0:
                raise InputError(f"budget: {name}: expected more than 0, got {limit}")
        if self.target is not None and self.target != self.target:
            raise InputError("budget: target: expected a number, got nan")
        if all(getattr(self, name) is None for name in (*positive[:3], "target")):
            raise InputError(
                "budget: expected trainings, training_seconds, wall_seconds, target, or several, got none; an "
                "algorithm that ends by itself can be given more trainings than it needs"
            )

    def check(self, objective: Objective) -> None:
        """Raises an error if this objective cannot tell when a limit is reached."""
        if self.training_seconds is not None:
            objective.require_seconds()
        if self.target is not None and len(objective.goals) != 1:
            names = [goal.name for goal in objective.goals]
            raise InputError(f"budget: target: expected an objective with one goal, got {len(names)}: {names}")
