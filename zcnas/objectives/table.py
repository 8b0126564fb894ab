"""Recorded results as an objective."""

from __future__ import annotations

from typing import Any, Unpack

from zcnas.column import Choice, Column
from zcnas.errors import UnknownNameError
from zcnas.objectives.base import Evaluation, Goal, Objective
from zcnas.objectives.describe import of_column
from zcnas.space import Architecture
from zcnas.table import Table


class Lookup:
    """A column of a table as a function of architectures: for constraints, latencies, and what is only observed.

    Numbers are in the column's own unit and direction. Calling it raises
    :class:`~zcnas.errors.UnknownNameError` for an architecture that the column lacks.

    Args:
        table: Recorded results.
        dataset: As for :meth:`~zcnas.table.Table.find`, like ``choice``.

    Raises:
        UnknownNameError: No such column; the message lists what there is.

    >>> from zcnas.benchmarks import digits
    >>> params = Lookup(digits(), "digits", split="train", metric="params")
    >>> params(digits().archs[0]) > 0
    True
    """

    def __init__(self, table: Table, dataset: str, **choice: Unpack[Choice]) -> None:
        self.table, self.column = table, table.find(dataset, **choice)

    def __call__(self, arch: Architecture) -> float:
        return self.table.query(arch, self.column.dataset, **self.column.choice)

    def __repr__(self) -> str:
        """The column and what it holds, which tell it from others."""
        return f"Lookup({of_column(self.table, self.column.dataset, self.column.choice)})"


class TableObjective(Objective):
    """What a table has recorded: a search costs nothing, and says what trainings would have cost.

    Which split is searched on is a choice with consequences: a search on ``"test"`` reports results that nobody would
    get. The default is validation.

    Seconds of training are those of the same data set and length of training: of split ``"train"`` and metric
    ``"seconds"``, of the same seed where that was recorded by seed.

    Args:
        table: Recorded results.
        dataset: As for :meth:`~zcnas.table.Table.find`, like the rest.
        choice: Split, metric, epochs, seed, device; the split is ``"val"`` unless given.

    Raises:
        UnknownNameError: No such column; the message lists what there is.

    >>> from zcnas.benchmarks import digits
    >>> objective = TableObjective(digits(), "digits", seed=0)
    >>> objective.evaluate(digits().archs[0]).seconds > 0
    True
    """

    def __init__(self, table: Table, dataset: str, **choice: Unpack[Choice]) -> None:
        self._value = Lookup(table, dataset, **_validated(choice))
        column = self._value.column
        self.dataset = column.dataset
        self._seconds = _seconds(table, column)
        device = f" by {column.device}" if column.device else ""
        name = f"{column.split} {column.metric} on {column.dataset}{device}"
        self.goals = (Goal(name, column.unit, column.higher_is_better),)

    def evaluate(self, arch: Architecture) -> Evaluation:
        number = self._value(arch)
        seconds = None if self._seconds is None else self._seconds(arch)
        return Evaluation((self.goals[0].turned(number),), seconds)

    def require_seconds(self) -> None:
        if self._seconds is None:
            column = self._value.column
            asked = f"{column.dataset} (split='train', metric='seconds', epochs={column.epochs})"
            raise UnknownNameError(
                "column, which a budget of training seconds needs,", asked, self._value.table.columns
            )

    def settings(self) -> dict[str, Any]:
        column = self._value.column
        return {"objective": "table", **of_column(self._value.table, column.dataset, column.choice)}


def _validated(choice: Choice) -> Choice:
    """On validation images, unless told otherwise."""
    chosen: Choice = {"split": "val"}
    chosen.update(choice)
    return chosen


def _seconds(table: Table, value: Column) -> Lookup | None:
    """Seconds of these trainings, if they were recorded."""
    seeds = (value.seed, None)
    for seed in seeds:
        try:
            return Lookup(table, value.dataset, split="train", metric="seconds", epochs=value.epochs, seed=seed)
        except UnknownNameError:
            continue
    return None
