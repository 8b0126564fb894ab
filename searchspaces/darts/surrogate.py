"""Accuracies of NAS-Bench-301: predicted by a model of trainings, not measured."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from zcnas.errors import DataError, InputError
from zcnas.searchspaces.darts.space import DARTS
from zcnas.table import Column, Table

_DATASET = "cifar10"
COLUMN = Column(_DATASET, "val", epochs=100, seed="surrogate")
"""What the surrogate predicts: validation accuracy after 100 epochs, in %."""


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> Table:
    """Turns ``zc_nasbench301.json`` of NAS-Bench-Suite-Zero (Krishnakumar et al. 2022, arXiv:2210.03230) into a table.

    Only accuracies are taken, which are predictions of NAS-Bench-301's surrogate (Siems et al. 2020,
    arXiv:2008.09777), for a sample of the space: they lie closer to each other than trainings would.

    Args:
        path: The file, a JSON object: ``cifar10`` -> compact code -> ``val_accuracy``.
        out: The ``.npz`` file to write; :meth:`zcnas.table.Table.load` reads it with ``DARTS().parse``.

    Raises:
        DataError: The file is truncated, garbled or of another kind.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    source = Path(path)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise InputError(f"{source}: expected zc_nasbench301.json, got {error}; give its path") from error
    try:
        records, space = json.loads(content)[_DATASET], DARTS()
        accuracies = {space.parse(text): _percent(record["val_accuracy"]) for text, record in records.items()}
        meta = {
            "source": source.name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "values": "predicted by the surrogate of NAS-Bench-301",
        }
        if len(accuracies) != len(records):
            raise DataError("an architecture occurs twice")
        table = Table(list(accuracies), {COLUMN: list(accuracies.values())}, meta)
    except Exception as error:
        raise DataError(
            f"{source}: expected JSON of the form {{'cifar10': {{'[[(0, 3), ...], [...]]': {{'val_accuracy': 93.1}}}}}}"
            f", got a file that cannot be read so ({type(error).__name__}: {error}); fetch zc_nasbench301.json again"
        ) from error
    try:
        table.save(out)
    except OSError as error:
        raise InputError(f"{out}: expected a file that can be written, got {error}; give another path") from error
    return table


def _percent(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise DataError(f"expected an accuracy from 0 to 100 %, got {value!r}")
    return float(value)
