"""Cells as text and as matrices, in the benchmark's terms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isqrt

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.nasbench101.cell import INPUT, OPS, OUTPUT, VERTICES, Cell

FORM = "<adjacency>:input,<op>,...,output"

_NASLIB = (INPUT, OUTPUT, "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")
"""NASLib's order of the codes in a flat list."""


def cell_from_matrix(matrix: npt.ArrayLike, ops: Sequence[str]) -> Cell:
    """A cell from the two arguments of the benchmark's ``ModelSpec``; nothing is pruned.

    >>> cell_from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "maxpool3x3", "output"])
    Cell(sources=((), (0,), (1,)), ops=(2,))

    Args:
        matrix: ``(V, V)``, V from 2 to 7, upper triangular; 1 where the row's vertex feeds the column's.
        ops: V names: ``input``, some of :data:`OPS`, ``output``.

    Raises:
        InputError: Another shape, other entries, or other ends.
        UnknownNameError: An operation that is not in :data:`OPS`.
    """
    edges = np.asarray(matrix)
    names = list(ops)
    if edges.ndim != 2 or edges.shape != (len(names), len(names)) or not 2 <= len(names) <= VERTICES:
        raise _wrong(f"a (V, V) matrix and V names, V from 2 to {VERTICES}", f"{edges.shape} and {len(names)} names")
    if not np.isin(edges, (0, 1)).all() or np.tril(edges).any():
        raise _wrong("an upper triangular matrix of 0 and 1", repr(edges.tolist()))
    if (names[0], names[-1]) != (INPUT, OUTPUT):
        raise _wrong(f"names from {INPUT!r} to {OUTPUT!r}", repr(names))
    sources = tuple(tuple(np.flatnonzero(column).tolist()) for column in edges.T)
    return Cell(sources, tuple(_code(name) for name in names[1:-1]))


def parse_cell(text: str) -> Cell:
    """Reads the flat adjacency and the operations, as the benchmark's own files have them; nothing is pruned.

    NASLib's flat list is read as well: ``(0, 1, ...)``, the adjacency and then one code for each vertex.

    >>> parse_cell("010001000:input,conv1x1-bn-relu,output") == parse_cell("(0,1,0,0,0,1,0,0,0,0,3,1)")
    True

    Raises:
        InputError: Another form.
        UnknownNameError: An operation that is not in :data:`OPS`.
    """
    if not isinstance(text, str):
        raise _wrong(repr(FORM), repr(text))
    if re.fullmatch(r"\s*\((\s*[0-4]\s*,)+\s*[0-4]\s*,?\s*\)\s*", text):
        return _from_naslib([int(digit) for digit in re.findall("[0-4]", text)])
    digits, _, names = text.strip().partition(":")
    size = isqrt(len(digits))
    if not names or size**2 != len(digits) or not set(digits) <= set("01"):
        raise _wrong(f"{FORM!r} with V x V digits 0 and 1 and V names", repr(text))
    return cell_from_matrix(_square([int(digit) for digit in digits], size), names.split(","))


def format_cell(cell: Cell) -> str:
    """Writes the flat adjacency and the operations: the inverse of :func:`parse_cell`."""
    return f"{''.join(map(str, cell.matrix().flatten().tolist()))}:{','.join(cell.labels)}"


def _from_naslib(numbers: list[int]) -> Cell:
    size = isqrt(len(numbers))
    if size * (size + 1) != len(numbers):
        raise _wrong("V x V entries and V codes", f"{len(numbers)} numbers")
    return cell_from_matrix(_square(numbers[:-size], size), [_NASLIB[code] for code in numbers[-size:]])


def _square(entries: list[int], size: int) -> npt.NDArray[np.int64]:
    return np.array(entries, dtype=np.int64).reshape(size, size)


def _code(name: str) -> int:
    if name not in OPS:
        raise UnknownNameError("NAS-Bench-101 operation", name, OPS)
    return OPS.index(name)


def _wrong(expected: str, got: str) -> InputError:
    return InputError(f"NAS-Bench-101 cell: expected {expected}; got {got}")
