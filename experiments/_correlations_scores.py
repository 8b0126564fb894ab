"""Scores to hold against accuracies: read from a file, with sizes and aggregates beside them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from _demo_report import BASELINES

import zcnas
from zcnas.batch import Batch
from zcnas.errors import DataError, InputError
from zcnas.proxies import PROXIES
from zcnas.rank import AGGREGATES, aggregates
from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.nasbench201.cell import live_edges
from zcnas.space import Architecture, SearchSpace
from zcnas.store import ScoreStore
from zcnas.table import Table

Floats = npt.NDArray[np.float64]

SPACE = NASBench201()


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Scores of one predictor, as it gave them; NaN where they are undefined or failed."""

    values: Floats
    higher_is_better: bool
    kind: str

    @property
    def turned(self) -> Floats:
        """Higher is better."""
        return self.values if self.higher_is_better else -self.values


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Architectures, their scores by predictor, and columns of the file that are no scores."""

    archs: Sequence[Architecture]
    columns: Mapping[str, Column]
    aside: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Networks:
    """How the networks of NAS-Bench-201 are built whose sizes are counted."""

    C: int = 16
    N: int = 5
    in_channels: int = 3
    pixels: int = 32


def read_scores(
    path: Path,
    *,
    space: SearchSpace = SPACE,
    higher: Sequence[str] = (),
    lower: Sequence[str] = (),
    settings: str | None = None,
) -> Scored:
    """Scores from a file. Its form is told by its ending: ``.csv``, or ``.sqlite`` for a score store.

    A table has the column ``arch`` and one for each registered proxy or aggregate, as it gave its values; ``higher``
    and ``lower`` declare the direction of other columns, and what is not declared is left aside. An empty field is
    NaN. A store with scores of several settings needs one's fingerprint.

    Raises:
        DataError: Another form, no architectures, repeated ones, or what is no number.
    """
    readers = {".csv": lambda: _from_table(path, space), ".sqlite": lambda: _from_store(path, space, settings)}
    if path.suffix not in readers:
        raise InputError(f"{path}: expected scores in a .csv file (arch, and a column per proxy) or a .sqlite store")
    archs, values = readers[path.suffix]()
    missing = {*higher, *lower} - values.keys()
    if missing:
        raise InputError(f"{path}: declared but missing: {', '.join(sorted(missing))}; columns: {', '.join(values)}")
    found = {name: _direction(name, higher, lower) for name in values}
    columns = {
        name: Column(_numbers(path, name, values[name]), direction, kind_of(name))
        for name, direction in found.items()
        if direction is not None
    }
    return Scored(archs, columns, [name for name, direction in found.items() if direction is None])


Read = tuple[list[Architecture], dict[str, Iterable[str | float]]]


def _from_table(path: Path, space: SearchSpace) -> Read:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if "arch" not in header or not rows or any(len(row) != len(header) for row in rows):
        raise DataError(f"{path}: expected a column arch and as many fields in every row, got the header {header}")
    texts: dict[str, Iterable[str | float]] = dict(zip(header, zip(*rows, strict=True), strict=True))
    archs = [space.parse(str(text)) for text in texts.pop("arch")]
    if len(set(archs)) != len(archs):
        raise DataError(f"{path}: expected every architecture once, got {len(archs) - len(set(archs))} repetitions")
    return archs, texts


def _from_store(path: Path, space: SearchSpace, settings: str | None) -> Read:
    with ScoreStore(path, read_only=True) as store:
        columns = {name: store.values(name, settings) for name in store.names()}
    keys = dict.fromkeys(key for column in columns.values() for key in column if key.startswith(f"{space.name}:"))
    archs = [space.architecture(Architecture.of_key(key).genome) for key in keys]
    if not archs:
        raise DataError(f"{path}: expected scores of {space.name}, got none; see --space")
    return archs, {name: [column.get(key, math.nan) for key in keys] for name, column in columns.items()}


def kind_of(name: str) -> str:
    """How a predictor is drawn."""
    kinds = {"baseline": BASELINES, "aggregate": AGGREGATES, "proxy": PROXIES}
    return next((kind for kind, names in kinds.items() if name in names), "declared")


def _direction(name: str, higher: Sequence[str], lower: Sequence[str]) -> bool | None:
    """Whether higher is better; ``None`` for what is no predictor."""
    if name in higher or name in lower:
        return name in higher
    if name in AGGREGATES:
        return True
    return PROXIES.create(name).higher_is_better if name in PROXIES else None


def _numbers(path: Path, name: str, values: Iterable[str | float]) -> Floats:
    try:
        return np.array([math.nan if value == "" else float(value) for value in values])
    except ValueError as error:
        raise DataError(f"{path}, column {name}: {error}; leave the field empty where there is no score") from None


def completed(scored: Scored, networks: Networks | None) -> Scored:
    """Adds the aggregates that are missing, and the sizes of networks of NAS-Bench-201.

    Raises:
        InputError: Sizes are missing, and ``networks`` does not say how to count them.
    """
    columns = dict(scored.columns)
    for name in BASELINES:
        if name not in columns and networks is None:
            raise InputError(f"expected {' and '.join(BASELINES)} among the scores, as baselines; sweep them as well")
        if name not in columns and networks is not None:
            columns[name] = Column(sizes(scored.archs, name, networks), True, "baseline")
    proxies = {name: column.turned for name, column in columns.items() if name in PROXIES}
    for name, values in aggregates(proxies).items():
        columns.setdefault(name, Column(values, True, "aggregate"))
    return Scored(scored.archs, columns, scored.aside)


def with_short_training(scored: Scored, table: Table, wanted: Sequence[str]) -> Scored:
    """Adds validation accuracies after some epochs, such as ``cifar10:12``, as predictors."""
    columns = dict(scored.columns)
    for text in wanted:
        dataset, colon, epochs = text.rpartition(":")
        if not colon or not epochs.isdecimal():
            raise InputError(f"--trained: expected DATASET:EPOCHS, such as cifar10:12, got {text!r}")
        values = [table.query(arch, dataset, split="val", epochs=int(epochs)) for arch in scored.archs]
        columns[f"val_hp{epochs}_{dataset}"] = Column(np.array(values), True, "declared")
    return Scored(scored.archs, columns, scored.aside)


def sizes(archs: Sequence[Architecture], name: str, networks: Networks) -> Floats:
    """``params`` or ``flops`` of each network.

    All nodes of a cell have one shape, so that cells with the same operations have the same size, on whatever edges
    they lie: it is counted once. All parameters count; multiply-adds only on edges that are computed.
    """
    known: dict[tuple[int, ...], float] = {}
    keys = [_operations(arch, name) for arch in archs]
    for arch, key in zip(archs, keys, strict=True):
        if key not in known:
            known[key] = _size(arch, name, networks)
    return np.array([known[key] for key in keys])


def _operations(arch: Architecture, name: str) -> tuple[int, ...]:
    counted = live_edges(arch.genome) if name == "flops" else (True,) * len(arch.genome)
    return tuple(sorted(code for code, counts in zip(arch.genome, counted, strict=True) if counts))


def _size(arch: Architecture, name: str, networks: Networks) -> float:
    network = SPACE.build(arch, C=networks.C, N=networks.N, in_channels=networks.in_channels)
    image = torch.zeros(1, networks.in_channels, networks.pixels, networks.pixels)
    return zcnas.score(network, [name], batch=Batch(image, torch.zeros(1, dtype=torch.int64)), seed=0)[name]
