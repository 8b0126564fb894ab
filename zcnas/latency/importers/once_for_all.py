"""Once-for-all's layer tables of a Samsung Note10, one file for each resolution."""

from __future__ import annotations

import re
from pathlib import Path

from zcnas.errors import DataError, InputError
from zcnas.latency.conditions import Conditions
from zcnas.latency.importers.flat_yaml import read_entries
from zcnas.latency.layers import Entry, LayerTable
from zcnas.searchspaces.conversion import read_bytes, reading

FORM = "<resolution>_lookup_table.yaml of once-for-all, or a folder of them"
_NAME = re.compile(r"(\d+)_lookup_table\.yaml")
_CONDITIONS = Conditions(
    "note10",
    batch=1,
    source="once-for-all (Cai et al. 2020, arXiv:1908.09791), LatencyTools",
    statistic="mean",
    spread="standard deviation",
)


def recognises(path: Path) -> bool:
    """Whether it is named so."""
    return bool(_files(path))


def read_once_for_all(path: Path) -> list[LayerTable]:
    """One table of all resolutions: layers of equal shape have other latencies in other networks.

    The tables are of networks with channels widened by 1.2, which is the default of
    :meth:`OFAMobileNetV3.layers <zcnas.searchspaces.mobilenet.OFAMobileNetV3.layers>`. The runtime and the precision
    are not stated with them.

    Raises:
        DataError: A file is truncated, garbled, or of another resolution than its name says.
        InputError: There is no such file.
    """
    files = _files(path)
    if not files:
        raise InputError(f"{path}: expected {FORM}; got no such file; keep the names as they were published")
    entries: dict[str, Entry] = {}
    for size, file in sorted(files.items()):
        content = read_bytes(file, FORM)
        with reading(file, f"a complete {FORM}"):
            entries |= _entries(content, size)
    return [LayerTable(entries, _CONDITIONS, "ofa_mobilenetv3", by_image=True)]


def _files(path: Path) -> dict[int, Path]:
    files = sorted(path.glob("*_lookup_table.yaml")) if path.is_dir() else [path]
    return {int(match[1]): file for file in files if (match := _NAME.fullmatch(file.name))}


def _entries(content: bytes, size: int) -> dict[str, Entry]:
    found = read_entries(content.decode("ascii"))
    if not any(key.startswith(f"Conv-input:{size}x{size}x3-") for key in found):
        raise DataError(f"expected a first convolution on images of {size}x{size}, as the name says, got none")
    return {f"{size}/{key}": entry for key, entry in found.items()}
