"""What a search came to."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.algorithm import Trial
from zcnas.analysis import front
from zcnas.errors import InputError, UnknownNameError
from zcnas.objectives import Goal
from zcnas.space import Architecture
from zcnas.study.attempt import Attempt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Result:
    """What a search came to.

    Attributes:
        attempts: All proposals in order, with what came of them.
        goals: What their values are.
        stopped: Why the search ended.
        resumed: How many attempts the history had before this call.
        provenance: Settings and versions.
    """

    attempts: tuple[Attempt, ...]
    goals: tuple[Goal, ...]
    stopped: str
    resumed: int
    provenance: Mapping[str, Any]

    @property
    def trials(self) -> tuple[Trial, ...]:
        """What the algorithm was told, in order."""
        return tuple(one.trial for one in self.attempts)

    @property
    def trained(self) -> tuple[Attempt, ...]:
        """The attempts that cost an evaluation, failed ones too."""
        return tuple(one for one in self.attempts if one.trained)

    @property
    def incumbent(self) -> Attempt:
        """The first with the best value of the first goal.

        Raises:
            InputError: Nothing has a value.
        """
        valued = self._valued()
        if not valued:
            raise InputError(
                f"expected a search that found something, got none of {len(self.attempts)}: {self.stopped}"
            )
        return max(valued, key=lambda one: one.values[0])

    @property
    def best(self) -> Architecture:
        """The incumbent's architecture."""
        return self.incumbent.arch

    @property
    def pareto(self) -> tuple[Attempt, ...]:
        """Those that no other one dominates, in order."""
        valued = self._valued()
        kept = front([one.values for one in valued])
        return tuple(one for one, on_front in zip(valued, kept, strict=True) if on_front)

    @property
    def seconds(self) -> float:
        """Of training, in all."""
        return math.fsum(one.seconds for one in self.trained)

    def column(self, name: str | None = None) -> Floats:
        """``(number of trainings,)``: a goal's values in its own unit, or what was measured or observed.

        NaN where an evaluation failed. This is what :mod:`zcnas.analysis` makes curves of.

        Args:
            name: Of a goal, a constraint, or something observed; by default the first goal.

        Raises:
            UnknownNameError: Nothing of this name.
        """
        names = [goal.name for goal in self.goals]
        if name is None or name in names:
            place = 0 if name is None else names.index(name)
            return np.array([self._natural(one)[place] for one in self.trained], dtype=np.float64)
        if name not in (known := self._measured()):
            raise UnknownNameError("column of this search", name, [*names, *known])
        return np.array([one.measured.get(name, math.nan) for one in self.trained], dtype=np.float64)

    def to_csv(self, path: str | os.PathLike[str], format_: Callable[[Architecture], str] | None = None) -> None:
        """Writes one line for each attempt, goals in their own units.

        Args:
            path: The file; a reader never sees half of it.
            format_: Spells an architecture, such as the space's ``format``; by default its key.

        Raises:
            InputError: It cannot be written.
        """
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self._lines(format_ or (lambda arch: arch.key)))
        target = Path(path)
        partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
        try:
            partial.write_text(text.getvalue(), encoding="utf-8")
            partial.replace(target)
        except OSError as error:
            raise InputError(f"{target}: cannot be written ({error}); make room there, or name another path") from error
        finally:
            if partial.is_file():
                partial.unlink()

    def _lines(self, format_: Callable[[Architecture], str]) -> Iterator[list[object]]:
        measured = self._measured()
        fixed = ["attempt", "round", "architecture", "feasible", "repeated"]
        yield [*fixed, *(goal.name for goal in self.goals), *measured, "seconds", "elapsed_seconds", "reason"]
        for number, one in enumerate(self.attempts):
            start = [number, one.round, format_(one.arch), int(one.feasible), int(one.repeated)]
            numbers = [*self._natural(one), *(one.measured.get(name, "") for name in measured)]
            yield [*start, *numbers, one.seconds, f"{one.elapsed:.3f}", one.reason]

    def _valued(self) -> list[Attempt]:
        return [one for one in self.trained if one.values]

    def _measured(self) -> list[str]:
        return list(dict.fromkeys(name for one in self.attempts for name in one.measured))

    def _natural(self, one: Attempt) -> list[float]:
        values = one.values or (math.nan,) * len(self.goals)
        return [goal.turned(value) for goal, value in zip(self.goals, values, strict=True)]
