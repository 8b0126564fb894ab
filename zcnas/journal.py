"""Finished pieces of long work, one JSON line each: what is there is not done again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zcnas.errors import DataError, InputError


class Journal:
    """A file of finished pieces, whose first line says what work it belongs to.

    A line is written and flushed to disk as soon as its piece is finished. The last one may be cut short, by a full
    disk or a killed process: it is passed over, and its piece done again.

    Args:
        path: The file; made if it is not there. ``None`` keeps everything in memory.
        settings: What the pieces depend on; plain JSON.

    Raises:
        InputError: The file belongs to other work, or cannot be written; the message says what differs.
        DataError: The file is no journal, or was garbled.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: Mapping[str, Any]) -> None:
        self._path = None if path is None else Path(path)
        self._settings: dict[str, Any] = json.loads(json.dumps(settings))
        self._pieces: dict[str, Any] = {}
        lines = [] if self._path is None else _lines(self._path)
        if lines:
            self._read(lines)
        else:
            self._write(self._settings)

    def __contains__(self, key: str) -> bool:
        return key in self._pieces

    def __getitem__(self, key: str) -> Any:
        return self._pieces[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)

    def add(self, key: str, value: Any) -> None:
        """Keeps a finished piece. Raises :class:`InputError` if it cannot be written, as on a full disk."""
        # Through JSON also in memory, so that resumed work sees what uninterrupted work does.
        self._pieces[key] = json.loads(json.dumps(value))
        self._write([key, value])

    def _write(self, line: Any) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab", buffering=0) as file:
                file.write(json.dumps(line).encode() + b"\n")
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(f"{self._path}: cannot be written ({error}); make room there, and start again") from error

    def _read(self, lines: list[Any]) -> None:
        settings, *pieces = lines
        if not isinstance(settings, dict) or not all(isinstance(one, list) and len(one) == 2 for one in pieces):
            raise DataError(f"{self._path}: expected a journal, got another file; name another path")
        differing = {key for key in settings | self._settings if settings.get(key) != self._settings.get(key)}
        if differing:
            told = (
                f"{key}: {settings.get(key)!r} there, {self._settings.get(key)!r} here" for key in sorted(differing)
            )
            raise InputError(
                f"{self._path}: belongs to other work ({', '.join(told)}); name another path, or delete it"
            )
        self._pieces = dict(pieces)


def _lines(path: Path) -> list[Any]:
    """What the whole lines say; a last one that was cut short is taken out of the file."""
    try:
        content = path.read_bytes() if path.exists() else b""
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
    except OSError as error:
        raise InputError(f"{path}: expected a journal that can be read and written, got {error}") from error
    try:
        return [json.loads(line) for line in content[:whole].splitlines()]
    except ValueError as error:
        raise DataError(
            f"{path}: a line is garbled ({error}); delete that line, and its piece is done again"
        ) from error
