"""The forms in which the benchmark's authors publish it, told apart by content."""

from __future__ import annotations

import bz2
import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from zcnas.errors import DataError, InputError
from zcnas.searchspaces.nasbench201.stream import StreamUnpickler

_BUFFER = 1 << 20
_LEGACY_START = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_HEADERS = 3  # A magic number, the version of the form, and sizes of types; each is a pickle.
_DIGITS = re.compile(r"-([0-9a-f]{5,6})\.(pth|pickle\.pbz2)$")

FORMS = {
    "folder": "NATS-Bench folder of .pickle.pbz2 files, one per architecture",
    "pbz2": "NATS-Bench .pickle.pbz2 file",
    "zip": "NAS-Bench-201 .pth file, PyTorch's zip form",
    "legacy": "NAS-Bench-201 .pth file, PyTorch's form before version 1.6",
}
"""What can be read."""


@dataclass(frozen=True, slots=True)
class Source:
    """One published file or folder.

    Attributes:
        path: Where it is.
        form: A key of :data:`FORMS`.
        files: What is to be read; for a folder, the list of all architectures comes first.
        size: Of all files, in bytes.
        sha256: Of the file; for a folder, of the lines ``<sha256> <name>`` of its files.
    """

    path: Path
    form: str
    files: tuple[Path, ...]
    size: int
    sha256: str


def identify(path: str | os.PathLike[str]) -> Source:
    """Says in which form the benchmark lies at ``path``.

    Raises:
        InputError: Nothing is there, or it cannot be read.
        DataError: It has another form, or other content than its name promises.
    """
    place = Path(path)
    try:
        form = _form(place)
        files = _folder(place) if form == "folder" else (place,)
        size = sum(file.stat().st_size for file in files)
        hashes = [_hash(file, "sha256") for file in files]
        if form == "legacy":
            _check_name(place, hashes[0])
    except OSError as error:
        raise InputError(f"{place}: expected a file or folder of the benchmark, got {error}; give its path") from error
    lines = "".join(f"{digest} {file.name}\n" for digest, file in zip(hashes, files, strict=True))
    digest = hashlib.sha256(lines.encode()).hexdigest() if form == "folder" else hashes[0]
    return Source(place, form, files, size, digest)


@contextmanager
def opened(source: Source, file: Path) -> Iterator[BinaryIO]:
    """A stream placed at the pickle with the results, read to its end so that all checksums are compared."""
    if source.form == "legacy":
        with file.open("rb", buffering=_BUFFER) as raw:
            for _ in range(_LEGACY_HEADERS):
                StreamUnpickler(raw).load()
            yield raw
        return
    with _unpacked(source, file) as member, io.BufferedReader(member, _BUFFER) as stream:  # type: ignore[type-var]
        yield stream
        if stream.read(1):
            raise DataError("there are bytes after the end of the pickle")


@contextmanager
def _unpacked(source: Source, file: Path) -> Iterator[BinaryIO]:
    if source.form == "zip":
        with zipfile.ZipFile(file) as archive, archive.open(_pickle_member(archive)) as member:
            yield member  # type: ignore[misc]
    else:
        with bz2.open(file, "rb") as member:
            yield member  # type: ignore[misc]


def _pickle_member(archive: zipfile.ZipFile) -> str:
    found = [name for name in archive.namelist() if re.fullmatch(r"[^/]+/data\.pkl", name)]
    if len(found) != 1:
        raise DataError(f"a .pth file holds one data.pkl, this one {len(found)}")
    return found[0]


def _form(place: Path) -> str:
    if place.is_dir():
        return "folder"
    with place.open("rb") as file:
        start = file.read(len(_LEGACY_START))
    if start == _LEGACY_START:
        return "legacy"
    for magic, form in ((b"BZh", "pbz2"), (b"PK\x03\x04", "zip")):
        if start.startswith(magic):
            return form
    raise DataError(
        f"{place}: expected a {', a '.join(FORMS.values())}; got a file that starts with {start!r}; "
        "download the benchmark again"
    )


def _folder(place: Path) -> tuple[Path, ...]:
    listing = place / "meta.pickle.pbz2"
    files = sorted(file for file in place.glob("*.pickle.pbz2") if re.fullmatch(r"\d{6}", file.name.split(".")[0]))
    if not listing.is_file() or not files:
        raise DataError(
            f"{place}: expected a {FORMS['folder']}, with meta.pickle.pbz2; got {len(files)} files of architectures"
            f"{'' if listing.is_file() else ' and no meta.pickle.pbz2'}; unpack the benchmark's .tar again"
        )
    return (listing, *files)


def _check_name(place: Path, sha256: str) -> None:
    """The authors put digits of a checksum into names: the only protection of a form without checksums."""
    promised = _DIGITS.search(place.name)
    if not promised:
        return
    digests = (_hash(place, "md5"), sha256)
    if not any(digest.startswith(promised[1]) or digest.endswith(promised[1]) for digest in digests):
        raise DataError(
            f"{place}: expected the file of this name, whose MD5 checksum ends in {promised[1]}; got one with "
            f"{digests[0]}; download it again, or rename it if it is another on purpose"
        )


def _hash(file: Path, kind: str) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, kind).hexdigest()
