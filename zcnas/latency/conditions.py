"""What was measured, on what, and how: stated by every table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from zcnas.errors import DataError, InputError, UnknownNameError

UNKNOWN = "not stated"
"""Stands for what the source of a table does not tell."""

UNITS = {
    "latency": {"ms": 1.0, "us": 1e-3, "s": 1e3},
    "energy": {"mJ": 1.0, "uJ": 1e-3, "J": 1e3},
}
"""Metric -> unit -> factor to the first, in which models answer."""

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the numbers of a table came about. What the source does not tell is :data:`UNKNOWN`.

    Attributes:
        device: The hardware, as its users call it, such as ``raspi4``.
        metric: ``"latency"`` or ``"energy"``, of one batch.
        unit: One of :data:`UNITS` of the metric.
        runtime: What ran the networks, with its version.
        batch: Images in a batch; ``None`` where nobody says.
        precision: Of weights and activations, such as ``float32``.
        date: Of the measurement: a year, a month or a day, as in ``2019-05``.
        source: Who measured, and where it was published.
        statistic: What an entry is of its samples, such as ``mean`` or ``median``.
        spread: What the spread of an entry is, such as ``standard deviation`` or ``interquartile range``.
        details: Whatever else is known, as plain JSON: threads, governor, load, versions.

    Raises:
        InputError: A field of the wrong form, such as an empty device, a batch of 0, or a date like ``May 2019``.
        UnknownNameError: Another metric, or a unit that does not fit it.

    >>> Conditions("pixel1", batch=1).unit
    'ms'
    """

    device: str
    metric: str = "latency"
    unit: str = "ms"
    runtime: str = UNKNOWN
    batch: int | None = None
    precision: str = UNKNOWN
    date: str = UNKNOWN
    source: str = UNKNOWN
    statistic: str = UNKNOWN
    spread: str = UNKNOWN
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("device", "metric", "unit", "runtime", "precision", "date", "source", "statistic", "spread"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise InputError(f"{name}: expected a text, such as {UNKNOWN!r}, got {value!r}")
        if self.metric not in UNITS:
            raise UnknownNameError("metric", self.metric, UNITS)
        if self.unit not in UNITS[self.metric]:
            raise UnknownNameError(f"unit of {self.metric}", self.unit, UNITS[self.metric])
        if self.batch is not None and (type(self.batch) is not int or self.batch < 1):
            raise InputError(f"batch: expected a number of images, or None where nobody says, got {self.batch!r}")
        if self.date != UNKNOWN and not _DATE.fullmatch(self.date):
            raise InputError(f"date: expected a form such as 2019, 2019-05 or 2019-05-31, got {self.date!r}")

    @property
    def factor(self) -> float:
        """From the table's unit to :attr:`told`."""
        return UNITS[self.metric][self.unit]

    @property
    def told(self) -> str:
        """The unit in which models answer: ms or mJ."""
        return next(iter(UNITS[self.metric]))

    def plain(self) -> dict[str, Any]:
        """As JSON has it; the inverse of :func:`conditions_of`."""
        return {**asdict(self), "details": dict(self.details)}


def conditions_of(content: Any) -> Conditions:
    """Conditions of what a file says.

    Raises:
        DataError: Not a dictionary of the fields, one of which may be missing only if it has a default.
        InputError: As :class:`Conditions`.
        UnknownNameError: As :class:`Conditions`.
    """
    names = [one.name for one in fields(Conditions)]
    if not isinstance(content, Mapping) or "device" not in content or not set(content) <= set(names):
        raise DataError(f"expected conditions with 'device' and some of {', '.join(names)}, got {content!r:.200}")
    if not isinstance(content.get("details", {}), Mapping):
        raise DataError(f"details: expected a dictionary, got {content['details']!r:.200}")
    return Conditions(**content)
