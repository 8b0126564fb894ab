"""Turns the files that the benchmark's authors publish into one small table.

Those files have the results of every epoch, which takes minutes and, with the authors' own package, some 29 GB
of memory to read. The table has what experiments look up, and loads in a few hundredths of a second.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zcnas.errors import DataError
from zcnas.searchspaces.conversion import made, reading, reason, written
from zcnas.searchspaces.nasbench201.cell import parse_ops
from zcnas.searchspaces.nasbench201.containers import FORMS, Source, identify, opened
from zcnas.searchspaces.nasbench201.kinds import Kind
from zcnas.searchspaces.nasbench201.order import official_codes, official_indices
from zcnas.searchspaces.nasbench201.records import Records
from zcnas.searchspaces.nasbench201.space import NASBench201
from zcnas.searchspaces.nasbench201.stream import StreamUnpickler
from zcnas.searchspaces.nasbench201.table import NASBench201Table
from zcnas.space import Genomes
from zcnas.table import Table

TOPOLOGY = Kind(
    NASBench201.name,
    official_codes,
    lambda text: official_indices()[parse_ops(text)],
    # NAS-Bench-201 has names, NATS-Bench numbers.
    {"less": 12, "full": 200, "12": 12, "200": 200},
)


def convert(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    trust: bool = False,
    partial: bool = False,
    progress: bool = True,
) -> NASBench201Table:
    """Converts a published file of NAS-Bench-201 or of the topology space of NATS-Bench.

    Columns of the table: accuracy in % after the last of 12 and of 200 epochs, for every data set and set of
    images (``"cifar10-valid"`` is the run on half of the training images, the only one of CIFAR-10 with
    ``split="val"``), as the mean over the recorded runs and for every seed; seconds of training; the number of
    ``runs``; and ``params``, ``flops`` and ``latency`` as recorded with the short training. Where a column
    lacks architectures, :attr:`Column.complete <zcnas.table.Column.complete>` is false.

    Args:
        path: ``NAS-Bench-201-v1_*.pth``, ``NATS-tss-*.pickle.pbz2``, or the folder ``NATS-tss-*-simple``.
        out: The ``.npz`` file to write; it appears when it is complete.
        trust: Run what the file says, as plain unpickling does. Only for files that are refused otherwise and
            whose maker you trust.
        partial: Take a file or folder with fewer than all architectures; the others are then missing.
        progress: Show a progress bar.

    Raises:
        DataError: The file is truncated, garbled, of another kind, lacks architectures,
            has values that are not finite, or would run code.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    write_table(path, out, TOPOLOGY, NASBench201Table, trust=trust, partial=partial, progress=progress)
    return NASBench201Table.load(out)


def write_table(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    kind: Kind,
    form: type[Table],
    *,
    trust: bool,
    partial: bool,
    progress: bool,
) -> None:
    """Writes a published file of this kind as a table of this form; see :func:`convert`."""
    source = identify(path)

    def read() -> Table:
        with reading(source.path, f"a complete {FORMS[source.form]}", "give an intact one"):
            records = _read(source, kind, trust=trust, progress=progress)
            _check_complete(records, partial=partial)
        genomes = Genomes(kind.space, np.array(kind.genomes(), dtype=np.uint8))
        return form(genomes, records.columns(), _meta(source, records))

    written(read, out, (source.path, *source.files))


def _read(source: Source, kind: Kind, *, trust: bool, progress: bool) -> Records:
    from tqdm import tqdm

    records = Records(kind)
    with tqdm(total=len(kind), unit="arch", disable=not progress) as bar:

        def watch(container: dict[Any, Any], items: list[Any]) -> bool:
            complete = records.watch(container, items)
            bar.update(len(records) - bar.n) if complete else None
            return complete

        loaded = []
        for file in source.files:
            with _named(source, file), opened(source, file) as stream:
                loaded.append(StreamUnpickler(stream, watch, trust=trust).load())
    listing = _listing(loaded[0])
    if source.form == "folder":
        listing["arch2infos"] = {
            int(file.name[:6]): one for file, one in zip(source.files[1:], loaded[1:], strict=True)
        }
    _check_listing(listing, records)
    return records


@contextlib.contextmanager
def _named(source: Source, file: Path) -> Iterator[None]:
    """Names the one file of a folder that is at fault."""
    try:
        yield
    except Exception as error:
        if source.form != "folder":
            raise
        raise DataError(f"{file.name}: {reason(error)}") from error


def _listing(loaded: Any) -> dict[str, Any]:
    if isinstance(loaded, dict) and loaded.keys() and all(isinstance(key, str) and key.isdecimal() for key in loaded):
        raise DataError("it has one architecture; give the folder of all of them, with meta.pickle.pbz2")
    if not isinstance(loaded, dict) or not {"meta_archs", "arch2infos"} <= loaded.keys():
        raise DataError("it has no meta_archs and arch2infos")
    return loaded


def _check_listing(listing: dict[str, Any], records: Records) -> None:
    """Every record stands under the number of its architecture."""
    archs, infos = listing["meta_archs"], listing["arch2infos"]
    records.kind.row(archs[0])
    if infos is None:
        raise DataError("it lists architectures without results; give the folder that it lies in")
    for number, recipes in infos.items():
        if any(found != number for found in recipes.values()):
            raise DataError(f"under number {number} it has another architecture's record")
    wrong = [number for number, text in records.spellings.items() if archs[number] != text]
    if wrong:
        raise DataError(
            f"architecture {wrong[0]} is {archs[wrong[0]]}, but its record says {records.spellings[wrong[0]]}"
        )


def _check_complete(records: Records, *, partial: bool) -> None:
    if len(records) == 0 or (len(records) < len(records.kind) and not partial):
        raise DataError(
            f"it has records of {len(records)} of {len(records.kind)} architectures, which only `partial` allows"
        )


def _meta(source: Source, records: Records) -> dict[str, Any]:
    return {
        "source": source.path.resolve().name,
        "form": FORMS[source.form],
        "bytes": source.size,
        "sha256": source.sha256,
        "architectures": len(records),
        **made(),
    }
