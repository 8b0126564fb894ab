"""Layer tables: the latency of a network is the sum over its layers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from zcnas.errors import InputError
from zcnas.latency.axis import Axis, Interpolation, axis_of
from zcnas.latency.calibration import Calibration
from zcnas.latency.conditions import Conditions
from zcnas.latency.nearest import MissingEntryError, nearest


class Entry(NamedTuple):
    """What was measured of one layer.

    Attributes:
        value: In the table's unit; not negative. 0 is what a device took, never what nobody measured.
        spread: Of the samples, in the same unit; the table's conditions say which one. ``None`` where unknown.
        samples: How many; ``None`` where unknown.
    """

    value: float
    spread: float | None = None
    samples: int | None = None


@dataclass(frozen=True)
class LayerTable:
    """Entries by layer, and what they are of.

    Attributes:
        entries: Key of a layer -> what was measured.
        conditions: Device, runtime and the like.
        space: Name of the space whose ``layers`` has such keys (see :class:`zcnas.space.Layered`); empty if none has.
        options: Further arguments of ``layers``, as plain JSON.
        by_image: Whether entries differ by the size of images beyond what keys say. They then begin with it, as in
            ``224/Conv_1-input:...``.
        axes: Along which entries are interpolated; between them nowhere else, and beyond them never.
        calibration: Of sums, by networks that were measured as a whole.
        notes: What users of the table should know.

    Raises:
        InputError: No entries, or one that is not a finite number from 0 on.
    """

    entries: Mapping[str, Entry]
    conditions: Conditions
    space: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    by_image: bool = False
    axes: tuple[Axis, ...] = ()
    calibration: Calibration | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.entries:
            raise InputError("expected a table with entries, got none")
        for key, entry in self.entries.items():
            if not (isinstance(key, str) and key and "#" not in key and _sound(entry)):
                raise InputError(
                    f"entry {key!r}: expected a value and a spread that are finite and not negative, and a number "
                    f"of samples, got {tuple(entry)}; measure the layer again, or leave it out"
                )

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def title(self) -> str:
        """What the table is of, in messages."""
        return f"{self.conditions.metric} of layers on {self.conditions.device}"

    def value(self, key: str) -> float:
        """Of one layer, in the table's unit: measured, or interpolated along an axis that the table declares.

        Raises:
            MissingEntryError: Neither; the message names the nearest entries.
        """
        if key in self.entries:
            return self.entries[key].value
        for axis in self._interpolations:
            if (found := axis.value(key)) is not None:
                return found
        remedy = "measure it, or declare an axis if entries lie on both sides" if not self.axes else "measure it"
        raise MissingEntryError(f"entry ({self.title}) for", key, nearest(key, self.entries), remedy)

    def total(self, keys: Iterable[str], *, calibrated: bool = True) -> float:
        """Of all these layers, in the table's unit; with its calibration, if it has one.

        Raises:
            MissingEntryError: As :meth:`value`.
        """
        summed = math.fsum(map(self.value, keys))
        return self.calibration(summed) if self.calibration and calibrated else summed

    def along(self, *names: str) -> LayerTable:
        """The same with these axes declared, ``"resolution"`` or ``"width"``; see :func:`axis_of`."""
        return replace(self, axes=tuple(axis_of(name, self.entries) for name in names))

    @cached_property
    def _interpolations(self) -> tuple[Interpolation, ...]:
        values = {key: entry.value for key, entry in self.entries.items()}
        return tuple(Interpolation(axis, values) for axis in self.axes)


def _sound(entry: Entry) -> bool:
    numbers = [entry.value, *([] if entry.spread is None else [entry.spread])]
    fit = all(type(one) in (int, float) and math.isfinite(one) and one >= 0 for one in numbers)
    return fit and (entry.samples is None or (type(entry.samples) is int and entry.samples > 0))
