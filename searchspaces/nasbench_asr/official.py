"""Turns the files that the benchmark's authors publish into a table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.column import Column
from zcnas.errors import DataError, InputError
from zcnas.searchspaces.conversion import made, provenance, read_bytes, reading, written
from zcnas.searchspaces.nasbench_asr.cell import Genome
from zcnas.searchspaces.nasbench_asr.records import Records, read_records
from zcnas.searchspaces.nasbench_asr.space import NASBenchASR, classes
from zcnas.searchspaces.nasbench_asr.table import NASBenchASRTable
from zcnas.space import Genomes

_FORM = "NAS-Bench-ASR .pickle file"
_RECORDED = "test: of the weights with the best validation; val: the best of all epochs; rates of wrong phonemes"


def convert(
    path: str | os.PathLike[str], out: str | os.PathLike[str], *, partial: bool = False, progress: bool = True
) -> NASBenchASRTable:
    """Converts what NAS-Bench-ASR publishes: ``nb-asr-e40-1234.pickle``, ``nb-asr-bench-*.pickle`` and so on.

    Columns, rows in the order of the space: phoneme error rate ``per`` in % on ``"test"`` and ``"val"``, by length
    of training, as the mean over seeds and for every seed; ``latency`` in seconds, by device; ``params`` and ``flops``.

    The form is that of the authors' description and reader. It was not tried on a real file, of which there was
    none. Changed bits that leave numbers in their range cannot be found.

    Args:
        path: A file, or a folder with several, which become one table.
        out: The ``.npz`` file to write; it appears when it is complete.
        partial: Take files with fewer than all 8,242 architectures; the others are then missing.
        progress: Show a progress bar.

    Raises:
        DataError: A file is truncated, garbled or of another kind, lacks architectures, has values out of range or
            contradicts another, or would run code.
        InputError: ``path`` cannot be read, or ``out`` not be written.
    """
    written(lambda: read(path, partial=partial, progress=progress), out, _files(path))
    return NASBenchASRTable.load(out, NASBenchASR().parse)


def read(path: str | os.PathLike[str], *, partial: bool = False, progress: bool = False) -> NASBenchASRTable:
    """What :func:`convert` writes."""
    from tqdm import tqdm

    spellings, found, origins = dict(classes()), dict[Column, dict[str, float]](), {}
    for file in tqdm(_files(path), unit="file", disable=not progress):
        content = read_bytes(file, f"a {_FORM}")
        records = _read(file, content, found, partial=partial)
        found |= records.columns
        spellings |= records.spellings
        origins[file.name] = provenance(file, content, _FORM)
    meta = {"sources": origins, "values": _RECORDED, **made()}
    order = sorted(spellings, key=lambda key: spellings[key])
    return NASBenchASRTable(_genomes(spellings, order), _with_means(_arrays(found, order)), meta)


def _files(path: str | os.PathLike[str]) -> list[Path]:
    source = Path(path)
    files = sorted(source.glob("nb-asr-*.pickle")) if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: expected a {_FORM} or a folder of some, got a folder without; give another path")
    return files


def _read(file: Path, content: bytes, before: Mapping[Column, object], *, partial: bool) -> Records:
    with reading(file, f"a complete {_FORM}"):
        records = read_records(content)
        fewest = min(map(len, records.columns.values()))
        if fewest == 0 or (fewest < len(classes()) and not partial):
            raise DataError(f"it has {fewest} of {len(classes())} architectures, which only `partial` allows")
        twice = [str(column) for column in records.columns if column in before]
        if twice:
            raise DataError(f"another file has {twice[0]} as well")
    return records


def _genomes(spellings: Mapping[str, Genome], order: list[str]) -> Genomes:
    return Genomes(NASBenchASR.name, np.array([spellings[key] for key in order], dtype=np.uint8))


def _arrays(found: Mapping[Column, Mapping[str, float]], order: list[str]) -> dict[Column, npt.NDArray[Any]]:
    return {column: np.array([values.get(key, np.nan) for key in order]) for column, values in found.items()}


def _with_means(arrays: Mapping[Column, npt.NDArray[Any]]) -> dict[Column, npt.NDArray[Any]]:
    """Also means over seeds; the longest training first, test before validation, the mean before its seeds."""
    groups: dict[Column, list[npt.NDArray[Any]]] = {}
    for column, values in arrays.items():
        if column.metric == "per":
            groups.setdefault(replace(column, seed="mean"), []).append(values)
    every = {**{column: np.mean(columns, axis=0) for column, columns in groups.items()}, **arrays}
    ordered = sorted(every, key=_rank)
    return {replace(column, complete=bool(np.isfinite(every[column]).all())): every[column] for column in ordered}


def _rank(column: Column) -> tuple[int, str, str, int]:
    return -(column.epochs or 0), column.split, column.metric, int(column.seed) if column.seed.isdecimal() else -1
