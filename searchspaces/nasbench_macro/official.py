"""Turns the file that the benchmark's authors publish into a table."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from zcnas.errors import DataError
from zcnas.searchspaces.conversion import parse_json, provenance, read_bytes, reading, written
from zcnas.searchspaces.nasbench_macro.costs import costs
from zcnas.searchspaces.nasbench_macro.space import NASBenchMacro
from zcnas.searchspaces.number import is_number
from zcnas.space import Architecture, Genomes
from zcnas.table import Column, Table, Values

EPOCHS, SEEDS = 50, ("0", "1", "2")
"""Of the authors' training script."""

_SPACE = NASBenchMacro()
_FORM = "NAS-Bench-Macro .json file"
_RECORDED = "best test accuracy of any epoch, as the authors' training script keeps it"
# Sums in another order differ in the last of some 16 digits; one wrong digit that float32 shows is 1e-6 or more.
_CLOSE = 1e-9


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> Table:
    """Writes what :func:`read` gives to the ``.npz`` file ``out``, which appears when it is complete.

    Raises:
        DataError: As :func:`read`.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    written(lambda: read(path), out, [path])
    return Table.load(out, _SPACE.parse)


def read(path: str | os.PathLike[str]) -> Table:
    """Reads ``nas-bench-macro_cifar10.json``; rows in the order of the space.

    Columns: test accuracy on CIFAR-10 in %, as the mean of three trainings of 50 epochs and for every seed, each
    the best of its epochs; ``params``, and ``flops`` for one image (1 multiply-add = 1 flop).

    Raises:
        DataError: The file is truncated, garbled or of another kind, lacks architectures, or has numbers that
            contradict each other or the networks' sizes.
        InputError: ``path`` cannot be read.
    """
    content = read_bytes(path, f"a {_FORM}")
    with reading(path, f"a complete {_FORM}"):
        records = parse_json(content)
        for unknown in records.keys() - _spellings().keys():
            _SPACE.parse(unknown)
        if len(records) != len(_SPACE):
            raise DataError(f"it has {len(records)} of {len(_SPACE)} architectures")
        rows = np.array([_row(text, records[text]) for text in _spellings()])
        _check(rows)
    genomes = Genomes(_SPACE.name, np.array([arch.genome for arch in _spellings().values()], dtype=np.uint8))
    meta = {**provenance(path, content, _FORM), "accuracy": _RECORDED}
    return Table(genomes, dict(zip(_columns(), rows.T[:-1], strict=True)), meta)


def _columns() -> list[Column]:
    accuracies = [Column("cifar10", epochs=EPOCHS, seed=seed) for seed in ("mean", *SEEDS)]
    units = {"params": "parameters", "flops": "multiply-adds"}
    costs = [Column("cifar10", metric=name, unit=unit, higher_is_better=False) for name, unit in units.items()]
    return [*accuracies, *costs]


@cache
def _spellings() -> dict[str, Architecture]:
    """All architectures, in the order of the space."""
    return {_SPACE.format(arch): arch for arch in _SPACE}


def _row(text: str, record: Mapping[str, Any]) -> list[float]:
    """Mean, accuracies, sizes, deviation."""
    accuracies = [_percent(value) for value in record["test_acc"]]
    if len(accuracies) != len(SEEDS):
        raise DataError(f"expected {len(SEEDS)} accuracies of {text}, got {len(accuracies)}")
    numbers = [record[name] for name in ("mean_acc", "params", "flops", "std")]
    if not all(map(is_number, numbers)):
        raise DataError(f"expected numbers of {text}, got {numbers}")
    mean, *others = map(float, numbers)
    return [mean, *accuracies, *others]


def _check(rows: Values) -> None:
    """Numbers agree with each other and with the networks."""
    archs = list(_spellings())
    accuracies, sizes = rows[:, 1 : 1 + len(SEEDS)], rows[:, -3:-1]
    told, found = rows[:, [0, -1]], np.stack([accuracies.mean(1), accuracies.std(1)], axis=1)
    wrong = ~np.isclose(told, found, rtol=0, atol=_CLOSE).all(1)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(f"expected mean and deviation {found[row].tolist()} of {archs[row]}, got {told[row].tolist()}")
    wrong = (sizes != _sizes()).any(1)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"expected {_sizes()[row].tolist()} parameters and flops of {archs[row]}, got {sizes[row].tolist()}"
        )


@cache
def _sizes() -> Values:
    """Of all networks, in the order of the space."""
    return np.array([costs(arch.genome) for arch in _spellings().values()], dtype=np.float64)


def _percent(value: object) -> float:
    if not is_number(value) or not 0 <= value <= 100:
        raise DataError(f"expected an accuracy from 0 to 100 %, got {value!r}")
    return float(value)
