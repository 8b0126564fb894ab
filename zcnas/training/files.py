"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from zcnas.errors import InputError


def write(path: Path, content: bytes) -> None:
    """Writes a file, with its folder; a crash leaves what was there before.

    Raises:
        InputError: It cannot be written.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if draft.is_file():
            draft.unlink()


def append(path: Path, line: str) -> None:
    """Adds a line in one write. Raises :class:`InputError`."""
    try:
        with path.open("ab", buffering=0) as file:
            file.write(f"{line}\n".encode())
            os.fsync(file.fileno())
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> InputError:
    """What to raise for an error of the file system."""
    return InputError(
        f"{path}: expected a file that can be written, got {error}; make room there, or choose another folder"
    )


def _settle(folder: Path) -> None:
    """Has the new name written to disk as well, where folders can be opened at all."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
