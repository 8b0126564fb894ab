"""The flat YAML in which once-for-all and ProxylessNAS publish layer tables."""

from __future__ import annotations

import math
import re
from typing import Any

from zcnas.errors import DataError
from zcnas.latency.layers import Entry

_KEY = re.compile(r"""(['"]?)([^\s'"#][^'"#]*)\1:\s*""")
_FIELD = re.compile(r"  +(count|mean|std|var): (\S+)\s*")


def read_entries(text: str) -> dict[str, Entry]:
    r"""Keys with ``count``, ``mean``, and ``std`` or ``var``, of which nothing else of YAML is needed.

    Raises:
        DataError: Another form, a key or a field twice, no ``mean``, or numbers that are not finite and above 0.

    >>> read_entries("Conv-input:2x2x3-output:1x1x8:\n  count: 9\n  mean: 0.5\n  var: 0.04\n")
    {'Conv-input:2x2x3-output:1x1x8': Entry(value=0.5, spread=0.2, samples=9)}
    """
    found: dict[str, dict[str, str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if key := _KEY.fullmatch(line):
            _add(found, key[2], {}, number)
        elif (field := _FIELD.fullmatch(line)) and found:
            _add(found[next(reversed(found))], field[1], field[2], number)
        elif line.strip():
            raise DataError(f"line {number}: expected a key, or count, mean, std or var of one, got {line!r:.100}")
    return {key: _entry(key, fields) for key, fields in found.items()}


def _add(found: dict[str, Any], name: str, value: Any, number: int) -> None:
    if name in found:
        raise DataError(f"line {number}: {name!r} occurs twice")
    found[name] = value


def _entry(key: str, fields: dict[str, str]) -> Entry:
    if "mean" not in fields:
        raise DataError(f"{key}: expected a mean, got {', '.join(fields) or 'nothing'}")
    mean = float(fields["mean"])
    count = int(fields["count"]) if "count" in fields else None
    if not (math.isfinite(mean) and mean > 0 and (count is None or count > 0)):
        raise DataError(f"{key}: expected a mean above 0 of one sample or more, got {mean} of {count}")
    return Entry(mean, _spread(key, fields), count)


def _spread(key: str, fields: dict[str, str]) -> float | None:
    """A standard deviation."""
    given = {name: float(fields[name]) for name in ("std", "var") if name in fields}
    if not all(math.isfinite(one) and one >= 0 for one in given.values()):
        raise DataError(f"{key}: expected a spread from 0 on, got {given}")
    return given.get("std", math.sqrt(given["var"]) if "var" in given else None)
