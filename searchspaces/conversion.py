"""What every conversion of a published file into a table needs: its frame, and where the table came from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from zcnas.errors import DataError, InputError, ZcnasError
from zcnas.table import Table

TableT = TypeVar("TableT", bound=Table)


def read_bytes(path: str | os.PathLike[str], what: str) -> bytes:
    """The file's content. Raises :class:`~zcnas.errors.InputError`, which calls the file ``what``."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{os.fspath(path)}: expected {what}, got {error}; give its path") from error


def parse_json(content: bytes) -> Any:
    """JSON none of whose objects has a key twice. Raises :class:`ValueError` for what is none."""
    return json.loads(content, object_pairs_hook=_distinct)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DataError("a key occurs twice")
    return found


def provenance(path: str | os.PathLike[str], content: bytes, form: str) -> dict[str, Any]:
    """Where a table came from, for its ``meta``."""
    return described(path, form, len(content), hashlib.sha256(content).hexdigest())


def described(path: str | os.PathLike[str], form: str, size: int, sha256: str) -> dict[str, Any]:
    """As :func:`provenance`, of a file that is not in memory as a whole."""
    return {
        "source": Path(path).resolve().name,
        "form": form,
        "bytes": size,
        "sha256": sha256,
        **made(),
    }


def made() -> dict[str, Any]:
    """When a table was made, and by which versions."""
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    return {"date": datetime.now(UTC).date().isoformat(), "versions": versions}


def written(
    read: Callable[[], TableT], out: str | os.PathLike[str], sources: Iterable[str | os.PathLike[str]]
) -> TableT:
    """Writes the table that ``read`` gives to the file ``out``, which appears when it is complete.

    Args:
        read: Called when it is clear that ``out`` can be written and is none of ``sources``.
        out: The ``.npz`` file.
        sources: The files that are read.

    Raises:
        InputError: ``out`` cannot be written.
    """
    target = Path(out)
    _check_target(target, map(Path, sources))
    table = read()
    with _writing(target):
        table.save(target)
    return table


@contextlib.contextmanager
def reading(path: str | os.PathLike[str], what: str, remedy: str = "fetch it again") -> Iterator[None]:
    """Says of which file the content is at fault, whatever error that brings. Raises :class:`DataError`.

    Args:
        path: The file.
        what: What it should be, with its article.
        remedy: What to do.
    """
    try:
        yield
    except Exception as error:
        raise DataError(
            f"{os.fspath(path)}: expected {what}, got one that cannot be read ({reason(error)}); {remedy}"
        ) from error


def reason(error: Exception) -> str:
    """What went wrong, in words: those of our own errors suffice, others may be no more than a key."""
    return str(error) if isinstance(error, ZcnasError) else f"{type(error).__name__}: {error}"


def _check_target(target: Path, sources: Iterable[Path]) -> None:
    """Fails before minutes of reading rather than after."""
    if target.exists() and any(file.exists() and target.samefile(file) for file in sources):
        raise InputError(f"{target}: expected another file than the one that is read; give a new name")
    with _writing(target):
        if target.is_dir():
            raise IsADirectoryError("a folder of that name")
        with tempfile.TemporaryFile(dir=target.parent):
            pass


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    """Says which file could not be written. Raises :class:`~zcnas.errors.InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{target}: expected a file that can be written, got {error}; give another path") from error
