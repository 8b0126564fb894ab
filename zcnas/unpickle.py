"""Reading pickles of plain values and numpy arrays without running what they say.

A pickle is a program. Here it may look up nothing but names on an allow-list, and gets our own stand-ins for
them, so that no module is imported and no numpy internals are fed from the file. A first walk over the
program, which executes nothing, refuses truncated ones and those that ask for more memory than they fill.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import pickletools
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError

Allowed = Mapping[tuple[str, str], Callable[..., object]]
"""(module, name) in the pickle -> what is called in its stead."""

_DTYPE_NAME = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|c8|c16|[SU]\d{1,9}|O8?|\?)")


class _Dtype:
    """A data type without fields, whose flags the pickle cannot set."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        byte_order, subtype, names, fields = state[1:5]
        if (subtype, names, fields) != (None, None, None):
            raise DataError("arrays with named fields are not read")
        if byte_order in ("<", ">", b"<", b">"):
            self.dtype = self.dtype.newbyteorder("<" if byte_order in ("<", b"<") else ">")


class _Array(np.ndarray[Any, Any]):
    """An array that takes exactly as many values as the pickle holds."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, ours, column_major, raw = state
        dtype = ours.dtype
        objects = isinstance(raw, list)
        values = raw if objects else _bytes(raw)
        size = math.prod(shape) * (1 if objects else dtype.itemsize)
        if min(shape, default=1) < 0 or size != len(values) or objects != dtype.hasobject:
            raise DataError(f"an array of shape {shape}, type {dtype}, does not fit its {len(values)} values")
        super().__setstate__((1, shape, dtype, column_major, values))


def _new_array(*_: object) -> _Array:
    return np.ndarray.__new__(_Array, (0,), np.int8)


def _new_dtype(name: str | bytes, *_: object) -> _Dtype:
    text = name.decode("ascii") if isinstance(name, bytes) else name
    if not _DTYPE_NAME.fullmatch(text):
        raise DataError(f"arrays of type {text[:40]!r} are not read")
    return _Dtype(np.dtype(text))


def _new_scalar(dtype: _Dtype, raw: bytes | str) -> object:
    values = _bytes(raw)
    if dtype.dtype.hasobject or len(values) != dtype.dtype.itemsize:
        raise DataError(f"a number of type {dtype.dtype} does not fit its {len(values)} bytes")
    return np.frombuffer(values, dtype.dtype)[0]


def _from_buffer(raw: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str) -> _Array:
    array = _new_array()
    array.__setstate__((1, shape, dtype, order == "F", raw))
    return array


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise DataError(f"bytes encoded as {encoding!r}, not latin1")
    return text.encode("latin1")


def _ndarray(*_: object) -> object:
    raise DataError("numpy.ndarray is called directly")


def _no_bytes(*arguments: object) -> bytes:
    if arguments:
        raise DataError("bytes is called with arguments")
    return b""


def _bytes(raw: bytes | bytearray | str) -> bytes:
    # Python 2 wrote bytes as text; latin1 gives them back unchanged.
    return raw.encode("latin1") if isinstance(raw, str) else bytes(raw)


PLAIN: Allowed = {
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _encode,
    **{
        (module, name): stand_in
        for module in ("builtins", "__builtin__")
        for name, stand_in in (("set", set), ("frozenset", frozenset), ("bytes", _no_bytes))
    },
}
"""Containers beyond those that need no name (dicts, lists, tuples, numbers, text and bytes)."""

NUMPY: Allowed = {
    **PLAIN,
    ("numpy", "dtype"): _new_dtype,
    ("numpy", "ndarray"): _ndarray,
    **{
        (f"{package}.{module}", name): stand_in
        for package in ("numpy.core", "numpy._core")
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _new_array),
            ("multiarray", "scalar", _new_scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
}
"""Also numpy arrays and numbers, without named fields."""


def load(
    source: str | os.PathLike[str] | bytes,
    *,
    allowed: Allowed = NUMPY,
    encoding: str = "ASCII",
    name: str | None = None,
) -> Any:
    """Reads one pickled object from a file or from bytes.

    >>> load(pickle.dumps({"accuracy": [93.5, 94.37]}))
    {'accuracy': [93.5, 94.37]}

    Args:
        source: Path of a file, or the pickle itself.
        allowed: Names that the pickle may use, and what they stand for; stand-ins must be safe to call with
            anything.
        encoding: How text of Python 2 is decoded; ``"latin1"`` for arrays. Its protocol 0 must be ASCII.
        name: What errors call the source; by default its path.

    Raises:
        DataError: Not a pickle, a truncated one, or one that needs more than ``allowed``. It has run nothing.
        OSError: The file cannot be read.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    label = name or ("pickle" if isinstance(source, bytes) else os.fspath(source))
    try:
        _check(data)
        return _plain(_Unpickler(data, allowed, encoding).load(), {})
    except Exception as error:
        raise DataError(
            f"{label}: expected a complete pickle of plain values and numpy arrays, got one that cannot "
            f"be read safely ({error}); fetch the file again from a source that you trust"
        ) from error


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, allowed: Allowed, encoding: str) -> None:
        super().__init__(io.BytesIO(data), encoding=encoding)
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        return stand_in(module, name, self._allowed)


def stand_in(module: str, name: str, allowed: Allowed = NUMPY) -> Any:
    """What a pickle is given when it asks for a name.

    Raises:
        DataError: The name is not in ``allowed``.
    """
    if (module, name) not in allowed:
        raise DataError(f"it asks for {module}.{name}, which is not allowed")
    found = allowed[module, name]
    # A pickle can set attributes of what it is given: functions are handed out wrapped afresh.
    return partial(found) if isinstance(found, FunctionType) else found


def _check(data: bytes) -> None:
    """Walks the program without running it. A memo place beyond its length reserves memory for nothing."""
    for opcode, place, _ in pickletools.genops(data):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and isinstance(place, int) and place > len(data):
            raise DataError(f"memo place {place} in {len(data)} bytes")


def _plain(value: Any, seen: dict[int, Any]) -> Any:
    """Puts real arrays and types in the place of ours, inside containers as well."""
    if isinstance(value, _Dtype):
        return value.dtype
    if isinstance(value, _Array):
        return _plain_array(value, seen)
    if not isinstance(value, dict | list | tuple) or id(value) in seen:
        return seen.get(id(value), value)
    seen[id(value)] = value
    if isinstance(value, dict):
        value.update({key: _plain(item, seen) for key, item in value.items()})
    elif isinstance(value, list):
        value[:] = [_plain(item, seen) for item in value]
    else:
        seen[id(value)] = tuple(_plain(item, seen) for item in value)
    return seen[id(value)]


def _plain_array(value: _Array, seen: dict[int, Any]) -> npt.NDArray[Any]:
    if id(value) not in seen:
        array = seen[id(value)] = value.view(np.ndarray)
        if array.dtype.hasobject:
            for index in np.ndindex(array.shape):
                array[index] = _plain(array[index], seen)
    found: npt.NDArray[Any] = seen[id(value)]
    return found
