"""What a search has come to so far: counts, the incumbent, and which limit is reached."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace

from zcnas.objectives import Goal
from zcnas.space import Architecture
from zcnas.study.attempt import Attempt
from zcnas.study.budget import Budget


@dataclass(slots=True)
class Ledger:
    """All attempts in order, and what budgets want to know of them.

    Attributes:
        goals: What the values are.
        attempts: In the order in which they were told.
        trainings: Evaluations.
        seconds: Of training, in all.
        elapsed: Seconds since the search began, when the last attempt was finished.
        fruitless: Attempts since the last new value.
        incumbent: The first with the highest value of the first goal.
    """

    goals: tuple[Goal, ...]
    attempts: list[Attempt] = field(default_factory=list)
    trainings: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    fruitless: int = 0
    incumbent: Attempt | None = None
    _known: dict[Architecture, Attempt] = field(default_factory=dict)

    def add(self, one: Attempt) -> None:
        """Counts an attempt."""
        self.attempts.append(one)
        self._known.setdefault(one.arch, one)
        self.elapsed = max(self.elapsed, one.elapsed)
        if one.trained:
            self.trainings += 1
            self.seconds += one.seconds
        new = one.trained and bool(one.values)
        self.fruitless = 0 if new else self.fruitless + 1
        if new and (self.incumbent is None or one.values[0] > self.incumbent.values[0]):
            self.incumbent = one

    def known(self, arch: Architecture) -> Attempt | None:
        """What came of it before, to be told again."""
        before = self._known.get(arch)
        return None if before is None else replace(before, repeated=True, seconds=0.0)

    def reached(self, budget: Budget, elapsed: float) -> str:
        """Which limit is reached; empty while none is."""
        limits = (
            (budget.trainings, self.trainings, "trainings"),
            (budget.training_seconds, self.seconds, "seconds of training"),
            (budget.wall_seconds, elapsed, "seconds"),
        )
        for limit, spent, unit in limits:
            if limit is not None and spent >= limit:
                return f"the budget of {limit:g} {unit} is spent"
        if budget.target is not None and self._best() >= self.goals[0].turned(budget.target):
            return f"the target of {budget.target:g} is reached"
        if self.fruitless >= budget.fruitless:
            return f"{self.fruitless} proposals in a row gave nothing new: {self._why()}"
        return ""

    def _best(self) -> float:
        return -math.inf if self.incumbent is None else self.incumbent.values[0]

    def _why(self) -> str:
        """The most frequent reasons of the last attempts."""
        last = self.attempts[-self.fruitless :]
        counts = Counter("evaluated before" if one.repeated else _kind(one.reason) for one in last)
        return "; ".join(f"{reason} ({count})" for reason, count in counts.most_common(3))


def _kind(reason: str) -> str:
    """A reason without what differs from one architecture to the next."""
    return re.sub(r"'[^']*'", "...", reason.partition(", got ")[0])
