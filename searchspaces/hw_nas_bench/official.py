"""Turns published measurements into a table of NAS-Bench-201."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np

from zcnas.errors import DataError, InputError
from zcnas.searchspaces.conversion import read_bytes, reading, written
from zcnas.searchspaces.folders import provenance_of
from zcnas.searchspaces.hw_nas_bench.measurements import DATASETS, Values, from_csv, from_pickle
from zcnas.searchspaces.nasbench201 import NASBench201, NASBench201Table
from zcnas.searchspaces.nasbench201.order import official_codes
from zcnas.space import Genomes
from zcnas.table import Column

_FORM = "HW-NAS-Bench .pickle, hw_<data set>.csv, or folder of such .csv files"
_METRICS = {
    "latency": ("ms", False),
    "energy": ("mJ", False),
    "arithmetic_intensity": ("not stated", True),
}
"""Unit and direction."""


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> NASBench201Table:
    """Writes what :func:`read` gives to the ``.npz`` file ``out``, which appears when it is complete.

    Raises:
        DataError: As :func:`read`.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    written(lambda: read(path), out, _files(Path(path)))
    return NASBench201Table.load(out)


def read(path: str | os.PathLike[str]) -> NASBench201Table:
    """Reads ``HW-NAS-Bench-v1_0.pickle``, a file ``hw_cifar10.csv`` or its like, or a folder of such files.

    Columns: ``latency`` in ms, ``energy`` in mJ and ``arithmetic_intensity``, for every data set and device. Those
    of ``edgetpu`` lack the networks that could not be compiled for it. Neither form has checksums: a digit in place
    of another is not noticed; compare the ``sha256`` in ``meta``. The pickle is read by its public description, and
    was not tried on the real file. Its second part, a table of FBNet's layers, is left out.

    Raises:
        DataError: A file is truncated, garbled or of another kind, lacks architectures, or would run code.
        InputError: ``path`` cannot be read.
    """
    files = _files(Path(path))
    contents = {file.name: read_bytes(file, f"a {_FORM}") for file in files}
    columns: dict[Column, Values] = {}
    for name, content in contents.items():
        with reading(name, f"a complete {_FORM}"):
            columns |= _columns(name, content)
    genomes = Genomes(NASBench201.name, np.array(official_codes(), dtype=np.uint8))
    return NASBench201Table(genomes, columns, provenance_of(Path(path), contents, _FORM))


def _columns(name: str, content: bytes) -> dict[Column, Values]:
    parts = {_dataset(name): from_csv(content)} if name.endswith(".csv") else from_pickle(content)
    return {
        _column(dataset, published, complete=bool(np.isfinite(values).all())): values
        for dataset, measurements in parts.items()
        for published, values in measurements.items()
    }


def _column(dataset: str, published: str, *, complete: bool) -> Column:
    device, _, metric = published.partition("_")
    unit, higher_is_better = _METRICS[metric]
    return Column(
        dataset,
        metric=metric,
        seed="none",
        unit=unit,
        higher_is_better=higher_is_better,
        complete=complete,
        device=device,
    )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = [file for file in (path / f"hw_{dataset}.csv" for dataset in DATASETS) if file.is_file()]
    if not files:
        raise InputError(f"{path}: expected a {_FORM}; got a folder without such files; give their folder")
    return files


def _dataset(name: str) -> str:
    found = re.fullmatch(r"hw_(.*)\.csv", name)
    if found is None or found[1] not in DATASETS:
        raise DataError(f"expected a name such as hw_cifar10.csv, with one of {', '.join(DATASETS)}; rename the file")
    return found[1]
