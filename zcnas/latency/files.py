"""The files of tables: JSON for layers, ``.npz`` for architectures, one version of both."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from zcnas.errors import DataError, InputError
from zcnas.latency.architectures import ArchitectureTable, architecture_tables
from zcnas.latency.axis import Axis
from zcnas.latency.calibration import Calibration
from zcnas.latency.conditions import UNITS, conditions_of
from zcnas.latency.layers import Entry, LayerTable
from zcnas.searchspaces import get
from zcnas.searchspaces.conversion import parse_json, read_bytes, reading
from zcnas.table import Table

FORMAT, VERSION = "zcnas latency tables", 1
"""What files call themselves; the version grows when older readers would misread them."""

_HEAD_BYTES = 200
"""Within which a JSON file of ours says what it is."""

LatencyTable = LayerTable | ArchitectureTable


def save_tables(tables: Sequence[LatencyTable], path: str | os.PathLike[str]) -> None:
    """Writes tables, of layers to a ``.json`` file, of architectures to an ``.npz`` file; a reader never sees half.

    Raises:
        InputError: No tables, some of both kinds, tables of architectures that do not share their
            :class:`~zcnas.table.Table`, another ending of the name, or a file that cannot be written.
    """
    target, layers = Path(path), [one for one in tables if isinstance(one, LayerTable)]
    whole = [one for one in tables if isinstance(one, ArchitectureTable)]
    suffix = ".json" if layers else ".npz"
    if not tables or (layers and whole) or target.suffix != suffix:
        raise InputError(
            f"{target}: expected tables of layers and a name in .json, or of architectures and a name in .npz, got "
            f"{len(layers)} of layers and {len(whole)} of architectures; give another name, or save them apart"
        )
    try:
        if layers:
            _replace(target, json.dumps({"format": FORMAT, "version": VERSION, "tables": [*map(_plain, layers)]}))
        else:
            _save_whole(whole, target)
    except OSError as error:
        raise InputError(f"{target}: expected a file that can be written, got {error}; give another path") from error


def load_tables(path: str | os.PathLike[str]) -> list[LatencyTable]:
    """Reads what :func:`save_tables` wrote, and the latencies and energies of what ``zcnas convert`` wrote.

    Raises:
        DataError: Truncated, garbled, of another kind or of another version; or values that are NaN, infinite, or
            negative, and units that do not fit their metric.
        InputError: The file cannot be read.
    """
    file = Path(path)
    content = read_bytes(file, "a file of latency tables")
    with reading(file, f"a complete file of {FORMAT}, version {VERSION}", "make it again, or update zcnas"):
        return [*_load_whole(file)] if content.startswith(b"PK") else [*_load_layers(content)]


def holds_tables(path: Path) -> bool:
    """Whether a file looks like one of ours: by its name and how it begins, or by the columns that it describes."""
    if path.suffix == ".json" and path.is_file():
        with path.open("rb") as file:
            return FORMAT.encode() in file.read(_HEAD_BYTES)
    if path.suffix != ".npz" or not zipfile.is_zipfile(path):
        return False
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            metrics = [one["metric"] for one in json.loads(str(arrays["columns"]))]
            return "space" in arrays and not UNITS.keys().isdisjoint(metrics)
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile):
        return False  # of somebody else


def _replace(target: Path, text: str) -> None:
    draft = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        draft.write_text(f"{text}\n", encoding="utf-8")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _plain(table: LayerTable) -> dict[str, Any]:
    line = table.calibration
    return {
        "entries": {key: list(entry) for key, entry in table.entries.items()},
        "conditions": table.conditions.plain(),
        "space": table.space,
        "options": dict(table.options),
        "by_image": table.by_image,
        "axes": [[one.name, {form: list(places) for form, places in one.places.items()}] for one in table.axes],
        "calibration": None if line is None else [line.scale, line.offset, line.count, line.robust],
        "notes": list(table.notes),
    }


def _load_layers(content: bytes) -> list[LayerTable]:
    found = parse_json(content)
    if not isinstance(found, Mapping) or found.get("format") != FORMAT:
        raise DataError(f"expected JSON with 'format': {FORMAT!r}, got something else")
    _check_version(found.get("version"))
    tables = found.get("tables")
    if not isinstance(tables, list) or not tables:
        raise DataError("expected a list 'tables', got none")
    return [*map(_layer_table, tables)]


def _check_version(version: Any) -> None:
    if version != VERSION:
        raise DataError(f"expected version {VERSION}, got {version!r:.40}")


def _layer_table(content: Any) -> LayerTable:
    names = {one.name for one in fields(LayerTable)}
    if not isinstance(content, Mapping) or set(content) != names:
        raise DataError(f"expected a table with {', '.join(sorted(names))}, got {list(content)!r:.200}")
    line = content["calibration"]
    return LayerTable(
        {key: Entry(*entry) for key, entry in content["entries"].items()},
        conditions_of(content["conditions"]),
        _text(content["space"]),
        dict(content["options"]),
        bool(content["by_image"]),
        tuple(Axis(_text(name), {form: tuple(at) for form, at in places.items()}) for name, places in content["axes"]),
        None if line is None else Calibration(*line),
        tuple(map(_text, content["notes"])),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise DataError(f"expected a text, got {value!r:.100}")
    return value


def _save_whole(tables: Sequence[ArchitectureTable], target: Path) -> None:
    table = tables[0].table
    if any(one.table is not table for one in tables):
        raise InputError(f"{target}: expected columns of one table, got several; save them apart")
    stated = {str(one.column): one.conditions.plain() for one in tables}
    meta = {**table.meta, "latency": {"format": FORMAT, "version": VERSION, "conditions": stated}}
    columns = {one.column: table.values(one.column.dataset, **one.column.choice) for one in tables}
    Table(table.archs, columns, meta).save(target)


def _load_whole(file: Path) -> list[ArchitectureTable]:
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        space = str(arrays["space"]) if "space" in arrays else ""
    if not space:
        raise DataError("expected a table that says its space, as zcnas convert writes it")
    # A space's own class of tables may want all of its architectures; of measured ones there are few.
    table = Table.load(file, get(space).parse)
    told = table.meta.get("latency")
    if told is None:
        return architecture_tables(table)
    _check_version(told.get("version"))
    return architecture_tables(table, {column: conditions_of(one) for column, one in told["conditions"].items()})
