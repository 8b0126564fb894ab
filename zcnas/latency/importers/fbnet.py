"""Text tables of FBNet's layers: a line for each place, a column for each operation."""

from __future__ import annotations

import math
from pathlib import Path

from zcnas.errors import DataError
from zcnas.latency.conditions import Conditions
from zcnas.latency.layers import Entry, LayerTable
from zcnas.searchspaces.conversion import read_bytes, reading

FORM = "lookup_table.txt as reimplementations of FBNet write it"


def recognises(path: Path) -> bool:
    """Whether it is named so."""
    return path.name.startswith("lookup_table") and path.suffix == ".txt"


def read_fbnet(path: Path) -> list[LayerTable]:
    """Entries such as ``0/ir_k3_e1``: the place of the layer, from 0, and the operation.

    The first line has the operations' names, the others one number for each, in microseconds on the machine of
    whoever made the file, for one image. Stem and head are not among them. Written from public reimplementations of
    FBNet (Wu et al. 2019, arXiv:1812.03443), as its authors published no such file, and not tried on a real one.

    Raises:
        DataError: Truncated, garbled, of another kind, or with numbers that are not finite or negative.
        InputError: The file cannot be read.
    """
    content = read_bytes(path, FORM)
    with reading(path, f"a complete {FORM}", "write it again"):
        entries = _entries(content.decode("ascii"))
        conditions = Conditions(path.stem, unit="us", batch=1, statistic="mean")
        return [LayerTable(entries, conditions, "fbnet", {"spelling": "places"}, notes=("without stem and head",))]


def _entries(text: str) -> dict[str, Entry]:
    header, *rows = [line.split() for line in text.splitlines() if line.strip()] or [[]]
    if len(header) < 2 or len(set(header)) != len(header) or any(_is_number(name) for name in header) or not rows:
        raise DataError(f"expected a line of operations and lines of numbers, got {header!r:.200}")
    wrong = [place for place, row in enumerate(rows) if len(row) != len(header)]
    if wrong:
        raise DataError(f"layer {wrong[0]}: expected {len(header)} numbers, got {len(rows[wrong[0]])}")
    return {
        f"{place}/{op}": _entry(f"{place}/{op}", number)
        for place, row in enumerate(rows)
        for op, number in zip(header, row, strict=True)
    }


def _entry(key: str, text: str) -> Entry:
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise DataError(f"{key}: expected microseconds from 0 on, got {text}")
    return Entry(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
