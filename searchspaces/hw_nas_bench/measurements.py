"""Reads the published forms, into values in NAS-Bench-201's official order."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError
from zcnas.searchspaces.nasbench201.order import official_indices, official_spellings
from zcnas.unpickle import load

Values = npt.NDArray[np.float64]
Measurements = dict[str, Values]
"""Published name of a column -> ``(15625,)``, in the official order."""

DATASETS = ("cifar10", "cifar100", "ImageNet16-120")
NAMES = (
    *("edgegpu_latency", "edgegpu_energy", "raspi4_latency", "edgetpu_latency", "pixel3_latency"),
    *("eyeriss_latency", "eyeriss_energy", "eyeriss_arithmetic_intensity", "fpga_latency", "fpga_energy"),
)
"""Columns: a device and what was measured."""

_NET = re.compile(rf"\({', '.join([r'([0-4])'] * 6)}\)")
_CODES = (1, 0, 3, 2, 4)  # Theirs count skip_connect, none, nor_conv_3x3, nor_conv_1x1, avg_pool_3x3.
_PLACES = (0, 1, 3, 2, 4, 5)  # Theirs have all that leaves the input first.


def from_csv(content: bytes) -> Measurements:
    """``hw_<data set>.csv``: a column ``net`` with codes of operations, and some of :data:`NAMES`."""
    header, *rows = list(csv.reader(io.StringIO(content.decode("ascii"), newline=""), strict=True))
    if header[:1] != ["net"] or len(header) < 2 or not set(header[1:]) <= set(NAMES) or len({*header}) < len(header):
        raise DataError(f"expected columns net, {', '.join(NAMES)}; got {', '.join(header)[:200]}")
    wrong = [number for number, row in enumerate(rows, start=2) if len(row) != len(header)]
    if wrong:
        raise DataError(f"line {wrong[0]} has not {len(header)} columns")
    order = _order([official_indices()[_codes(row[0])] for row in rows])
    columns = zip(header[1:], list(zip(*rows, strict=True))[1:], strict=True)
    return {name: _checked(name, [float(text) for text in texts])[order] for name, texts in columns}


def from_pickle(content: bytes) -> dict[str, Measurements]:
    """``HW-NAS-Bench-v1_0.pickle``: its part ``nasbench201``, for every data set."""
    loaded = load(content)
    spaces = loaded if isinstance(loaded, Mapping) else {}
    found = spaces.get("nasbench201")
    if not isinstance(found, Mapping) or not found or not set(found) <= set(DATASETS):
        raise DataError(f"expected measurements of {', '.join(DATASETS)} under 'nasbench201', got other content")
    return {dataset: _part(part) for dataset, part in found.items()}


def _part(part: Any) -> Measurements:
    if not isinstance(part, Mapping) or not set(part) & set(NAMES) or "config" not in part:
        raise DataError("expected lists of measurements and 'config' for every data set, got something else")
    order = _order([official_spellings()[config["arch_str"]] for config in part["config"]])
    return {name: _checked(name, part[name])[order] for name in NAMES if name in part}


def _codes(net: str) -> tuple[int, ...]:
    match = _NET.fullmatch(net)
    if match is None:
        raise DataError(f"expected six codes from 0 to 4 such as (4, 3, 3, 0, 0, 0), got {net[:100]!r}")
    return tuple(_CODES[int(match[place + 1])] for place in _PLACES)


def _order(indices: Sequence[int]) -> npt.NDArray[np.intp]:
    """Places of the rows in the official order."""
    distinct = len(set(indices))
    if not len(indices) == distinct == len(official_indices()):
        raise DataError(f"expected {len(official_indices())} architectures, got {len(indices)}, {distinct} distinct")
    return np.argsort(indices)


def _checked(name: str, values: Any) -> Values:
    """Positive numbers, and NaN for -1, which stands for networks that the device cannot run."""
    array = np.asarray(values)
    if array.shape != (len(official_indices()),) or array.dtype.kind not in "fi":
        raise DataError(f"{name}: expected {len(official_indices())} numbers, got {array.dtype} of shape {array.shape}")
    numbers = np.where(array == -1, np.nan, array.astype(np.float64))
    wrong = (numbers <= 0) | np.isinf(numbers) | np.isnan(array.astype(np.float64))
    if wrong.any():
        raise DataError(f"{name}: expected numbers above 0, or -1 for none; got {array[wrong][0]}")
    return numbers
