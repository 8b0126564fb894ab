"""Evaluating architectures: in this process or in workers."""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from zcnas import workers as pool
from zcnas.errors import InputError, InputTypeError, ZcnasError
from zcnas.objectives import Constraint, Objective, Verdict
from zcnas.space import Architecture

_LONGEST_REASON = 500
"""Characters; messages that list a table's columns may have thousands."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an evaluation.

    Attributes:
        values: Empty where it failed.
        seconds: Of the training; of the attempt, where it failed; 0 where nobody knows.
        reason: Why it failed.
    """

    values: tuple[float, ...]
    seconds: float
    reason: str = ""


def evaluated(objective: Objective, arch: Architecture) -> Outcome:
    """What an objective says, or why it says nothing."""
    begin = time.perf_counter()
    try:
        found = objective.evaluate(arch)
        _check(objective, found.values)
    except (InputError, InputTypeError):  # the caller's data or settings, which no architecture could suit
        raise
    except Exception as error:
        return Outcome((), time.perf_counter() - begin, reason_of(error))
    wrong = [goal.name for goal, value in zip(objective.goals, found.values, strict=True) if not math.isfinite(value)]
    if wrong:
        return Outcome((), found.seconds or 0.0, f"the value is not finite: {', '.join(wrong)}")
    return Outcome(tuple(map(float, found.values)), found.seconds or 0.0)


def reason_of(error: Exception) -> str:
    """A short text for histories."""
    told = str(error) if isinstance(error, ZcnasError) else f"{type(error).__name__}: {error}"
    return told if len(told) <= _LONGEST_REASON else f"{told[:_LONGEST_REASON]}..."


def verdict_of(constraint: Constraint, arch: Architecture) -> Verdict:
    """What a constraint says; one that raises is not kept."""
    try:
        return constraint.check(arch)
    except (InputError, InputTypeError):  # the caller's data or settings, which no architecture could suit
        raise
    except Exception as error:
        return Verdict(f"{constraint.name}: {reason_of(error)}")


def evaluate_all(
    objective: Objective, archs: Sequence[Architecture], workers: int
) -> Generator[tuple[Architecture, Outcome], None, None]:
    """Pairs in the order of completion. A worker that dies, and dies again, fails its architecture."""
    if workers == 1 or not archs:
        yield from pool.here(partial(evaluated, objective.on(0)), archs)
        return
    found: Iterable[tuple[Architecture, Outcome | pool.WorkerDied]]
    found = pool.run(_work, archs, min(workers, len(archs)), prepare=partial(_prepare, objective))
    for arch, outcome in found:
        yield arch, Outcome((), 0.0, str(outcome)) if isinstance(outcome, pool.WorkerDied) else outcome


def check_travels(objective: Objective) -> None:
    """Raises :class:`InputError` for what cannot be sent to workers."""
    try:
        pickle.dumps(objective)
    except Exception as error:
        raise InputError(
            f"workers: expected an objective that other processes can import, got {type(objective).__name__} "
            f"({error}); define its functions at the top level of a file, not as a lambda; or use workers=1"
        ) from error


def _check(objective: Objective, values: Sequence[float]) -> None:
    if len(values) != len(objective.goals):
        names = [goal.name for goal in objective.goals]
        raise InputError(f"objective: expected {len(names)} values ({', '.join(names)}), got {len(values)}")


# This process's, in a worker: what is pickled with every job had better be small.
_this: list[Objective] = []


def _prepare(objective: Objective, number: int) -> None:
    _this.append(objective.on(number))


def _work(arch: Architecture) -> Outcome:
    return evaluated(_this[-1], arch)
