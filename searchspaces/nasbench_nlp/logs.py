"""Turns the logs of trainings that the benchmark's authors publish into a table."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.column import Column
from zcnas.errors import DataError, InputError
from zcnas.searchspaces.conversion import made, read_bytes, reading, written
from zcnas.searchspaces.nasbench_nlp.space import NASBenchNLP
from zcnas.searchspaces.number import is_number, number
from zcnas.space import Architecture, Genomes
from zcnas.table import Table

_FORM = "NAS-Bench-NLP log (.json)"
_RECORDED = "test: in the epoch of the best validation; val: the best of all epochs; natural logarithms of perplexities"
_LARGEST = 1e12  # Of parameters or seconds: far beyond what was trained.

Values = tuple[float, float, float, float]


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str], *, progress: bool = True) -> Table:
    """Converts logs of NAS-Bench-NLP: a folder such as ``train_logs_single_run``, or one log.

    Columns by data set, which a log's ``data`` is named after: ``loss`` in nats a token on ``"test"`` and ``"val"``;
    ``seconds`` of training; ``params``. Several trainings of a recipe become their mean. Those that failed, by their
    ``status`` or as losses are not finite, have no loss.

    The form is that of the authors' training script. It was not tried on a real file, of which there was none.
    Changed digits that leave numbers in their range cannot be found.

    Args:
        path: A ``.json`` file, or a folder with several, which become one table.
        out: The ``.npz`` file to write; it appears when it is complete.
        progress: Show a progress bar.

    Raises:
        DataError: A file is truncated, garbled or of another kind.
        InputError: ``path`` cannot be read, or ``out`` not be written.
    """
    written(lambda: read(path, progress=progress), out, _files(path))
    return Table.load(out, NASBenchNLP().parse)


def read(path: str | os.PathLike[str], *, progress: bool = False) -> Table:
    """What :func:`convert` writes."""
    from tqdm import tqdm

    files, digest = _files(path), hashlib.sha256()
    found: dict[str, dict[Architecture, list[Values]]] = {}
    for file in tqdm(files, unit="file", disable=not progress):
        content = read_bytes(file, f"a {_FORM}")
        digest.update(content)
        dataset, arch, values = _log(file, content)
        found.setdefault(dataset, {}).setdefault(arch, []).append(values)
    archs = sorted({arch for runs in found.values() for arch in runs})
    columns: dict[Column, npt.NDArray[np.float64]] = {}
    for dataset, runs in found.items():
        rows = np.array([_mean(runs.get(arch, [])) for arch in archs])
        columns |= dict(zip(_columns(dataset, rows), rows.T, strict=True))
    source = {"source": Path(path).resolve().name, "form": _FORM, "files": len(files), "sha256": digest.hexdigest()}
    meta = {**source, "values": _RECORDED, **made()}
    genomes = np.array([arch.genome for arch in archs], dtype=np.uint8)
    return Table(Genomes(NASBenchNLP.name, genomes), columns, meta)


def _files(path: str | os.PathLike[str]) -> list[Path]:
    source = Path(path)
    files = sorted(source.glob("*.json")) if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: expected a {_FORM} or a folder of some, got a folder without; give another path")
    return files


def _columns(dataset: str, rows: Any) -> list[Column]:
    listed = [
        Column(dataset, "test", "loss", unit="nats", higher_is_better=False),
        Column(dataset, "val", "loss", unit="nats", higher_is_better=False),
        Column(dataset, "train", "seconds", unit="s", higher_is_better=False),
        Column(dataset, metric="params", unit="parameters", higher_is_better=False),
    ]
    full = np.isfinite(rows).all(axis=0)
    return [
        Column(one.dataset, one.split, one.metric, unit=one.unit, higher_is_better=False, complete=bool(every))
        for one, every in zip(listed, full, strict=True)
    ]


def _mean(runs: Sequence[Values]) -> Values:
    """Over the runs that have a value."""
    columns = zip(*runs, strict=True) if runs else [[]] * 4
    finite = [[value for value in column if np.isfinite(value)] for column in columns]
    test, val, seconds, params = (float(np.mean(values)) if values else np.nan for values in finite)
    return test, val, seconds, params


def _log(file: Path, content: bytes) -> tuple[str, Architecture, Values]:
    with reading(file, f"a complete {_FORM}"):
        log = json.loads(content)
        arch = NASBenchNLP().parse(log["recepie"])
        dataset = log["data"].replace("\\", "/").rstrip("/").rpartition("/")[2]
        if not dataset:
            raise DataError(f"it names no data set, but {log['data']!r:.100}")
        seconds = sum(_number(value) for value in log["wall_times"])
        losses = _losses(log) if log["status"] == "OK" else (np.nan, np.nan)
        return dataset, arch, (*losses, seconds, _number(log["num_params"]))


def _losses(log: dict[str, Any]) -> tuple[float, float]:
    val, test = (np.array([_loss(value) for value in log[f"{split}_losses"]]) for split in ("val", "test"))
    if len(val) != len(test):
        raise DataError(f"it has {len(val)} losses of validation, and {len(test)} of the test")
    if not len(val) or not (np.isfinite(val).all() and np.isfinite(test).all()):
        return np.nan, np.nan
    best = int(val.argmin())
    return float(test[best]), float(val[best])


def _loss(value: object) -> float:
    """Trainings that went wrong have NaN, or infinity."""
    if not is_number(value) or value < 0:
        raise DataError(f"expected a loss from 0, got {value!r:.100}")
    return float(value)


def _number(value: object) -> float:
    return number(value, 0, _LARGEST)
