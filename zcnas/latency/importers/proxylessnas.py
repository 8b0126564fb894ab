"""ProxylessNAS's layer table of a Google Pixel 1."""

from __future__ import annotations

from pathlib import Path

from zcnas.errors import DataError
from zcnas.latency.conditions import Conditions
from zcnas.latency.importers.flat_yaml import read_entries
from zcnas.latency.layers import LayerTable
from zcnas.searchspaces.conversion import read_bytes, reading

FORM = "pixel_trim.yaml of ProxylessNAS"
_CONDITIONS = Conditions(
    "pixel1",
    runtime="TensorFlow Lite",
    batch=1,
    source="ProxylessNAS (Cai et al. 2019, arXiv:1812.00332), LatencyTools",
    statistic="mean",
    spread="standard deviation",
)


def recognises(path: Path) -> bool:
    """Whether it is named so."""
    return path.name.endswith("_trim.yaml") and path.is_file()


def read_proxylessnas(path: Path) -> list[LayerTable]:
    """Entries of networks of the search, at 224 pixels; the file gives variances, from which spreads are taken.

    Published networks were widened after the search in places, for which the table has no entries.

    Raises:
        DataError: Truncated, garbled, or of another kind.
        InputError: The file cannot be read.
    """
    content = read_bytes(path, FORM)
    with reading(path, f"a complete {FORM}"):
        entries = read_entries(content.decode("ascii"))
        if not any(key.startswith("Logits-input:") for key in entries):
            raise DataError("expected a layer 'Logits', got none")
        return [LayerTable(entries, _CONDITIONS, "proxylessnas")]
