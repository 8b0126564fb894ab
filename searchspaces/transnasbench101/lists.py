"""Results as NASLib lists them: a zip file of JSON lists, one task each."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from zcnas.errors import DataError
from zcnas.searchspaces.transnasbench101.results import Results
from zcnas.searchspaces.transnasbench101.tasks import TASKS
from zcnas.space import Architecture, SearchSpace

_NAME = re.compile(r"(?:.*/)?benchmark--transbench101_(micro|macro)--(\w+)--\d+\.json")
_GENOME = re.compile(r"\((\d(?:, \d)*)\)")
_LARGEST = 1 << 24  # Bytes of one list, of which the published ones have at most some 150,000.


def results_of(content: bytes) -> Results:
    """All results of the one space that the lists are of.

    Raises:
        Exception: Of many kinds, for what is no complete file.
    """
    found: Results | None = None
    for kind, task, listed in _lists(content):
        found = found or Results(kind)
        if kind != found.kind or task not in TASKS:
            raise DataError(f"expected one space and {', '.join(TASKS)}; got {found.kind}, and {kind} with {task}")
        for record in listed:
            arch = _architecture(found.space, record["arch"])
            found.add(arch, task, "val", record["val_accuracy"], TASKS[task].epochs)
    if found is None:
        raise DataError("it has no list named like benchmark--transbench101_micro--jigsaw--0.json")
    return found


def _lists(content: bytes) -> Iterator[tuple[str, str, list[Any]]]:
    """Space, task and records of every list; the archive's checksums are compared on reading."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            named = _NAME.fullmatch(member.filename)
            if named is None or member.file_size > _LARGEST:
                raise DataError(f"it has {member.filename!r} of {member.file_size} bytes")
            yield named[1], named[2], json.loads(archive.read(member))


def _architecture(space: SearchSpace, text: str) -> Architecture:
    found = _GENOME.fullmatch(text)
    digits = tuple(map(int, found[1].split(", "))) if found else ()
    # Stacks of four and five modules are listed without zeros.
    return space.architecture((*digits, *(0,) * (len(space.choices) - len(digits))))
