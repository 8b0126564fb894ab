"""Turns HELP's folders into tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError, InputError
from zcnas.searchspaces.conversion import read_bytes, reading, written
from zcnas.searchspaces.folders import provenance_of
from zcnas.searchspaces.help.files import PARTS, Part, read_pt
from zcnas.space import Architecture, Genomes
from zcnas.table import Column, Table

_FORM = "folder of HELP's data, with latency/*.pt and str_arch2idx.pt, arch.pt or ofa_archs.pt"


def convert(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> Table:
    """Writes what :func:`read` gives to the ``.npz`` file ``out``, which appears when it is complete.

    Raises:
        DataError: As :func:`read`.
        InputError: ``path`` cannot be read or ``out`` not be written.
    """
    part = _part(Path(path))
    written(lambda: read(path), out, _files(Path(path), part))
    return part.table.load(out, part.space.parse)


def read(path: str | os.PathLike[str]) -> Table:
    """Reads the folder ``nasbench201``, ``fbnet`` or ``ofa`` of HELP's data.

    Columns: ``latency`` in ms, for every device, in the order of their names; NAS-Bench-201's networks are for
    CIFAR-10, FBNet's for CIFAR-100, once-for-all's for ImageNet. A device is called as its file: at the end of a
    GPU's name stands the size of the batch, as in ``titan_rtx_256``.

    Raises:
        DataError: A file is truncated, garbled or of another kind, does not fit the others, or would run code.
        InputError: ``path`` cannot be read.
    """
    folder = Path(path)
    part = _part(folder)
    contents = {_name(file, folder): read_bytes(file, "a .pt file of HELP") for file in _files(folder, part)}
    loaded = {name: _load(folder / name, content) for name, content in contents.items()}
    with reading(folder, f"a {_FORM}"):
        archs = part.archs(loaded.pop(part.listing))
        columns = {_column(part, name): _latencies(name, values, archs) for name, values in loaded.items()}
        genomes = Genomes(part.space.name, np.array([arch.genome for arch in archs], dtype=np.uint8))
        return part.table(genomes, columns, provenance_of(folder, contents, _FORM))


def _part(folder: Path) -> Part:
    found = [part for part in PARTS if (folder / part.listing).is_file()]
    if len(found) != 1:
        raise InputError(f"{folder}: expected a {_FORM}; got {len(found)} of these lists; give the folder of one space")
    return found[0]


def _files(folder: Path, part: Part) -> list[Path]:
    files = sorted((folder / "latency").glob("*.pt"))
    if not files:
        raise InputError(f"{folder}: expected a {_FORM}; got no latency/*.pt; give the folder as it is published")
    return [folder / part.listing, *files]


def _name(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _load(file: Path, content: bytes) -> Any:
    with reading(file, "a complete .pt file of plain values"):
        return read_pt(content)


def _column(part: Part, name: str) -> Column:
    device = Path(name).stem
    return Column(part.dataset, metric="latency", seed="none", unit="ms", higher_is_better=False, device=device)


def _latencies(name: str, values: Any, archs: Sequence[Architecture]) -> npt.NDArray[np.float64]:
    numbers = isinstance(values, list) and all(type(value) in (int, float) for value in values)
    if not numbers or len(values) != len(archs):
        raise DataError(f"{name}: expected a list of {len(archs)} numbers, got something else")
    array = np.array(values, dtype=np.float64)
    if not (array > 0).all() or np.isinf(array).any():
        raise DataError(f"{name}: expected milliseconds above 0, got {array.min()} to {array.max()}")
    return array
