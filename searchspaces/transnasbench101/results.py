"""Results of one space, gathered in the order of a file and checked."""

from __future__ import annotations

import numpy as np

from zcnas.errors import DataError, UnknownNameError
from zcnas.searchspaces.number import number
from zcnas.searchspaces.transnasbench101.space import TransNASBench101Macro, TransNASBench101Micro
from zcnas.searchspaces.transnasbench101.tasks import TASKS
from zcnas.space import Architecture, Genomes, SearchSpace
from zcnas.table import Column, Values

SPACES: dict[str, type[SearchSpace]] = {"micro": TransNASBench101Micro, "macro": TransNASBench101Macro}
"""What files call them."""


class Results:
    """Values of architectures by column, all of one of :data:`SPACES`."""

    def __init__(self, kind: str) -> None:
        if kind not in SPACES:
            raise UnknownNameError("space of TransNAS-Bench-101", kind, SPACES)
        self.kind = kind
        self.space = SPACES[kind]()
        self._rows = {arch: row for row, arch in enumerate(self.space)}
        self._columns: dict[Column, Values] = {}

    def add(self, arch: Architecture, task: str, split: str, value: object, epochs: int) -> None:
        """What was measured after the last epoch, higher being better. Raises :class:`DataError`."""
        about = TASKS[task]
        found = number(value)
        if not about.low <= found <= about.high:
            raise DataError(f"expected a {about.metric} from {about.low} to {about.high}, got {found}")
        self._put(arch, Column(task, split, about.metric, epochs, seed="one", unit=about.unit), found)

    def add_cost(self, arch: Architecture, task: str, metric: str, value: object) -> None:
        """A size or a time, in the unit of the file, which does not say it. Raises :class:`DataError`."""
        column = Column(task, "test", metric, unit="as recorded", higher_is_better=False)
        self._put(arch, column, number(value))

    def _put(self, arch: Architecture, column: Column, value: float) -> None:
        values = self._columns.setdefault(column, np.full(len(self._rows), np.nan))
        if not np.isnan(values[self._rows[arch]]):
            raise DataError(f"{column.dataset}: {arch.key} occurs twice")
        values[self._rows[arch]] = value

    @property
    def genomes(self) -> Genomes:
        """All architectures, in the order of the space."""
        return Genomes(self.space.name, np.array([arch.genome for arch in self._rows], dtype=np.uint8))

    def columns(self) -> dict[Column, Values]:
        """All columns, those of a task together, in its order. Raises :class:`DataError` where values are missing."""
        for task in TASKS:
            if all(column.dataset != task for column in self._columns):
                raise DataError(f"{task}: it has 0 of {len(self._rows)} architectures")
        for column, values in self._columns.items():
            count = int(np.isfinite(values).sum())
            if count != len(values):
                raise DataError(f"{column.dataset}: it has {count} of {len(values)} architectures with {column}")
        return {
            column: self._columns[column]
            for task in TASKS
            for column in sorted(self._columns, key=lambda one: (not one.higher_is_better, one.split != "val"))
            if column.dataset == task
        }
