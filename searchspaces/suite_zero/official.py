"""Turns the suite's files into tables of accuracies and of published scores."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces.conversion import provenance, read_bytes, reading, written
from zcnas.searchspaces.suite_zero.records import ACCURACY, Records, checked, parse_records, scores_of
from zcnas.searchspaces.suite_zero.spellings import BENCHMARKS, Benchmark, name_of
from zcnas.space import Architecture
from zcnas.table import Column, Table, Values

_FORM = "zc_*.json file of NAS-Bench-Suite-Zero"
_NAMES = {"jacov": "jacob_cov"}
"""The suite's name of a proxy -> ours, where they differ."""


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str], *, space: str | None = None) -> Table:
    """Writes what :func:`read` gives to the ``.npz`` file ``out``, which appears when it is complete.

    Raises:
        DataError: As :func:`read`.
        InputError: ``path`` cannot be read or ``out`` not be written.
        UnknownNameError: As :func:`read`.
    """
    return written(lambda: read(path, space=space), out, [path])


def read(path: str | os.PathLike[str], *, space: str | None = None) -> Table:
    """Reads ``zc_nasbench101.json``, ``zc_nasbench301.json`` and their like: scores of Krishnakumar et al. 2022.

    For every data set the table has validation accuracy (for tasks of TransNAS-Bench-101 what they have in its
    stead; NAS-Bench-301's is predicted by its surrogate), one column with ``split="train"`` for each proxy, which
    is its ``metric`` by our name, and ``<proxy>_seconds`` where times are published. Scores are as published, where
    higher is better. Those that are missing or not finite are missing in the table.

    ``table.values("cifar10", split="train", metric="synflow")`` are scores to learn from or to compare with.

    Of cells of NAS-Bench-101 that are one model, the first one counts. The forms of NAS-Bench-201 and of
    TransNAS-Bench-101 are read as NASLib writes them: not tried on a real file.

    Args:
        path: The file.
        space: NASLib's name of the benchmark, for a file that does not tell: a key of ``BENCHMARKS``.

    Raises:
        DataError: The file is truncated, garbled or of another kind, or has values out of range.
        InputError: ``path`` cannot be read.
        UnknownNameError: An unknown ``space``.
    """
    if space is not None and space not in BENCHMARKS:
        raise UnknownNameError("benchmark of NAS-Bench-Suite-Zero", space, BENCHMARKS)
    content = read_bytes(path, f"a {_FORM}")
    with reading(path, f"a complete {_FORM}"):
        wrapper, records = parse_records(content)
        name = wrapper or space or name_of(records, [text for one in records.values() for text in one])
        archs, repeated = _architectures(BENCHMARKS[name], records)
        columns = _columns(BENCHMARKS[name], records, archs)
        meta = {**provenance(path, content, _FORM), "benchmark": name, "repeated": repeated}
        table = BENCHMARKS[name].form(list(dict.fromkeys(archs.values())), columns, meta)
    if space not in (None, name):
        raise InputError(f"{os.fspath(path)}: expected a file of {space}, got one of {name}; give another one")
    return table


def _architectures(benchmark: Benchmark, records: Records) -> tuple[dict[str, Architecture], int]:
    """Spelling -> architecture, of each model the first spelling; and how many spellings are left out."""
    space, kept, models = benchmark.space, {}, set()
    spellings = list(dict.fromkeys(text for one in records.values() for text in one))
    for text in spellings:
        arch = benchmark.parse(text)
        model = space.canonical(arch) if benchmark.merges else arch.key  # type: ignore[attr-defined]
        if model not in models:
            models.add(model)
            kept[text] = arch
        elif not benchmark.merges:
            raise DataError(f"{arch.key} occurs twice")
    left_out = len(spellings) - len(kept)
    if benchmark.whole:
        known = set(kept.values())
        kept.update({space.format(arch): arch for arch in space if arch not in known})
    return kept, left_out


def _columns(benchmark: Benchmark, records: Records, archs: Mapping[str, Architecture]) -> dict[Column, Values]:
    """Accuracies of all data sets come first: they are what scores are held against."""
    accuracies: dict[Column, Values] = {}
    scores: dict[Column, Values] = {}
    for dataset, recorded in records.items():
        column, low, high = benchmark.column(dataset)
        accuracies[column] = np.full(len(archs), np.nan)
        for row, text in enumerate(archs):
            if text not in recorded:
                continue
            accuracies[column][row] = checked(recorded[text][ACCURACY], low, high)
            for described, value in _scored(dataset, recorded[text]):
                scores.setdefault(described, np.full(len(archs), np.nan))[row] = value
    found = {**accuracies, **{one: values for one, values in scores.items() if not np.isnan(values).all()}}
    return {replace(one, complete=not np.isnan(values).any()): values for one, values in found.items()}


def _scored(dataset: str, record: Mapping[str, object]) -> list[tuple[Column, float]]:
    found = []
    for name, (score, seconds) in scores_of(record).items():
        ours = _NAMES.get(name, name)
        found.append((Column(dataset, "train", ours, seed="published", unit="score"), score))
        if not math.isnan(seconds):
            timed = Column(dataset, "train", f"{ours}_seconds", seed="published", unit="s", higher_is_better=False)
            found.append((timed, seconds))
    return found
