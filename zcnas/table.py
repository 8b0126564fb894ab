"""Tables of recorded results: columns that say what they hold, in one ``.npz`` file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Self, Unpack

import numpy as np
import numpy.typing as npt

from zcnas.column import Choice, Column, fixed, kept, stored
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.space import Architecture, Genomes

__all__ = ["Choice", "Column", "Table"]

Values = npt.NDArray[np.float64]
Order = npt.NDArray[np.intp]
Archs = Sequence[Architecture] | Genomes
Arrays = Mapping[str, npt.NDArray[Any]]
Parse = Callable[[str], Architecture]


_LARGEST_GENE = np.iinfo(np.uint8).max


class Table:
    """Recorded results of architectures of one space.

    The file is an ``.npz`` archive without pickled objects: ``arch_str`` holds the benchmark's spelling of
    every architecture, ``columns`` a JSON object that names further arrays of equal length and describes each
    by the fields of :class:`Column`, and ``meta`` a JSON object with the table's provenance. In the form that
    loads fast, ``genomes`` and ``space`` stand in for ``arch_str``, ``columns`` is a list, and ``values`` has
    one row for each; what float32 would change is in ``exact_values``, for the columns at the places ``exact``.

    Values in float32 are kept so, which takes half the memory; they are given in float64.

    Attributes:
        meta: How the table was made: source or command, settings, seeds, versions.
    """

    def __init__(
        self,
        archs: Archs,
        columns: Mapping[Column, npt.ArrayLike],
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        self._places = self._order(archs)
        self._given = archs if isinstance(archs, Genomes) else tuple(archs)
        self.meta = dict(meta or {})
        distinct = archs.distinct() if isinstance(archs, Genomes) else len({arch.genome for arch in archs})
        if distinct != len(archs):
            raise InputError(f"expected {len(archs)} distinct architectures, got {distinct}")
        self._values = {key: kept(key, values, self._places) for key, values in columns.items()}

    def _order(self, archs: Archs) -> Order:
        """Places of the given rows in the order that the table shall have: here, as they come."""
        return np.arange(len(archs))

    @cached_property
    def archs(self) -> tuple[Architecture, ...]:
        """One architecture per row."""
        given = tuple(self._given)
        return tuple(given[place] for place in self._places)

    @cached_property
    def _rows(self) -> dict[tuple[int, ...], int]:
        return {arch.genome: row for row, arch in enumerate(self.archs)}

    def _row(self, arch: Architecture) -> int | None:
        """Where its results are, if there are any."""
        row = self._rows.get(arch.genome)
        return row if row is not None and self.archs[row] == arch else None

    @property
    def space(self) -> str:
        """Name of the architectures' space."""
        return self._given.space if isinstance(self._given, Genomes) else self._given[0].space

    @property
    def columns(self) -> tuple[Column, ...]:
        """Descriptions of all columns."""
        return tuple(self._values)

    def __len__(self) -> int:
        return len(self._given)

    def query(self, arch: Architecture, dataset: str, **choice: Unpack[Choice]) -> float:
        """One recorded value, from the column that :meth:`find` gives for ``dataset`` and ``choice``.

        Raises:
            UnknownNameError: No such column, no such architecture, or none with a value in this column; the
                message lists what there is.
        """
        return self._value(self._row(arch), arch.key, dataset, **choice)

    def _value(self, row: int | None, name: str, dataset: str, **choice: Unpack[Choice]) -> float:
        column = self.find(dataset, **choice)
        if row is None:
            raise UnknownNameError("architecture", name, [f"{len(self)} others of this table"])
        value = float(self._values[column][row])
        if math.isnan(value):
            there = [one for one, them in self._values.items() if np.isfinite(them[row])]
            raise UnknownNameError("value", f"{name} in {column}", [one for one in there if one.dataset == dataset])
        return value

    def values(self, dataset: str, **choice: Unpack[Choice]) -> Values:
        """A whole column ``(len(self),)``, read-only, in the order of :attr:`archs`; see :meth:`query`."""
        return fixed(self._values[self.find(dataset, **choice)].astype(np.float64, copy=False))

    def by_seed(
        self, dataset: str, *, split: str = "test", metric: str = "accuracy", epochs: int | None = None
    ) -> Values:
        """``(len(self), S)``: the columns of all single seeds, which are numbers, in ascending order.

        They are of trainings of one length: without ``epochs``, of that of the first.

        Raises:
            UnknownNameError: No column of a single seed; the message lists what there is.
        """
        asked = (dataset, split, metric)
        columns = [
            one
            for one in self._values
            if (one.dataset, one.split, one.metric) == asked and epochs in (None, one.epochs) and one.seed.isdecimal()
        ]
        if not columns:
            raise UnknownNameError(
                "column of single seeds", f"{dataset} ({split=}, {metric=}, {epochs=})", self._values
            )
        alike = sorted((one for one in columns if one.epochs == columns[0].epochs), key=lambda one: int(one.seed))
        return np.stack([self._values[one] for one in alike], axis=1, dtype=np.float64)

    def find(
        self,
        dataset: str,
        *,
        split: str = "test",
        metric: str = "accuracy",
        epochs: int | None = None,
        seed: str | int | None = None,
        device: str | None = None,
    ) -> Column:
        """The first column that fits; see :class:`Choice`.

        Raises:
            UnknownNameError: No such column; the message lists what there is.
        """
        for column in self._values:
            fits = (column.dataset, column.split, column.metric) == (dataset, split, metric)
            fits = fits and device in (None, column.device)
            if fits and epochs in (None, column.epochs) and seed in (None, column.seed, _number(column.seed)):
                return column
        where = "" if device is None else f", {device=}"
        asked = f"{dataset} (split={split!r}, metric={metric!r}, epochs={epochs}, seed={seed!r}{where})"
        raise UnknownNameError("column", asked, self._values)

    def truth(
        self,
        dataset: str | None = None,
        *,
        split: str | None = None,
        metric: str | None = None,
        device: str | None = None,
    ) -> Column:
        """What rankings are held against: the first column with test accuracies.

        Where there is none, it is the first column's metric, on the test split if that was measured. Only columns of
        ``dataset``, ``split``, ``metric`` and ``device`` count, where they are given.

        Raises:
            UnknownNameError: No such column; the message lists what there is.
        """
        asked = {"dataset": dataset, "split": split, "metric": metric, "device": device}
        wanted = {field: value for field, value in asked.items() if value is not None}
        fits = [one for one in self._values if all(getattr(one, field) == wanted[field] for field in wanted)]
        if not fits:
            raise UnknownNameError("column", ", ".join(f"{one}={wanted[one]!r}" for one in wanted), self._values)
        metrics = ("accuracy", fits[0].metric)
        tested = [one for name in metrics for one in fits if (one.split, one.metric) == ("test", name)]
        return (tested or fits)[0]

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        parse: Parse,
        *,
        columns: Mapping[str, Column] | None = None,
    ) -> Self:
        """Reads a table.

        Args:
            path: The ``.npz`` file.
            parse: Reads one architecture string, e.g. a space's ``parse``.
            columns: Array name -> description, for files that have none of their own.

        Raises:
            DataError: Truncated, garbled, of another kind, with pickled objects, with architectures that are
                unknown or occur twice, or with values that are missing or not finite.
            OSError: The file cannot be read.
        """
        with Path(path).open("rb") as file:
            try:
                with np.load(file, allow_pickle=False) as arrays:
                    return cls(**cls._parts(arrays, parse, columns))
            except Exception as error:
                raise DataError(
                    f"{os.fspath(path)}: expected a complete .npz table with 'arch_str' and its columns, got "
                    f"one that cannot be read ({error}); fetch or build the file again"
                ) from error

    @classmethod
    def _parts(cls, arrays: Arrays, parse: Parse, columns: Mapping[str, Column] | None) -> dict[str, Any]:
        """What a file's arrays say, as arguments of the class."""
        meta = json.loads(str(arrays["meta"])) if "meta" in arrays else {}
        if "genomes" in arrays:
            listed = [Column(**fields) for fields in json.loads(str(arrays["columns"]))]
            rows = [*fixed(arrays["values"])]
            for place, exact in zip(arrays["exact"], arrays["exact_values"], strict=True) if "exact" in arrays else ():
                rows[place] = exact
            values = dict(zip(listed, rows, strict=True))
            return {"archs": Genomes(str(arrays["space"]), arrays["genomes"]), "columns": values, "meta": meta}
        if columns is None or "columns" in arrays:
            described = json.loads(str(arrays["columns"]))
            columns = {name: Column(**fields) for name, fields in described.items()}
        archs = [parse(text) for text in arrays["arch_str"].tolist()]
        return {"archs": archs, "columns": {column: arrays[name] for name, column in columns.items()}, "meta": meta}

    def save(self, path: str | os.PathLike[str], format_: Callable[[Architecture], str] | None = None) -> None:
        """Writes the table, values in float32 but where that would change counts; a reader never sees half of it.

        Args:
            path: The ``.npz`` file.
            format_: Spells an architecture, e.g. a space's ``format``. Without it, the file has genomes, which
                must be as long as each other and of numbers up to 255, and is not compressed: larger, but
                loaded in a fraction of the time.
        """
        arrays = self._fast_arrays() if format_ is None else self._spelt_arrays(format_)
        arrays["meta"] = np.array(json.dumps(self.meta, sort_keys=True))
        write = np.savez if format_ is None else np.savez_compressed
        target = Path(path)
        partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                write(file, **arrays)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    def _spelt_arrays(self, format_: Callable[[Architecture], str]) -> dict[str, Any]:
        names = {f"column_{number}": column for number, column in enumerate(self.columns)}
        arrays: dict[str, Any] = {name: stored(self._values[column]) for name, column in names.items()}
        arrays["columns"] = np.array(json.dumps({name: asdict(column) for name, column in names.items()}))
        arrays["arch_str"] = np.array([format_(arch) for arch in self.archs])
        return arrays

    def _fast_arrays(self) -> dict[str, Any]:
        rows = [stored(values) for values in self._values.values()]
        exact = [place for place, values in enumerate(rows) if values.dtype != np.float32]
        arrays = {
            "columns": np.array(json.dumps([asdict(column) for column in self.columns])),
            "values": np.array([values.astype(np.float32, copy=False) for values in rows], dtype=np.float32),
            "genomes": self._codes(),
            "space": np.array(self.space),
        }
        wide = {"exact": np.array(exact), "exact_values": np.array([rows[place] for place in exact])}
        return {**arrays, **wide} if exact else arrays

    def _codes(self) -> npt.NDArray[np.uint8]:
        if isinstance(self._given, Genomes):
            return self._given.codes[self._places]
        genomes = np.array([arch.genome for arch in self.archs])
        if genomes.min(initial=0) < 0 or genomes.max(initial=0) > _LARGEST_GENE:
            raise InputError(f"expected genomes of numbers up to {_LARGEST_GENE}, got {genomes.max()}; give format_")
        return genomes.astype(np.uint8)


def _number(seed: str) -> int | str:
    return int(seed) if seed.isdecimal() else seed
