"""Architecture tables: latencies of networks that were measured as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError, UnknownNameError
from zcnas.latency.conditions import UNITS, UNKNOWN, Conditions
from zcnas.latency.nearest import MissingEntryError
from zcnas.provenance import digest
from zcnas.space import Architecture
from zcnas.table import Column, Table

Values = npt.NDArray[np.float64]

_SHOWN = 3


@dataclass(frozen=True, eq=False)
class ArchitectureTable:
    """From an architecture to what was measured of it as a whole, in ms (mJ for energy).

    Attributes:
        table: Recorded results.
        column: One of its columns.
        conditions: Of the column; by default what it says itself.

    Raises:
        InputError: A column of another metric, conditions that contradict it, or values that are not above 0.
    """

    table: Table
    column: Column
    conditions: Conditions

    def __post_init__(self) -> None:
        ours = (self.conditions.metric, self.conditions.unit, self.conditions.device)
        if ours != (theirs := (self.column.metric, self.column.unit, self.column.device or UNKNOWN)):
            raise InputError(f"expected conditions of the column's metric, unit and device {theirs}, got {ours}")
        known = self._values[np.isfinite(self._values)]
        if not len(known) or known.min() <= 0:
            raise InputError(f"{self.column}: expected values above 0, got {known.min() if len(known) else 'none'}")

    def __len__(self) -> int:
        return int(np.isfinite(self._values).sum())

    @property
    def space(self) -> str:
        """Name of the architectures' space."""
        return self.table.space

    @property
    def title(self) -> str:
        """What the table is of, in messages."""
        return f"{self.conditions.metric} of {self.space} on {self.conditions.device}, {self.column.dataset}"

    def __call__(self, arch: Architecture) -> float:
        """In ms or mJ.

        Raises:
            MissingEntryError: Nobody measured it; the message names the nearest that were.
        """
        try:
            return self.table.query(arch, self.column.dataset, **self.column.choice) * self.conditions.factor
        except UnknownNameError as error:
            remedy = "measure it, or predict it"
            raise MissingEntryError(f"entry ({self.title}) for", arch.key, self._nearest(arch), remedy) from error

    def __eq__(self, other: object) -> bool:
        """Whether both say the same of the same architectures."""
        if not isinstance(other, ArchitectureTable):
            return NotImplemented
        same = (self.column, self.conditions, self.table.archs) == (other.column, other.conditions, other.table.archs)
        return same and np.array_equal(self._values, other._values, equal_nan=True)

    def __hash__(self) -> int:
        return hash((self.title, len(self.table)))

    def __repr__(self) -> str:
        """The column by its content, which tells histories apart."""
        return f"ArchitectureTable({self.title}, {digest([self._values])})"

    @cached_property
    def _values(self) -> Values:
        return self.table.values(self.column.dataset, **self.column.choice)

    def _nearest(self, arch: Architecture) -> list[str]:
        """Those that differ in the fewest genes."""
        known = (one for one, value in zip(self.table.archs, self._values, strict=True) if np.isfinite(value))
        return [one.key for one in nsmallest(_SHOWN, known, key=lambda one: _distance(arch, one))]


def architecture_tables(table: Table, stated: Mapping[str, Conditions] | None = None) -> list[ArchitectureTable]:
    """All columns of latency and energy.

    Args:
        table: Recorded results, such as ``zcnas convert`` writes.
        stated: Column, as text, -> conditions; where there are none, they are what the column says itself.
    """
    found = [one for one in table.columns if one.unit in UNITS.get(one.metric, ())]
    told = stated or {}
    return [ArchitectureTable(table, one, told.get(str(one)) or _conditions(table, one)) for one in found]


def _conditions(table: Table, column: Column) -> Conditions:
    source = str(table.meta.get("source") or UNKNOWN)
    return Conditions(column.device or UNKNOWN, column.metric, column.unit, source=source)


def _distance(one: Architecture, other: Architecture) -> int:
    if len(one.genome) != len(other.genome):
        return max(len(one.genome), len(other.genome))
    return sum(a != b for a, b in zip(one.genome, other.genome, strict=True))
