"""HW-NAS-Bench and HELP: what ``zcnas convert`` reads, with what is known of the devices; and FBNet's layers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from zcnas.errors import DataError
from zcnas.latency.architectures import ArchitectureTable, architecture_tables
from zcnas.latency.conditions import UNITS, Conditions
from zcnas.latency.layers import Entry, LayerTable
from zcnas.searchspaces import help as help_
from zcnas.searchspaces import hw_nas_bench
from zcnas.searchspaces.conversion import read_bytes, reading
from zcnas.searchspaces.help.files import PARTS
from zcnas.space import Genomes
from zcnas.table import Table
from zcnas.unpickle import load

HW_FORM = "HW-NAS-Bench-v1_0.pickle, hw_<data set>.csv, or a folder of those"
HELP_FORM = "the folder nasbench201, fbnet or ofa of HELP's data"
_HW_SOURCE = "HW-NAS-Bench (Li et al. 2021, arXiv:2103.10584)"
_HELP_SOURCE = "HELP (Lee et al. 2021, arXiv:2106.08630)"
_GPU = re.compile(r"(?:1080ti|2080ti|titan_?rtx|titan_?xp?|v100)_(\d+)")
"""HELP's names of GPUs end in the size of the batch; those of phones and processors may end in any number."""


def is_hw_nas_bench(path: Path) -> bool:
    """Whether it is named so."""
    if path.is_dir():
        return any(path.glob("hw_*.csv"))
    return path.name.startswith("HW-NAS-Bench") and path.suffix == ".pickle"


def is_help(path: Path) -> bool:
    """Whether it has a list of architectures and latencies beside it."""
    return bool(help_space(path)) and any((path / "latency").glob("*.pt"))


def help_space(path: Path) -> str:
    """Of which space the list of architectures is; empty without one."""
    return next((part.space.name for part in PARTS if (path / part.listing).is_file()), "")


def read_hw_nas_bench(path: Path) -> list[ArchitectureTable]:
    """Latency and energy of NAS-Bench-201; see :func:`zcnas.searchspaces.hw_nas_bench.read`, also for errors."""
    return _stated(hw_nas_bench.read(path), _HW_SOURCE)


def read_help(path: Path) -> list[ArchitectureTable]:
    """Latencies on all devices of one space; see :func:`zcnas.searchspaces.help.read`, also for errors."""
    return _stated(help_.read(path), _HELP_SOURCE)


def read_hw_nas_bench_layers(path: Path) -> list[LayerTable]:
    """FBNet's layers on the devices of ``HW-NAS-Bench-v1_0.pickle``, its part ``fbnet``; latency and energy.

    Keys are those of :meth:`FBNet.layers <zcnas.searchspaces.mobilenet.FBNet.layers>`, of CIFAR-100 and ImageNet
    together. Written from the authors' interface, and not tried on the real file.

    Raises:
        DataError: Truncated, garbled, of another kind, or a pickle that would run code.
        InputError: The file cannot be read.
    """
    content = read_bytes(path, HW_FORM)
    with reading(path, "a complete HW-NAS-Bench .pickle"):
        loaded = load(content)
        part = loaded.get("fbnet") if isinstance(loaded, Mapping) else None
        if not isinstance(part, Mapping) or not part:
            raise DataError("expected tables of layers under 'fbnet', got something else")
        return [_layers(str(name), entries) for name, entries in part.items()]


def _stated(table: Table, source: str) -> list[ArchitectureTable]:
    """In single precision, in which tables are kept, so that what is saved equals what is loaded."""
    genomes = Genomes(table.space, np.array([arch.genome for arch in table.archs], dtype=np.uint8))
    columns = {one: table.values(one.dataset, **one.choice).astype(np.float32) for one in table.columns}
    found = architecture_tables(Table(genomes, columns, table.meta))
    return [replace(one, conditions=_known(one.conditions, source)) for one in found]


def _known(conditions: Conditions, source: str) -> Conditions:
    batch = _GPU.fullmatch(conditions.device)
    return replace(conditions, source=source, batch=int(batch[1]) if batch else None)


def _layers(name: str, entries: Any) -> LayerTable:
    device, _, metric = name.rpartition("_")
    if not isinstance(entries, Mapping) or not device or metric not in UNITS:
        raise DataError(f"expected layers under a name such as raspi4_latency, got {name!r:.100}")
    conditions = Conditions(device, metric, next(iter(UNITS[metric])), source=_HW_SOURCE)
    return LayerTable({key: Entry(float(value)) for key, value in entries.items()}, conditions, "fbnet")
