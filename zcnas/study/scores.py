"""Objectives as scores, by which warm-ups and moves rank architectures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from zcnas.errors import InputError, InputTypeError
from zcnas.objectives import Constraint, Objective
from zcnas.search import Score
from zcnas.search.scored import Scored
from zcnas.space import Architecture
from zcnas.study.evaluating import evaluated, verdict_of


class ObjectiveScores:
    """What an objective with one goal says, of each architecture once; NaN where it fails.

    Args:
        objective: A column of a table, a prediction, a cost.

    Raises:
        InputError: Several goals.
    """

    def __init__(self, objective: Objective) -> None:
        if len(objective.goals) != 1:
            names = [goal.name for goal in objective.goals]
            raise InputError(f"score: expected an objective with one goal, got {len(names)}: {names}")
        self._objective = objective
        self._known: dict[Architecture, float] = {}

    def __call__(self, archs: Sequence[Architecture]) -> list[float]:
        """Higher is better."""
        for arch in archs:
            if arch not in self._known:
                self._known[arch] = next(iter(evaluated(self._objective, arch).values), math.nan)
        return [self._known[arch] for arch in archs]

    def settings(self) -> dict[str, Any]:
        """Those of the objective."""
        return self._objective.settings()


class FeasibleScores:
    """Scores of what keeps all constraints, which are checked first; NaN for the others, which so rank last.

    Args:
        score: A function of architectures, or a mapping; higher is better.
        constraints: Of the search.
    """

    def __init__(self, score: Score, constraints: Sequence[Constraint]) -> None:
        self._scored, self._constraints = Scored(score), constraints

    def __call__(self, archs: Sequence[Architecture]) -> list[float]:
        """Higher is better."""
        kept = [arch for arch in archs if self._keeps(arch)]
        scores = dict(zip(kept, self._scored(kept), strict=True))
        return [scores.get(arch, math.nan) for arch in archs]

    def settings(self) -> Any:
        """Those of the score; the constraints are told by the search."""
        return self._scored.settings()

    def _keeps(self, arch: Architecture) -> bool:
        return not any(verdict_of(one, arch).objection for one in self._constraints)


def as_score(given: Score | Objective) -> Score:
    """What searches take as a score. Raises :class:`~zcnas.errors.InputTypeError` for anything else."""
    if isinstance(given, Objective):
        return ObjectiveScores(given)
    if isinstance(given, Mapping):
        if strangers := [key for key in given if not isinstance(key, Architecture)]:
            raise InputTypeError(
                f"score: expected a mapping of architectures, got one of {type(strangers[0]).__name__}: "
                f"{strangers[0]!r}; of what score_space gives: dict(zip(found.archs, found['synflow']))"
            )
    elif not callable(given):
        raise InputTypeError(
            "score: expected a ProxyScores, stored_scores(...), an Objective, a mapping or a function of many "
            f"architectures, got {type(given).__name__}: {given!r}"
        )
    return given
