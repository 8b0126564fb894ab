"""TF-NAS's tables: blocks by the channels in their middle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zcnas.errors import DataError
from zcnas.latency.conditions import Conditions
from zcnas.latency.layers import Entry, LayerTable
from zcnas.searchspaces.conversion import read_bytes, reading
from zcnas.unpickle import PLAIN, load

FORM = "latency_cpu.pkl or latency_gpu.pkl of TF-NAS"
_SOURCE = "TF-NAS (Hu et al. 2020, arXiv:2008.05314), latency_pkl"
_KNOWN = {
    "latency_cpu": Conditions("xeon_gold_6130", runtime="PyTorch 1.1", batch=1, source=_SOURCE),
    "latency_gpu": Conditions("titan_rtx_32", runtime="PyTorch 1.1, cuDNN 7.6.0", batch=32, source=_SOURCE),
}
"""What the authors' notes say."""


def recognises(path: Path) -> bool:
    """Whether it is named so."""
    return path.stem in _KNOWN and path.suffix == ".pkl"


def read_tf_nas(path: Path) -> list[LayerTable]:
    """Entries such as ``MBInvertedResBlock_112_16_0_24_k3_s2_relu/mid=48``, and ``base``: all but the blocks.

    The numbers of a block are size, channels that come in, those of squeeze and excitation, and those that go out.
    The authors laid lines through their measurements, which fall below 0 for blocks of few channels: these are no
    latencies, and are left out. A network is ``base`` and its blocks; no space here has such keys.

    Raises:
        DataError: Truncated, garbled, of another kind, or a pickle that would run code.
        InputError: The file cannot be read.
    """
    content = read_bytes(path, FORM)
    with reading(path, f"a complete {FORM}"):
        found = dict(_entries(load(content, allowed=PLAIN)))
        return [_table(path.stem, found)]


def _table(name: str, found: dict[str, Entry]) -> LayerTable:
    entries = {key: entry for key, entry in found.items() if entry.value > 0}
    left = len(found) - len(entries)
    notes = (f"{left} entries that were not above 0 are left out",) if left else ()
    return LayerTable(entries, _KNOWN.get(name) or Conditions(name, source=_SOURCE), notes=notes)


def _entries(content: Any) -> Iterator[tuple[str, Entry]]:
    if not isinstance(content, Mapping) or not isinstance(content.get("base"), float):
        raise DataError("expected a dictionary of blocks with 'base', got something else")
    for block, widths in content.items():
        if block == "base":
            yield block, Entry(_number(block, widths))
            continue
        if not isinstance(widths, Mapping) or not widths or any(type(width) is not int for width in widths):
            raise DataError(f"{block}: expected a dictionary from channels to milliseconds, got {widths!r:.100}")
        for width, value in widths.items():
            yield f"{block}/mid={width}", Entry(_number(f"{block}/mid={width}", value))


def _number(key: str, value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) < float("inf"):
        raise DataError(f"{key}: expected milliseconds, got {value!r:.100}")
    return float(value)
