"""States of search algorithms as plain JSON, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.space import Architecture

T = TypeVar("T")


def plain_trial(trial: Trial) -> list[Any]:
    """Genome, values, feasibility. Infinite values and NaN, which JSON lacks, become ``None``.

    >>> plain_trial(Trial(Architecture("toy", (0, 1)), (73.5,)))
    [[0, 1], [73.5], True]
    """
    values = [float(value) if math.isfinite(value) else None for value in trial.values]
    return [list(trial.arch.genome), values, trial.feasible]


def trial_of(plain: Sequence[Any], space: str) -> Trial:
    """The inverse of :func:`plain_trial`, but for values that are not finite: they are NaN."""
    genome, values, feasible = plain
    numbers = tuple(math.nan if value is None else float(value) for value in values)
    return Trial(architecture_of(genome, space), numbers, bool(feasible))


def architecture_of(genome: Sequence[Any], space: str) -> Architecture:
    """An architecture from its genome as JSON has it."""
    return Architecture(space, tuple(int(gene) for gene in genome))


def parsed(state: Mapping[str, Any], algorithm: str, read: Callable[[], T]) -> T:
    """What ``read`` makes of a state of ``algorithm``.

    Raises:
        InputError: Another algorithm's, or one that is garbled.
    """
    try:
        if state["algorithm"] != algorithm:
            raise InputError(f"expected the state of {algorithm}, got that of {state['algorithm']!r}")
        return read()
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"expected what state_dict() gives, got {str(state)[:200]} ({error!r})") from error
