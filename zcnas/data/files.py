"""Files of images and labels that other people made: where they should be, and whether they fit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas import unpickle
from zcnas.errors import DataError, InputError, UnknownNameError

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


class MissingDataError(DataError, FileNotFoundError):
    """A file of a dataset is not where it was expected."""


def as_root(name: str, root: str | os.PathLike[str] | None) -> Path:
    """``root`` as a path. Raises :class:`~zcnas.errors.InputError` if it was not given."""
    if root is None:
        raise InputError(f"{name}: expected root=, the folder or file where it lies; got none")
    return Path(root)


def one_of(kind: str, name: str, known: Iterable[str]) -> str:
    """``name`` if it is known. Raises :class:`~zcnas.errors.UnknownNameError`."""
    names = tuple(known)
    if name not in names:
        raise UnknownNameError(kind, name, names)
    return name


def require(paths: Iterable[Path], remedy: str) -> None:
    """Raises :class:`MissingDataError`, which names the first file that is not there and the remedy."""
    for path in paths:
        if not path.is_file():
            raise MissingDataError(f"{path}: expected this file, there is none; {remedy}")


def pickled_batch(path: Path, labels_key: str, width: int, remedy: str) -> tuple[Pixels, Labels]:
    """Pixels (n, width) and labels (n,) of one pickled batch, as CIFAR and downsampled ImageNet have them.

    Nothing in the file is run: see :mod:`zcnas.unpickle`.

    Raises:
        DataError: Not a pickle, one that is cut short or would run code, or one with other contents.
    """
    held = unpickle.load(path, encoding="latin1")
    if not isinstance(held, Mapping) or not {"data", labels_key} <= held.keys():
        raise _unfit(path, f"a dict with 'data' and {labels_key!r}", _short(held), remedy)
    pixels, labels = held["data"], _whole_numbers(held[labels_key])
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[1:] != (width,):
        raise _unfit(path, f"'data' to be bytes of shape (n, {width})", _short(pixels), remedy)
    if labels is None or len(labels) != len(pixels):
        raise _unfit(path, f"{len(pixels)} whole numbers as labels", _short(held[labels_key]), remedy)
    return pixels, labels


def _whole_numbers(values: object) -> Labels | None:
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    numbers = plain if isinstance(plain, list) else [None]
    if any(type(number) is not int or abs(number) > 10**6 for number in numbers):
        return None
    return np.array(numbers, dtype=np.int64)


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    if isinstance(value, Mapping):
        return f"a dict with {', '.join(sorted(map(repr, value)))[:100]}"
    size = f" of {len(value)}" if hasattr(value, "__len__") else ""
    return f"a {type(value).__name__}{size}"


def _unfit(path: Path, expected: str, got: str, remedy: str) -> DataError:
    return DataError(f"{path}: expected {expected}, got {got}; {remedy}")
