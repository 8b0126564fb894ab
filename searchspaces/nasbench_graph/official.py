"""Turns the files that the benchmark's authors publish into a table."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.column import Column
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces.conversion import made, provenance, read_bytes, reading, written
from zcnas.searchspaces.nasbench_graph.cell import LINKS, OPS
from zcnas.searchspaces.nasbench_graph.isomorphism import members
from zcnas.searchspaces.nasbench_graph.space import NASBenchGraph
from zcnas.searchspaces.number import number
from zcnas.space import Genomes
from zcnas.table import Table
from zcnas.unpickle import load

_DIGESTS = {
    "arxiv": None,
    "citeseer": "99c7f79b73372636305bf73fb32a58b63c57bd1871a152dd62ec72d984c8c50f",
    "computers": "fdb3dc0cf405d62322f0ab9614b2083c2a5e6576c2f43e4f2214be64bc62b1b3",
    "cora": "5e69b2f9bb08d8927d9ffd4921f8494a3cea349c9c3a461334cb9dc9e11701a8",
    "cs": "71ae8469930517160b024f52db6000a4897f1aff5d765beb27bb60952ed5bd31",
    "photo": "5511b4dc3f63fa988792177227db7901290fb9b27fc6c02e3036b29e134ed6df",
    "physics": "1e309bafee0b832c8b84fa3c039c36992bc0a910238b128f26b7e9190d7f2aea",
    "proteins": None,
    "pubmed": "10b4dcf6cfd3a24f6059f7d541a4a872960b4adac0b3dba26abed1bb9a3d904d",
}
"""Data set -> SHA-256 of the published file, where it is known."""

_BYTES = 2_036_857  # Of each of these files; pickles have no checksum of their own.
_FORM = "NAS-Bench-Graph .bench file"
_LARGEST = 1e6  # Of millions of parameters, or of seconds: far beyond what was trained.
_FIELDS = {"valid_perf", "perf", "latency", "para"}
_RECORDED = "mean over three trainings; test: in the epoch of the best validation; val: the best of all epochs"


def convert(
    path: str | os.PathLike[str], out: str | os.PathLike[str], *, partial: bool = False, progress: bool = True
) -> Table:
    """Converts the small files of NAS-Bench-Graph, ``cora.bench`` and its like, one or a folder of several.

    Columns by data set, which the file is named after, rows in the order of the benchmark's hash: accuracy in % on
    ``"test"`` and ``"val"`` (for ``proteins`` the area under the ROC curve), means of three trainings; ``latency``,
    seconds of one pass over the graph on a device that the file does not name; and ``params``.

    Where a published file's SHA-256 is known, one of its size with another is refused. In other files changed bits
    that leave numbers in their range cannot be found.

    Args:
        path: A file, or a folder with files of several data sets, which become one table.
        out: The ``.npz`` file to write; it appears when it is complete.
        partial: Take files with fewer than all 26,206 architectures; the others are then missing.
        progress: Show a progress bar.

    Raises:
        DataError: A file is truncated, garbled or of another kind, lacks architectures, has values out of range, or
            would run code.
        InputError: ``path`` cannot be read, or ``out`` not be written.
        UnknownNameError: A file is not named after a data set.
    """
    written(lambda: read(path, partial=partial, progress=progress), out, _files(path))
    return Table.load(out, NASBenchGraph().parse)


def read(path: str | os.PathLike[str], *, partial: bool = False, progress: bool = False) -> Table:
    """What :func:`convert` writes."""
    from tqdm import tqdm

    columns, origins = dict[Column, npt.NDArray[np.float64]](), {}
    for file in tqdm(_files(path), unit="file", disable=not progress):
        content = read_bytes(file, f"a {_FORM}")
        columns |= _columns(file, content, partial=partial)
        origins[file.stem] = provenance(file, content, _FORM)
    meta = {"sources": origins, "values": _RECORDED, **made()}
    genomes = np.array(sorted(members()), dtype=np.uint8)
    return Table(Genomes(NASBenchGraph.name, genomes), columns, meta)


def _files(path: str | os.PathLike[str]) -> list[Path]:
    source = Path(path)
    files = sorted(source.glob("*.bench")) if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: expected a {_FORM} or a folder of some, got a folder without; give another path")
    return files


def _columns(file: Path, content: bytes, *, partial: bool) -> dict[Column, npt.NDArray[np.float64]]:
    dataset = file.stem
    if dataset not in _DIGESTS:
        raise UnknownNameError("data set, after which a .bench file is named:", dataset, _DIGESTS)
    with reading(file, f"a complete {_FORM}"):
        _check_digest(dataset, content)
        rows = _rows(load(content), partial=partial)
    complete = bool(np.isfinite(rows).all())
    metric = "roc_auc" if dataset == "proteins" else "accuracy"
    listed = [
        Column(dataset, "test", metric, complete=complete),
        Column(dataset, "val", metric, complete=complete),
        Column(dataset, metric="latency", unit="s", higher_is_better=False, complete=complete),
        Column(dataset, metric="params", unit="parameters", higher_is_better=False, complete=complete),
    ]
    return dict(zip(listed, rows.T, strict=True))


def _check_digest(dataset: str, content: bytes) -> None:
    published, found = _DIGESTS[dataset], hashlib.sha256(content).hexdigest()
    if published is not None and len(content) == _BYTES and found != published:
        raise DataError(f"it is as long as the published file, but its SHA-256 is {found} and not {published}")


def _rows(records: Any, *, partial: bool) -> npt.NDArray[np.float64]:
    if not isinstance(records, dict) or not all(type(key) is int for key in records):
        raise DataError("it is no dictionary of hashes")
    order = _order()
    unknown = [key for key in records if key not in order]
    if unknown:
        raise DataError(
            f"hash {unknown[0]} is of no architecture, whose five digits are a number below {len(LINKS)} and four "
            f"below {len(OPS)}"
        )
    if not records or (len(records) < len(order) and not partial):
        raise DataError(f"it has {len(records)} of {len(order)} architectures, which only `partial` allows")
    rows = np.full((len(order), len(_FIELDS)), np.nan)
    for key, record in records.items():
        rows[order[key]] = _row(record)
    return rows


@cache
def _order() -> dict[int, int]:
    """Hash -> row."""
    return {int("".join(map(str, genome))): row for row, genome in enumerate(sorted(members()))}


def _row(record: Mapping[str, Any]) -> tuple[float, float, float, float]:
    if isinstance(record, dict) and "dur" in record:
        raise DataError("it has the results of every epoch; give the small file of means over trainings")
    if not isinstance(record, dict) or record.keys() != _FIELDS:
        raise DataError(f"expected records of {', '.join(sorted(_FIELDS))}; got {record!r:.200}")
    latency, millions = (number(record[name], 0, _LARGEST) for name in ("latency", "para"))
    test, val = (100 * number(record[name], 0, 1) for name in ("perf", "valid_perf"))
    return test, val, latency, round(millions * 1e6, 3)
