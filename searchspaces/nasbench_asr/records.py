"""One file of the benchmark: a pickled header, and then a pickled list of rows."""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from typing import Any

from zcnas.column import Column
from zcnas.errors import DataError
from zcnas.searchspaces.nasbench_asr.cell import NODES, OPS, Genome, genome_of
from zcnas.searchspaces.nasbench_asr.graphs import model_hash
from zcnas.searchspaces.nasbench_asr.space import classes
from zcnas.searchspaces.number import number
from zcnas.unpickle import load

_DATASET = "timit"
_COLUMNS = {
    "training": ["model_hash", "val_per", "test_per"],
    "benchmarking": ["model_hash", "latency"],
    "static": ["model_hash", "params"],
}
"""What rows begin with, by the type of the file."""

_LARGEST = 1e12  # Of operations in a network of this size; of rates and seconds far less.


@dataclass(frozen=True, slots=True)
class Records:
    """What a file says.

    Attributes:
        columns: By column, values by hash.
        spellings: Hash -> the cell that was trained, where the file tells.
    """

    columns: dict[Column, dict[str, float]]
    spellings: dict[str, Genome]


def read_records(content: bytes) -> Records:
    """Reads a file. Raises :class:`~zcnas.errors.DataError`, and what else a garbled one makes Python raise."""
    header, rows = _two(content)
    kind = header["dataset_type"] if isinstance(header, dict) else None
    if kind not in _COLUMNS or list(header["columns"])[: len(_COLUMNS[kind])] != _COLUMNS[kind]:
        raise DataError(f"it has no header of a known type with columns {_COLUMNS.get(str(kind), _COLUMNS)}")
    ops, nodes = header["search_space"]["ops"], header["search_space"]["nodes"]
    if list(ops) not in (list(OPS), list(OPS[:-1])) or nodes != len(NODES):
        raise DataError(f"it is of another search space, with operations {ops!r:.200} and {nodes!r:.20} nodes")
    known = classes()
    for row in rows:
        if row[0] not in known:
            raise DataError(f"{row[0]!r:.50} is the hash of no architecture")
    if len({row[0] for row in rows}) != len(rows):
        raise DataError("a hash occurs twice")
    if kind == "training":
        return _training(header, rows)
    if kind == "benchmarking":
        return Records({_cost("latency", "s", _text(header["device"])): _column(rows, 1)}, {})
    units = {"params": "parameters", "flops": "flops"}
    places = {name: place for place, name in enumerate(header["columns"]) if name in units}
    return Records({_cost(name, units[name]): _column(rows, place) for name, place in places.items()}, {})


def _two(content: bytes) -> tuple[Any, Any]:
    stops = (place for opcode, _, place in pickletools.genops(content) if opcode.name == "STOP" and place is not None)
    end = next(stops) + 1
    second = content[end:]
    rows = load(second)
    stop = next(place for opcode, _, place in pickletools.genops(second) if opcode.name == "STOP")
    if stop is None or stop + 1 != len(second):
        raise DataError("it goes on after the list of rows")
    if not isinstance(rows, list) or not all(isinstance(row, list | tuple) for row in rows):
        raise DataError("it has no list of rows after the header")
    return load(content[:end]), rows


def _training(header: dict[str, Any], rows: Any) -> Records:
    epochs, seed = header["epochs"], header["seed"]
    if type(epochs) is not int or type(seed) is not int or epochs < 1 or seed < 0:
        raise DataError(f"expected whole numbers of epochs and seed, got {epochs!r:.50} and {seed!r:.50}")
    place = list(header["columns"]).index("arch_vec") if "arch_vec" in header["columns"] else None
    spellings = {} if place is None else {row[0]: genome_of(row[place]) for row in rows}
    for key, genome in spellings.items():
        if model_hash(genome) != key:
            raise DataError(f"under {key} it has {genome}, whose hash is {model_hash(genome)}")
    for row in rows:
        if not isinstance(row[1], list | tuple) or not 0 < len(row[1]) <= epochs:
            raise DataError(f"expected validation after up to {epochs} epochs, got {row[1]!r:.100}")
    test = {row[0]: 100 * _number(row[2]) for row in rows}
    val = {row[0]: 100 * min(map(_number, row[1])) for row in rows}
    splits = {"test": test, "val": val}
    return Records({_rate(split, epochs, str(seed)): values for split, values in splits.items()}, spellings)


def _rate(split: str, epochs: int, seed: str) -> Column:
    return Column(_DATASET, split, "per", epochs, seed, higher_is_better=False)


def _cost(metric: str, unit: str, device: str = "") -> Column:
    return Column(_DATASET, metric=metric, unit=unit, higher_is_better=False, device=device)


def _column(rows: Any, place: int) -> dict[str, float]:
    return {row[0]: _number(row[place]) for row in rows}


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) < 100:
        raise DataError(f"expected the name of a device, got {value!r:.100}")
    return value


def _number(value: object) -> float:
    return number(value, 0, _LARGEST)
