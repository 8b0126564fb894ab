"""Turns the files that the benchmark's authors publish into one table."""

from __future__ import annotations

import os
from functools import cache

from zcnas.searchspaces.nasbench201.kinds import Kind
from zcnas.searchspaces.nasbench201.official import write_table
from zcnas.searchspaces.natsbench_size.space import NATSBenchSize
from zcnas.table import Table

_SPACE = NATSBenchSize()


@cache
def _genomes() -> tuple[tuple[int, ...], ...]:
    return tuple(arch.genome for arch in _SPACE)


SIZE = Kind(
    _SPACE.name,
    _genomes,
    lambda text: _SPACE.official_index(_SPACE.parse(text)),
    {"01": 1, "12": 12, "90": 90},
)


def convert(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    trust: bool = False,
    partial: bool = False,
    progress: bool = True,
) -> Table:
    """Converts a published file of the size space of NATS-Bench; rows in the order of the space.

    Columns are those of NAS-Bench-201's table (:func:`zcnas.searchspaces.nasbench201.convert`), for trainings of
    1, 12 and 90 epochs; ``params``, ``flops`` and ``latency`` are those recorded with the shortest.

    Args:
        path: ``NATS-sss-*.pickle.pbz2``, or the folder ``NATS-sss-*-simple``.
        out: The ``.npz`` file to write; it appears when it is complete.
        trust: Run what the file says, as plain unpickling does. Only for files that are refused otherwise and
            whose maker you trust.
        partial: Take a file or folder with fewer than all architectures; the others are then missing.
        progress: Show a progress bar.

    Raises:
        DataError: The file is truncated, garbled, of another kind, lacks architectures, has values that are not
            finite, or would run code.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    write_table(path, out, SIZE, Table, trust=trust, partial=partial, progress=progress)
    return Table.load(out, _SPACE.parse)
