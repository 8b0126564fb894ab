"""Accuracies of NAS-Bench-301: predicted by a model of trainings, not measured."""

from __future__ import annotations

import os

from zcnas.errors import DataError
from zcnas.searchspaces.conversion import provenance, read_bytes, reading, written
from zcnas.searchspaces.darts.space import DARTS
from zcnas.searchspaces.suite_zero.records import ACCURACY, checked, parse_records
from zcnas.table import Column, Table

_DATASET = "cifar10"
_NAME = "zc_nasbench301.json"
_FORM = "JSON of the form {'cifar10': {'[[(0, 3), ...], [...]]': {'val_accuracy': 93.1}}}"
COLUMN = Column(_DATASET, "val", epochs=100, seed="surrogate")
"""What the surrogate predicts: validation accuracy after 100 epochs, in %."""


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> Table:
    """Turns ``zc_nasbench301.json`` of NAS-Bench-Suite-Zero (Krishnakumar et al. 2022, arXiv:2210.03230) into a table.

    Only accuracies are taken; :func:`zcnas.searchspaces.suite_zero.convert` takes the scores as well. They are
    predictions of NAS-Bench-301's surrogate (Siems et al. 2020, arXiv:2008.09777), for a sample of the space: they
    lie closer to each other than trainings would.

    Args:
        path: The file, a JSON object: ``cifar10`` -> compact code -> ``val_accuracy``.
        out: The ``.npz`` file to write; :meth:`zcnas.table.Table.load` reads it with ``DARTS().parse``.

    Raises:
        DataError: The file is truncated, garbled or of another kind.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    return written(lambda: _read(path), out, [path])


def _read(path: str | os.PathLike[str]) -> Table:
    content = read_bytes(path, _NAME)
    with reading(path, _FORM, f"fetch {_NAME} again"):
        records, space = parse_records(content)[1][_DATASET], DARTS()
        accuracies = {space.parse(text): checked(record[ACCURACY]) for text, record in records.items()}
        meta = {
            **provenance(path, content, f"{_NAME} of NAS-Bench-Suite-Zero"),
            "values": "predicted by the surrogate of NAS-Bench-301",
        }
        if len(accuracies) != len(records):
            raise DataError("an architecture occurs twice")
        return Table(list(accuracies), {COLUMN: list(accuracies.values())}, meta)
