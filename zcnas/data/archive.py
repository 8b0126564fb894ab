"""Files of a folder or a tar archive in memory; nothing is written, so names can lead nowhere."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from zcnas.errors import DataError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
MOST_BYTES = 1 << 26
"""A picture's file is smaller than this: 64 MiB. Archives can claim anything."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file's name for error messages, its class, its contents."""

    path: str
    label: str
    data: bytes


def members_of_folder(root: Path, split: str) -> tuple[list[Member], set[str]]:
    """The files of ``split``, and the names of all splits.

    Raises:
        DataError: Something in ``split`` is no picture at ``<split>/<class>/<name>``.
    """
    splits = {path.name for path in root.iterdir() if path.is_dir()}
    inside = sorted((root / split).rglob("*")) if split in splits else []
    found = []
    for path in inside:
        if not path.is_dir():
            label = _label(path.relative_to(root).as_posix(), str(root))
            if path.stat().st_size > MOST_BYTES:
                raise DataError(f"{path}: expected a picture, got {path.stat().st_size} bytes; remove it")
            found.append(Member(str(path), label, path.read_bytes()))
    return found, splits


def members_of_tar(archive: Path, split: str) -> tuple[list[Member], set[str]]:
    """The files of ``split``, and the names of all splits.

    Raises:
        DataError: Not a tar archive, one that is cut short or garbled, or one that holds other things than
            pictures at ``<split>/<class>/<name>`` and folders.
    """
    try:
        with tarfile.open(archive) as tar:
            files = {info.name.removeprefix("./"): info for info in _files(tar, archive)}
            labels = {name: _label(name, str(archive)) for name in files}
            splits = {PurePosixPath(name).parts[0] for name in files}
            wanted = [name for name in files if PurePosixPath(name).parts[0] == split]
            found = [Member(f"{archive}: {name}", labels[name], _read(tar, files[name])) for name in wanted]
            return found, splits
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = " ".join(str(error).split())
        raise DataError(
            f"{archive}: expected a complete tar archive, got one that is cut short or garbled ({reason}); "
            "fetch it again"
        ) from error


def _files(tar: tarfile.TarFile, archive: Path) -> Iterator[tarfile.TarInfo]:
    for info in tar:
        if info.isdir():
            continue
        if not info.isreg() or info.sparse is not None or info.size > MOST_BYTES:
            kind = f"{info.size} bytes" if info.isreg() else "a link or device"
            raise DataError(f"{archive}: expected pictures only, but {info.name!r} is {kind}; pack the archive again")
        yield info
    _require_end(tar)


def _require_end(tar: tarfile.TarFile) -> None:
    """A header that is garbled or missing ends the list in silence; a block of zeros ends a whole archive."""
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
        raise tarfile.ReadError(f"no end mark at byte {tar.offset}")


def _read(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(info)
    data = file.read() if file else b""
    if len(data) != info.size:
        raise tarfile.ReadError(f"{info.name} has {len(data)} of {info.size} bytes")
    return data


def _label(path: str, where: str) -> str:
    parts = PurePosixPath(path).parts
    if len(parts) != 3 or not path.lower().endswith(SUFFIXES):
        raise DataError(
            f"{where}: expected pictures at <split>/<class>/<name> with a name in {' '.join(SUFFIXES)}, "
            f"got {path!r}; remove it"
        )
    return parts[1]
