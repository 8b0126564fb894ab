"""From measured seconds to tables."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zcnas.column import Column
from zcnas.errors import DataError
from zcnas.latency.architectures import ArchitectureTable
from zcnas.latency.conditions import Conditions
from zcnas.latency.files import LatencyTable
from zcnas.latency.layers import Entry, LayerTable
from zcnas.latency.measuring.plan import Job, Plan, plan_of
from zcnas.latency.measuring.runner import FORMAT, VERSION
from zcnas.latency.measuring.statistic import Summary, summary
from zcnas.searchspaces.conversion import parse_json, read_bytes, reading
from zcnas.space import Architecture
from zcnas.table import Table

_MS = 1e3
_HEAD_BYTES = 200
_CUT = (
    "an entry is what one more of the layer adds to a chain of its kind, or, where sizes differ, to others beside it; "
    "calibrate sums by networks that were measured as a whole"
)


@dataclass(frozen=True, slots=True)
class Results:
    """Measured seconds, and how they came about.

    Attributes:
        plan: What was to be run.
        device: As its user calls it.
        runtime: With its version.
        surroundings: Of the machine.
        pieces: ``"<round>/<name of a job>"`` -> ``{"seconds": [...], "load": ...}``.
        statistic: One of :data:`~zcnas.latency.measuring.STATISTICS`; the plan's, or another of the same seconds.
    """

    plan: Plan
    device: str
    runtime: str
    surroundings: Mapping[str, Any]
    pieces: Mapping[str, Any]
    statistic: str

    def table(self) -> LatencyTable:
        """The table that the plan is for.

        Raises:
            DataError: Measurements are missing.
        """
        told = {job: self.summary(job) for job in self.plan.jobs}
        conditions = _conditions(self, told)
        return _layers(self.plan, told, conditions) if self.plan.of_layers else _whole(self, told, conditions)

    def summary(self, job: Job) -> Summary:
        """Of all rounds of a job, in ms.

        Raises:
            DataError: One is missing, or has no sound seconds.
        """
        names = [f"{turn}/{job.name}" for turn in range(self.plan.settings.rounds)]
        missing = [name for name in names if name not in self.pieces]
        if missing:
            raise DataError(f"expected measurements of all jobs, {missing[0]} is missing; run the same call again")
        seconds = [one for name in names for one in self.pieces[name]["seconds"]]
        return summary([_MS * one for one in seconds], self.statistic)


def read_results(path: Path) -> list[LatencyTable]:
    """What a runner wrote, as a table.

    Raises:
        DataError: Truncated, garbled, of another kind or version, or not measured to the end.
        InputError: The file cannot be read.
    """
    content = read_bytes(path, FORMAT)
    with reading(path, f"a complete file of {FORMAT}, version {VERSION}", "copy it again, or run the runner again"):
        return [_results(parse_json(content)).table()]


def holds_results(path: Path) -> bool:
    """Whether a file begins as runners write it."""
    if path.suffix != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        return FORMAT.encode() in file.read(_HEAD_BYTES)


def _results(found: Any) -> Results:
    if not isinstance(found, Mapping) or (found.get("format"), found.get("version")) != (FORMAT, VERSION):
        raise DataError(f"expected 'format' {FORMAT!r} and 'version' {VERSION}, got something else")
    if not all(isinstance(found.get(name), str) for name in ("device", "runtime")):
        raise DataError("expected texts 'device' and 'runtime', got something else")
    plan = plan_of(found["plan"])
    device, runtime, here, pieces = (found[name] for name in ("device", "runtime", "surroundings", "pieces"))
    return Results(plan, device, runtime, here, pieces, plan.settings.statistic)


def _layers(plan: Plan, told: Mapping[Job, Summary], conditions: Conditions) -> LayerTable:
    by_key: dict[str, list[tuple[int, Summary]]] = {}
    for job, one in told.items():
        by_key.setdefault(job.key, []).append((job.copies, one))
    entries = {key: _entry(sorted(pairs)) for key, pairs in by_key.items()}
    hidden = [key for key, entry in entries.items() if entry.value == 0]
    notes = (_CUT, *([f"0 within what the noise lets tell: {', '.join(hidden)}"] if hidden else []))
    return LayerTable(entries, conditions, plan.space.name, plan.options, notes=notes)


def _entry(pairs: list[tuple[int, Summary]]) -> Entry:
    """What one copy takes, by the difference between many and few."""
    (few, less), (many, more) = pairs[0], pairs[-1]
    if few == many:
        return Entry(less.value, less.spread, less.samples)
    spread = math.hypot(less.spread, more.spread) / (many - few)
    return Entry(max(0.0, (more.value - less.value) / (many - few)), spread, min(less.samples, more.samples))


def _whole(results: Results, told: Mapping[Job, Summary], conditions: Conditions) -> ArchitectureTable:
    column = Column("random", metric="latency", seed="none", unit="ms", higher_is_better=False, device=results.device)
    archs = [Architecture.of_key(job.key) for job in told]
    spreads = {job.key: [one.spread, one.samples, one.outliers] for job, one in told.items()}
    meta = {"source": "measured by zcnas", "spread, samples, outliers": spreads}
    # As files keep them, so that a table is the same after it was saved.
    values = np.array([one.value for one in told.values()], dtype=np.float32)
    return ArchitectureTable(Table(archs, {column: values}, meta), column, conditions)


def _conditions(results: Results, told: Mapping[Job, Summary]) -> Conditions:
    settings = results.plan.settings
    return Conditions(
        device=results.device,
        runtime=results.runtime,
        batch=settings.batch,
        precision="float32",
        date=time.strftime("%Y-%m-%d"),
        source="measured by zcnas",
        statistic=results.statistic,
        spread="interquartile range",
        details={
            "settings": settings.plain(),
            "resolution": results.plan.resolution,
            "surroundings": dict(results.surroundings),
            "load": sorted(set(_loads(results)))[:: max(1, len(set(_loads(results))) - 1)],
            "outliers": {job.name: one.outliers for job, one in told.items() if one.outliers},
            "samples": sum(one.samples for one in told.values()),
        },
    )


def _loads(results: Results) -> Iterator[float]:
    return (one["load"] for one in results.pieces.values() if one["load"] is not None)
