"""Turns published results into one table."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from zcnas.errors import InputError
from zcnas.searchspaces.conversion import made, provenance, read_bytes, reading, written
from zcnas.searchspaces.nasbench201.containers import identify
from zcnas.searchspaces.transnasbench101 import authors, lists
from zcnas.searchspaces.transnasbench101.results import SPACES
from zcnas.table import Table

_LISTS = "zip file of NASLib's lists of TransNAS-Bench-101"
_AUTHORS = "transnas-bench_*.pth file"


def convert(
    path: str | os.PathLike[str], out: str | os.PathLike[str], *, space: str | None = None, progress: bool = True
) -> Table:
    """Writes what :func:`read` gives to the ``.npz`` file ``out``, which appears when it is complete.

    Raises:
        DataError: As :func:`read`.
        InputError: As :func:`read`, or ``out`` cannot be written.
    """
    written(lambda: read(path, space=space, progress=progress), out, [path])
    return Table.load(out, SPACES["micro"]().parse)


def read(path: str | os.PathLike[str], *, space: str | None = None, progress: bool = False) -> Table:
    """Reads one of the two spaces; rows in the order of the space.

    Of each task, what was measured after the last epoch of the one training, on validation images (``split="val"``)
    and, in the authors' file, on test images; higher is better for each:

    ================  ===========================  ====  ======
    task              metric                       unit  epochs
    ================  ===========================  ====  ======
    class_scene       accuracy (top-1)             %     25
    class_object      accuracy (top-1)             %     25
    room_layout       neg_loss (minus the mean     1     25
                      squared error)
    jigsaw            accuracy (top-1)             %     10
    segmentsemantic   accuracy (of pixels)         %     30
    normal            ssim                         1     30
    autoencoder       ssim                         1     30
    ================  ===========================  ====  ======

    NASLib's lists (Krishnakumar et al. 2022, arXiv:2210.03230) have values and no more: that they are of the last
    epoch is said by those who publish them, and epochs are from the authors' settings. The authors' file has its
    own number of epochs, and also ``params``, ``flops``, ``encoder_params``, ``encoder_flops`` and ``latency`` in
    units that it does not say. It has the loss of ``room_layout``, which is multiplied by -1 here. It is read as
    its public description says: not tried on a real file.

    Args:
        path: A zip file of lists, or ``transnas-bench_*.pth``.
        space: ``"micro"`` or ``"macro"``: which one of the authors' file, which has both.
        progress: Show a progress bar.

    Raises:
        DataError: The file is truncated, garbled or of another kind, lacks tasks or architectures, has values that
            are out of range, or would run code.
        InputError: ``path`` cannot be read, or ``space`` is missing or another one.
    """
    return _from_authors(path, space, progress) if _is_authors(path) else _from_lists(path, space)


def _is_authors(path: str | os.PathLike[str]) -> bool:
    """Whether it is PyTorch's."""
    if not zipfile.is_zipfile(path):
        return Path(path).suffix == ".pth"
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    except zipfile.BadZipFile:
        return Path(path).suffix == ".pth"


def _from_lists(path: str | os.PathLike[str], space: str | None) -> Table:
    content = read_bytes(path, f"a {_LISTS}")
    with reading(path, f"a complete {_LISTS}"):
        results = lists.results_of(content)
        genomes, columns = results.genomes, results.columns()
    if space not in (None, results.kind):
        raise InputError(f"{os.fspath(path)}: expected the {space} space, got {results.kind}; give another file")
    return Table(genomes, columns, {**provenance(path, content, _LISTS), **_RECORDED})


def _from_authors(path: str | os.PathLike[str], space: str | None, progress: bool) -> Table:
    if space not in SPACES:
        raise InputError(f"{os.fspath(path)}: expected space='micro' or 'macro', as it has both, got {space!r}")
    if not os.access(path, os.R_OK):
        raise InputError(f"{os.fspath(path)}: expected a {_AUTHORS}, got nothing that can be read; give its path")
    with reading(path, f"a complete {_AUTHORS}"):
        source = identify(path)
        results = authors.results_of(source, space, progress=progress)
        genomes, columns = results.genomes, results.columns()
    where = {"source": source.path.name, "form": _AUTHORS, "bytes": source.size, "sha256": source.sha256}
    return Table(genomes, columns, {**where, **made(), **_RECORDED, "room_layout": "the file's loss, times -1"})


_RECORDED = {"recorded": "last epoch of one training"}
