"""One proposal of a search, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zcnas.algorithm import Trial
from zcnas.space import Architecture


@dataclass(frozen=True, slots=True)
class Attempt:
    """One proposal.

    Attributes:
        arch: What was proposed.
        values: One for each goal, higher is better; empty where there is none, and ``reason`` says why.
        feasible: Whether it keeps all constraints.
        repeated: Whether it was told before: it is told again, and not evaluated again.
        reason: Which constraint it breaks, or why its evaluation failed.
        seconds: Of the training; 0 where nobody knows.
        elapsed: Seconds since the search began, without interruptions.
        measured: Numbers by name: what constraints measured, and what was observed besides; NaN where that failed.
        round: The number of the ``ask`` that it came of, from 0.
    """

    arch: Architecture
    values: tuple[float, ...] = ()
    feasible: bool = True
    repeated: bool = False
    reason: str = ""
    seconds: float = 0.0
    elapsed: float = 0.0
    measured: Mapping[str, float] = field(default_factory=dict)
    round: int = 0

    @property
    def trained(self) -> bool:
        """Whether it was evaluated, with success or not."""
        return self.feasible and not self.repeated

    @property
    def trial(self) -> Trial:
        """What the algorithm is told."""
        return Trial(self.arch, self.values, self.feasible)

    def plain(self) -> dict[str, Any]:
        """As JSON has it, without ``round``."""
        return {
            "arch": [self.arch.space, list(self.arch.genome)],
            "values": list(self.values),
            "feasible": self.feasible,
            "repeated": self.repeated,
            "reason": self.reason,
            "seconds": self.seconds,
            "elapsed": self.elapsed,
            "measured": dict(self.measured),
        }


def attempt(plain: Mapping[str, Any], round_: int) -> Attempt:
    """The inverse of :meth:`Attempt.plain`."""
    space, genome = plain["arch"]
    fields = {**plain, "arch": Architecture(space, tuple(genome)), "values": tuple(plain["values"])}
    return Attempt(**fields, round=round_)
