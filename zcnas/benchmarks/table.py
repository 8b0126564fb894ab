"""A table of trained architectures that fits into the package."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError, InputError

Floats = npt.NDArray[np.float64]
Array = TypeVar("Array", bound=npt.NDArray[Any])


@dataclass(frozen=True, slots=True, eq=False)
class SeedTable:
    """A architectures, each trained S times from scratch.

    Attributes:
        archs: A architecture strings, as the space spells them.
        val: Validation accuracy in %, (A, S).
        test: Test accuracy in %, (A, S).
        seconds: Processor time of every training run, (A, S).
        params: Trainable parameters, (A,).
        meta: How the table was made: settings, seeds, versions.
    """

    archs: tuple[str, ...]
    val: Floats
    test: Floats
    seconds: Floats
    params: npt.NDArray[np.int64]
    meta: Mapping[str, Any]

    def __post_init__(self) -> None:
        expected = (len(self.archs), self.test.shape[-1])
        shapes = {"val": self.val.shape, "test": self.test.shape, "seconds": self.seconds.shape}
        wrong = {name: shape for name, shape in shapes.items() if shape != expected}
        if wrong or self.params.shape != expected[:1]:
            raise InputError(
                f"table: expected val, test and seconds of shape {expected} and params of {expected[:1]}, "
                f"got {shapes} and {self.params.shape}"
            )

    def __len__(self) -> int:
        return len(self.archs)


def write(table: SeedTable, path: str | os.PathLike[str]) -> None:
    """Writes ``table`` in the ``.npz`` form that :func:`read` takes; a reader never sees half of it."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial.npz")
    np.savez_compressed(
        partial,
        archs=np.array(table.archs),
        val=table.val.astype(np.float32),
        test=table.test.astype(np.float32),
        seconds=table.seconds.astype(np.float32),
        params=table.params,
        meta=np.array(json.dumps(dict(table.meta), sort_keys=True)),
    )
    partial.replace(target)


def read(path: str | os.PathLike[str]) -> SeedTable:
    """Reads what :func:`write` wrote.

    Raises:
        DataError: Not such a table, or a truncated one.
        OSError: The file cannot be read.
    """
    try:
        # numpy leaves a path open when what it names is no archive.
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as held:
            return SeedTable(
                archs=tuple(held["archs"].tolist()),
                val=_frozen(held["val"].astype(np.float64)),
                test=_frozen(held["test"].astype(np.float64)),
                seconds=_frozen(held["seconds"].astype(np.float64)),
                params=_frozen(held["params"].astype(np.int64)),
                meta=json.loads(str(held["meta"])),
            )
    except (ValueError, KeyError, TypeError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{os.fspath(path)}: expected an .npz table of archs, val, test, seconds, params and meta, "
            f"got a file that cannot be read as one ({error}); install the package again or rebuild the table"
        ) from error


def _frozen(array: Array) -> Array:
    """Read-only, as all callers share one table."""
    array.flags.writeable = False
    return array
