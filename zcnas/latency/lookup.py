"""Finds tables in folders, and the one for a device."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from zcnas.errors import InputError, UnknownNameError
from zcnas.latency.architectures import ArchitectureTable
from zcnas.latency.files import LatencyTable, holds_tables, load_tables
from zcnas.latency.importers import IMPORTERS, Importer
from zcnas.latency.layers import LayerTable
from zcnas.latency.network import LayerLatency
from zcnas.space import SearchSpace

LatencyModel = LayerLatency | ArchitectureTable
"""From an architecture to ms, or to mJ."""


class Found(NamedTuple):
    """A table, and the file or folder that it lies in."""

    path: Path
    table: LatencyTable


def find_tables(path: str | os.PathLike[str], space: str | None = None) -> list[Found]:
    """All tables in a file, or in a folder and those below it: ours, and published ones by their usual names.

    Tables of ``zcnas convert`` without latencies are passed over.

    Args:
        path: Of the file or folder.
        space: Name of the only space that counts, which saves reading the others.

    Raises:
        DataError: A file that is named so, and is garbled.
        InputError: No such file or folder.
    """
    root = Path(path)
    if not root.exists():
        raise InputError(f"{root}: expected a file or folder of latency tables, got nothing there; give its path")
    # A file that somebody names is read, whatever it looks like, so that errors say what is wrong with it.
    paths = [root] if root.is_file() else _candidates(root)
    return [Found(one, table) for one in paths for table in _read(one, space)]


def latency_model(
    tables: Sequence[LatencyTable],
    space: SearchSpace,
    device: str,
    *,
    metric: str = "latency",
    dataset: str | None = None,
    resolution: int | None = None,
) -> LatencyModel:
    """The first table of this device for the architectures of a space, as a function of these.

    Args:
        tables: To choose from.
        space: Of the architectures.
        device: As in the tables' conditions.
        metric: ``"latency"`` or ``"energy"``.
        dataset: Whose images the networks ran on: needed where tables of architectures are of several.
        resolution: Of images, for tables of layers; by default the architecture's own.

    Raises:
        UnknownNameError: No such table; the message suggests a device, and lists those that there are.
        InputError: Tables are of several data sets, and none is named.
    """
    found = models_for(tables, space, device, metric=metric, dataset=dataset, resolution=resolution)
    several = dict.fromkeys(one.column.dataset for one in found if isinstance(one, ArchitectureTable))
    if len(several) > 1:
        raise InputError(f"dataset: expected one of {', '.join(several)}, of which {device} has tables, got {dataset}")
    return found[0]


def models_for(
    tables: Sequence[LatencyTable],
    space: SearchSpace,
    device: str,
    *,
    metric: str = "latency",
    dataset: str | None = None,
    resolution: int | None = None,
) -> list[LatencyModel]:
    """All that :func:`latency_model` chooses from, which is one or more, of any data set if none is named.

    Raises:
        UnknownNameError: As that does.
    """
    fit = [one for one in tables if one.space == space.name and one.conditions.metric == metric]
    fit = [one for one in fit if isinstance(one, LayerTable) or dataset in (None, one.column.dataset)]
    found = [one for one in fit if one.conditions.device == device]
    if not found:
        on = f" on {dataset}" if dataset else ""
        known = dict.fromkeys(one.conditions.device for one in fit)
        raise UnknownNameError(f"device with a table of {metric} of {space.name}{on},", device, known)
    return [LayerLatency(one, space, resolution) if isinstance(one, LayerTable) else one for one in found]


def _candidates(root: Path) -> Iterator[Path]:
    """Files and folders with tables; what lies in a folder that is one table is no other."""
    if _importer(root) or holds_tables(root):
        yield root
    elif root.is_dir():
        for below in sorted(root.iterdir()):
            yield from _candidates(below)


def _importer(path: Path) -> Importer | None:
    return next((one for one in IMPORTERS.values() if one.recognises(path)), None)


def _read(path: Path, space: str | None) -> list[LatencyTable]:
    importer = _importer(path)
    if importer and space not in (None, importer.space(path)):
        return []
    tables = importer.read(path) if importer else load_tables(path)
    return [one for one in tables if space in (None, one.space)]
