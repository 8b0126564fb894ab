"""What every conversion of a published file into a table needs: a place to write, and where it came from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from zcnas.errors import DataError, InputError


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


def check_target(target: Path, sources: Iterable[Path]) -> None:
    """Fails before minutes of reading rather than after."""
    if target.exists() and any(file.exists() and target.samefile(file) for file in sources):
        raise InputError(f"{target}: expected another file than the one that is read; give a new name")
    with writing(target):
        if target.is_dir():
            raise IsADirectoryError("a folder of that name")
        with tempfile.TemporaryFile(dir=target.parent):
            pass


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """Says which file could not be written. Raises :class:`~zcnas.errors.InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{target}: expected a file that can be written, got {error}; give another path") from error
