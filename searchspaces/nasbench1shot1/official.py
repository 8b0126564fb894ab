"""Results of the three spaces: three trainings of each architecture, from the frames that came with a paper."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError
from zcnas.searchspaces.conversion import provenance, read_bytes, reading, written
from zcnas.searchspaces.nasbench1shot1.frame import columns
from zcnas.searchspaces.nasbench1shot1.space import NASBench1Shot1
from zcnas.searchspaces.nasbench1shot1.wiring import SIZES
from zcnas.space import Architecture
from zcnas.table import Column, Table

_EPOCHS, _RUNS = 108, ("1", "2", "3")
_FORM = "search_space<number>.pkl of NAS-Bench-1Shot1"
_VERTICES = ("input", "node1", "node2", "node3", "node4", "node5", "output")
_ROW = len(_VERTICES)  # Digits of one row of a matrix, and of space 1's whole entry.

# Means of equal numbers in another order differ in the last of some 16 digits.
_CLOSE = 1e-12

Frame = Mapping[str, npt.NDArray[Any]]


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> Table:
    """Writes what :func:`read` gives to the ``.npz`` file ``out``, which appears when it is complete.

    Raises:
        DataError: As :func:`read`.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    return written(lambda: read(path), out, [path])


def read(path: str | os.PathLike[str]) -> Table:
    """Reads ``search_space1.pkl``, ``search_space2.pkl`` or ``search_space3.pkl``; see which by the number of rows.

    They came with zero-cost operation scoring (Xiang et al., 2021, arXiv:2106.06799), and hold what NAS-Bench-101
    records of the architectures. Space 1's has only the first row of each matrix; the others follow from the place
    in the authors' list, and the first row and the operations are checked against it. The readers of spaces 1 and 3
    were not tried on a real file.

    Returns:
        A table in the order of the file. Columns: test and validation accuracy on CIFAR-10 in % after 108 epochs, as
        the mean over three runs and for each, whose seeds are not recorded: ``seed`` is the place in the file.

    Raises:
        DataError: Truncated, garbled, of another kind, or with values that contradict each other.
        InputError: ``path`` cannot be read.
    """
    content = read_bytes(path, f"a {_FORM}")
    frame = columns(content, os.fspath(path))
    with reading(path, f"a complete {_FORM}"):
        archs = _architectures(frame)
        values = {
            column: 100 - 100 * errors for split in ("test", "val") for column, errors in _errors(frame, split).items()
        }
        return Table(archs, values, provenance(path, content, _FORM))


@cache
def listed(number: int) -> Mapping[str, Architecture]:
    """Spelling -> architecture of one space, in the order of the authors' list.

    That goes through the parents of the output, then through those of the vertex before, and so on; through the
    operations of vertex 1 first.
    """
    space = NASBench1Shot1(number)
    return {space.format(arch): arch for arch in sorted(space, key=lambda arch: _place(space, arch))}


def _place(space: NASBench1Shot1, arch: Architecture) -> tuple[Any, ...]:
    cell = space.whole(arch)
    # The authors name 1x1 convolutions before 3x3 ones.
    return cell.sources[::-1], [(1, 0, 2)[op] for op in reversed(cell.ops)]


def _architectures(frame: Frame) -> Sequence[Architecture]:
    matrices = [_digits(text) for text in frame["adj_matrix"]]
    ops = [",".join(names) for names in zip(*(frame[vertex] for vertex in _VERTICES), strict=True)]
    numbers = [number for number, size in SIZES.items() if size == len(matrices)]
    if not numbers:
        raise DataError(f"expected {', '.join(map(str, SIZES.values()))} rows, got {len(matrices)}")
    order = listed(numbers[0])
    if all(len(digits) == _ROW for digits in matrices):
        _check_order([f"{digits}:{names}" for digits, names in zip(matrices, ops, strict=True)], list(order))
        return list(order.values())
    archs = [order.get(f"{digits}:{names}") for digits, names in zip(matrices, ops, strict=True)]
    if None in archs:
        row = archs.index(None)
        raise DataError(f"expected architectures of space {numbers[0]}, got {matrices[row]}:{ops[row]} in row {row}")
    return [arch for arch in archs if arch]


def _check_order(rows: Sequence[str], spelled: Sequence[str]) -> None:
    for number, (row, text) in enumerate(zip(rows, spelled, strict=True)):
        matrix, _, names = text.partition(":")
        if row != f"{matrix[:_ROW]}:{names}":
            raise DataError(f"expected the first row of {text} at place {number} of the authors' list, got {row}")


def _errors(frame: Frame, split: str) -> dict[Column, npt.NDArray[np.float64]]:
    runs = np.array([_fractions(frame[f"{split}{run}"]) for run in _RUNS])
    told, found = (frame[f"mean_{split}"], frame[f"best_{split}"]), (runs.mean(0), runs.min(0))
    if not all(np.allclose(*pair, rtol=0, atol=_CLOSE) for pair in zip(told, found, strict=True)):
        raise DataError(f"mean or lowest {split} errors are not those of the three runs")
    return {
        Column("cifar10", split, epochs=_EPOCHS, seed=seed): values
        for seed, values in zip(("mean", *_RUNS), (found[0], *runs), strict=True)
    }


def _fractions(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    if values.dtype != np.float64 or not ((values >= 0) & (values <= 1)).all():
        raise DataError("expected errors from 0 to 1, got others")
    return values


def _digits(adjacency: str) -> str:
    """Of a printed array such as ``[0. 1. 0.]``."""
    return "".join(entry.removesuffix(".") for entry in adjacency.removeprefix("[").removesuffix("]").split())
