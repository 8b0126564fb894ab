"""Small algorithms and objectives for tests of the loop."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.objectives import Evaluation, Goal, Objective
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace
from zcnas.testing import ToySpace


@dataclass
class Climber(SearchAlgorithm):
    """Proposes neighbours of the best that it was told, and what is left at random; so it depends on all it is told."""

    space: SearchSpace
    seed: int = 0
    told: dict[Architecture, Trial] = field(default_factory=dict, repr=False)
    asked: int = field(default=0, repr=False)

    def ask(self, count: int = 1) -> list[Architecture]:
        self.asked += 1
        rng = generator(self.seed, len(self.told))
        best = max(self.told.values(), key=lambda trial: trial.values or (-math.inf,), default=None)
        near = [] if best is None else self.space.neighbours(best.arch)
        everything = [self.space.architecture(arch.genome) for arch in self.space]
        candidates = [arch for arch in dict.fromkeys([*near, *everything]) if arch not in self.told]
        head = [one for one in candidates if one in near]
        tail = [one for one in candidates if one not in near]
        order = [*(head[place] for place in rng.permutation(len(head))), *tail]
        return order[:count]

    def tell(self, trials: Sequence[Trial]) -> None:
        self.told.update({trial.arch: trial for trial in sorted(trials, key=lambda trial: trial.arch)})

    def state_dict(self) -> dict[str, Any]:
        told = [[trial.arch.genome, trial.values, trial.feasible] for trial in self.told.values()]
        return {"algorithm": "climber", "seed": self.seed, "told": told}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        archs = [(Architecture(self.space.name, tuple(genome)), *rest) for genome, *rest in state["told"]]
        self.told = {arch: Trial(arch, tuple(values), feasible) for arch, values, feasible in archs}
        self.seed = state["seed"]


@dataclass(eq=False)
class Stubborn(Climber):
    """Always proposes the same."""

    def ask(self, count: int = 1) -> list[Architecture]:
        return list(self.space)[:1] * count


@dataclass(frozen=True)
class Worth(Objective):
    """Made-up values that depend on the architecture alone; fails for some; counts its calls in a file.

    Attributes:
        diary: Every evaluation writes the architecture's key there.
        raises: Genomes that it raises for.
        nan: Genomes that are worth NaN.
    """

    diary: Path | None = None
    raises: tuple[tuple[int, ...], ...] = ()
    nan: tuple[tuple[int, ...], ...] = ()
    goals: tuple[Goal, ...] = (Goal("worth", "%"),)

    def evaluate(self, arch: Architecture) -> Evaluation:
        if self.diary is not None:
            with self.diary.open("a") as file:
                file.write(f"{arch.key}\n")
        if arch.genome in self.raises:
            raise ArithmeticError("this one diverges")
        values = tuple(goal.turned(worth(arch, goal)) for goal in self.goals)
        return Evaluation((math.nan, *values[1:]) if arch.genome in self.nan else values, seconds=10.0)

    def require_seconds(self) -> None:
        """It has some."""

    def settings(self) -> dict[str, Any]:
        return {"objective": "worth"}

    def evaluated(self) -> list[str]:
        """Keys in the order of evaluation."""
        return self.diary.read_text().splitlines() if self.diary and self.diary.exists() else []


def worth(arch: Architecture, goal: Goal | None = None) -> float:
    """Between 0 and 100."""
    return float(generator("worth", goal.name if goal else "worth", arch.key).random() * 100)


def toy() -> ToySpace:
    """18 architectures."""
    return ToySpace()
