"""Finished pieces of long work, one JSON line each: what is there is not done again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from zcnas.errors import DataError, InputError


class Journal:
    """A file of finished pieces, whose first line says what work it belongs to.

    A line is written and flushed to disk as soon as its piece is finished. The last one may be cut short, by a power
    cut or a killed process: it is taken out, and its piece done again. A file that is refused stays as it is.

    Args:
        path: The file; made if it is not there. ``None`` keeps everything in memory.
        settings: What the pieces depend on; plain JSON.

    Raises:
        InputError: The file belongs to other work, and the message says what differs; or it cannot be read or written.
        DataError: The file is no journal, or was garbled.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: Mapping[str, Any]) -> None:
        self._path = None if path is None else Path(path)
        self._settings: dict[str, Any] = json.loads(json.dumps(settings))
        self._pieces: dict[str, Any] = {}
        if self._path is not None:
            self._open(self._path)

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
        if self._path is not None:
            _append(self._path, [key, value])
        # Through JSON also in memory, so that resumed work sees what uninterrupted work does.
        self._pieces[key] = json.loads(json.dumps(value))

    def _open(self, path: Path) -> None:
        content = _content(path)
        whole = content.rfind(b"\n") + 1
        if whole:
            self._read(path, content[:whole].splitlines())
        elif not _line(self._settings).startswith(content):
            raise _another(path)
        if whole < len(content):
            _cut(path, whole)
        if not whole:
            _append(path, self._settings)

    def _read(self, path: Path, lines: list[bytes]) -> None:
        settings, *pieces = (_parsed(path, number, line) for number, line in enumerate(lines, start=1))
        if not isinstance(settings, dict) or not all(map(_is_piece, pieces)):
            raise _another(path)
        differing = {key for key in settings | self._settings if settings.get(key) != self._settings.get(key)}
        if differing:
            told = (
                f"{key}: {settings.get(key)!r} there, {self._settings.get(key)!r} here" for key in sorted(differing)
            )
            raise InputError(f"{path}: belongs to other work ({', '.join(told)}); name another path, or delete it")
        self._pieces = dict(pieces)


def _content(path: Path) -> bytes:
    try:
        # A device, such as one that is full, has no end to read to.
        return path.read_bytes() if path.is_file() else b""
    except OSError as error:
        raise InputError(f"{path}: expected a journal that can be read, got {error}; name another path") from error


def _parsed(path: Path, number: int, line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        remedy = "name another path" if number == 1 else "delete that line, and its piece is done again"
        raise DataError(f"{path}: line {number} is garbled ({error}); {remedy}") from error


def _is_piece(content: Any) -> bool:
    return isinstance(content, list) and len(content) == 2 and isinstance(content[0], str)


def _another(path: Path) -> DataError:
    return DataError(f"{path}: expected a journal, got another file; name another path")


def _line(content: Any) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _append(path: Path, content: Any) -> None:
    """Adds a line, all of it or nothing."""
    rest = _line(content)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                while rest:  # a disk that is almost full takes a part, and refuses the rest
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(before)
                raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error}); make room there, and start again") from error


def _cut(path: Path, size: int) -> None:
    try:
        os.truncate(path, size)
    except OSError as error:
        raise InputError(f"{path}: its last line was cut short, and cannot be taken out ({error})") from error
