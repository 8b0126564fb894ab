"""The suite's JSON files: data set -> architecture -> scores and validation accuracy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from zcnas.errors import DataError
from zcnas.searchspaces.conversion import parse_json
from zcnas.searchspaces.number import is_number

ACCURACY = "val_accuracy"

Records = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Data set -> spelling -> what is recorded: numbers, or ``{"score": ..., "time": ...}``."""

_WRAPPERS = ("nasbench101", "nasbench201", "nasbench301", "transbench101_micro", "transbench101_macro")


def parse_records(content: bytes) -> tuple[str | None, Records]:
    """What NASLib calls the benchmark, where the file says it, and the records.

    Raises:
        DataError: Another form.
        ValueError: No JSON.
    """
    loaded, wrapper = parse_json(content), None
    if isinstance(loaded, dict) and len(loaded) == 1 and next(iter(loaded)) in _WRAPPERS:
        ((wrapper, loaded),) = loaded.items()
    if not isinstance(loaded, dict) or not loaded:
        raise DataError("it is no object of data sets")
    for dataset, records in loaded.items():
        if not isinstance(records, dict) or not all(isinstance(record, dict) for record in records.values()):
            raise DataError(f"{dataset} is no object of architectures and their records")
        if any(ACCURACY not in record for record in records.values()) or not records:
            raise DataError(f"{dataset} has no architectures, or some without {ACCURACY}")
    return wrapper, loaded


def checked(value: Any, low: float = 0, high: float = 100) -> float:
    """An accuracy, or what a task has in its stead. Raises :class:`DataError` outside of the range."""
    if not is_number(value) or not low <= value <= high:
        raise DataError(f"expected an accuracy from {low} to {high}, got {value!r}")
    return float(value)


def scores_of(record: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Proxy -> score and seconds, NaN where there is none."""
    found = {}
    for name, value in record.items():
        if name == ACCURACY or name in ("id", "idx", "arch"):
            continue
        parts = (value.get("score"), value.get("time")) if isinstance(value, dict) else (value, None)
        found[name] = (_number(parts[0]), _number(parts[1]))
    return found


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if not is_number(value):
        raise DataError(f"expected a number as score and as time, got {value!r}")
    # Tables have no infinite values; some scores are minus infinity.
    return float(value) if math.isfinite(value) else math.nan
