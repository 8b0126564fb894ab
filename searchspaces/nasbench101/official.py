"""Turns the files that the benchmark's authors publish into a table, without TensorFlow."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from zcnas.errors import DataError, InputError
from zcnas.searchspaces.conversion import described, reading, reason, written
from zcnas.searchspaces.nasbench101.metrics import training
from zcnas.searchspaces.nasbench101.table import NASBench101Table
from zcnas.searchspaces.nasbench101.tfrecord import records
from zcnas.searchspaces.nasbench101.trainings import Trainings

if TYPE_CHECKING:
    from tqdm import tqdm

_FORM = "NAS-Bench-101 .tfrecord file"
_BUFFER = 1 << 20

PUBLISHED = {
    "3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c": "nasbench_full.tfrecord",
    "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1": "nasbench_only108.tfrecord",
}
"""SHA-256 of the two files, as the authors give them."""


def convert(
    path: str | os.PathLike[str], out: str | os.PathLike[str], *, partial: bool = False, progress: bool = True
) -> NASBench101Table:
    """Converts ``nasbench_only108.tfrecord`` or ``nasbench_full.tfrecord``; not tried on a real file.

    Columns: accuracy on CIFAR-10's test, validation and train images in %, and seconds of training, at the end of
    trainings of 108 epochs (and 36, 12 and 4 in the full file), for each of three runs, whose seeds are not recorded:
    ``seed`` is the place in the file. Test and validation accuracy also as the mean over the runs; the number of
    parameters as ``params``. What was measured half-way through a training is left out.

    The file is read once, some records at a time; every checksum is compared, and every model's hash worked out.

    Args:
        path: The file.
        out: The ``.npz`` file to write; it appears when it is complete.
        partial: Take a file that lacks models or trainings. Means are then over the runs that there are.
        progress: Show a progress bar.

    Raises:
        DataError: Truncated, garbled, of another kind, or lacking models or trainings.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    written(lambda: _read(Path(path), partial=partial, progress=progress), out, [path])
    return NASBench101Table.load(out)


def _read(source: Path, *, partial: bool, progress: bool) -> NASBench101Table:
    found, sha256 = Trainings(), hashlib.sha256()
    with _opened(source, sha256, progress=progress) as file, reading(source, f"a complete {_FORM}"):
        for number, record in enumerate(records(file)):
            _add(found, record, number)
        found.check(partial=partial)
    meta = described(source, _FORM, source.stat().st_size, sha256.hexdigest())
    meta["published"] = PUBLISHED.get(sha256.hexdigest(), "no")
    return NASBench101Table(found.genomes(), found.take_columns(), meta, hashes=found.hashes())


def _add(found: Trainings, record: bytes, number: int) -> None:
    try:
        found.add(training(record))
    except Exception as error:
        raise DataError(f"record {number}: {reason(error)}") from error


@contextmanager
def _opened(source: Path, sha256: Any, *, progress: bool) -> Iterator[BinaryIO]:
    from tqdm import tqdm

    try:
        raw = source.open("rb", buffering=0)
    except OSError as error:
        raise InputError(f"{source}: expected a {_FORM}, got {error}; give its path") from error
    with (
        raw,
        tqdm(total=source.stat().st_size, unit="B", unit_scale=True, disable=not progress) as bar,
        io.BufferedReader(_Watched(raw, sha256, bar), _BUFFER) as file,
    ):
        yield file


class _Watched(io.RawIOBase):
    """Passes a file's bytes on, works out their checksum, and moves the bar."""

    def __init__(self, raw: io.FileIO, sha256: Any, bar: tqdm[Any]) -> None:
        self._raw, self._sha256, self._bar = raw, sha256, bar

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer, and says how far."""
        count = self._raw.readinto(buffer) or 0
        self._sha256.update(memoryview(buffer)[:count])
        self._bar.update(count)
        return count
