"""Tables of recorded results: columns that say what they hold, in one ``.npz`` file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, TypedDict, Unpack

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.space import Architecture

Values = npt.NDArray[np.float64]
Order = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Column:
    """What one recorded number per architecture means.

    Attributes:
        dataset: What was learned, as the benchmark spells it.
        split: Where it was measured: ``"val"``, ``"test"`` or ``"train"``.
        metric: What was measured, e.g. ``"accuracy"`` or ``"seconds"``.
        epochs: Length of training, if there was one.
        seed: The seed, or over which ones the mean was taken.
        unit: Of the values, e.g. ``"%"``.
        higher_is_better: The direction.
    """

    dataset: str
    split: str = "test"
    metric: str = "accuracy"
    epochs: int | None = None
    seed: str = "mean"
    unit: str = "%"
    higher_is_better: bool = True

    def __str__(self) -> str:
        return (
            f"{self.dataset} (split={self.split!r}, metric={self.metric!r}, epochs={self.epochs}, seed={self.seed!r})"
        )


class Choice(TypedDict, total=False):
    """Keywords that choose a column of a data set; :meth:`Table.find` has the defaults.

    Attributes:
        split: As in :class:`Column`; left out, ``"test"``.
        metric: As in :class:`Column`; left out, ``"accuracy"``.
        epochs: As in :class:`Column`; left out or ``None``, the first of :attr:`Table.columns` that fits.
        seed: As in :class:`Column` or as a number; left out or ``None``, likewise the first that fits.
    """

    split: str
    metric: str
    epochs: int | None
    seed: str | int | None


class Table:
    """Recorded results of architectures of one space.

    The file is an ``.npz`` archive without pickled objects: ``arch_str`` holds the benchmark's spelling of
    every architecture, ``columns`` a JSON object that names further arrays of equal length and describes each
    by the fields of :class:`Column`, and ``meta`` a JSON object with the table's provenance.

    Attributes:
        archs: One architecture per row.
        columns: What there is.
        meta: How the table was made: source or command, settings, seeds, versions.
    """

    def __init__(
        self,
        archs: Sequence[Architecture],
        columns: Mapping[Column, npt.ArrayLike],
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        order = self._order(archs)
        self.archs = tuple(archs[place] for place in order)
        self.meta = dict(meta or {})
        self._rows = {arch.genome: row for row, arch in enumerate(self.archs)}
        if len(self._rows) != len(self.archs):
            raise InputError(f"expected {len(self.archs)} distinct architectures, got {len(self._rows)}")
        self._values = {key: _checked(key, values, order) for key, values in columns.items()}

    def _order(self, archs: Sequence[Architecture]) -> Order:
        """Places of the given rows in the order that the table shall have: here, as they come."""
        return np.arange(len(archs))

    @property
    def columns(self) -> tuple[Column, ...]:
        """Descriptions of all columns."""
        return tuple(self._values)

    def __len__(self) -> int:
        return len(self.archs)

    def query(self, arch: Architecture, dataset: str, **choice: Unpack[Choice]) -> float:
        """One recorded value, from the column that :meth:`find` gives for ``dataset`` and ``choice``.

        Raises:
            UnknownNameError: No such column, or no such architecture; the message lists what there is.
        """
        values = self.values(dataset, **choice)
        row = self._rows.get(arch.genome)
        if row is None or self.archs[row] != arch:
            raise UnknownNameError("architecture", arch.key, [f"{len(self)} others of this table"])
        return float(values[row])

    def values(self, dataset: str, **choice: Unpack[Choice]) -> Values:
        """A whole column ``(len(self),)``, read-only, in the order of :attr:`archs`; see :meth:`query`."""
        return self._values[self.find(dataset, **choice)]

    def by_seed(self, dataset: str, *, split: str = "test", metric: str = "accuracy") -> Values:
        """``(len(self), S)``: the columns of all single seeds, which are numbers, in ascending order.

        Raises:
            UnknownNameError: No column of a single seed; the message lists what there is.
        """
        asked = (dataset, split, metric)
        columns = [
            one for one in self._values if (one.dataset, one.split, one.metric) == asked and one.seed.isdecimal()
        ]
        if not columns:
            raise UnknownNameError("column of single seeds", f"{dataset} ({split=}, {metric=})", self._values)
        return np.stack([self._values[one] for one in sorted(columns, key=lambda one: int(one.seed))], axis=1)

    def find(
        self,
        dataset: str,
        *,
        split: str = "test",
        metric: str = "accuracy",
        epochs: int | None = None,
        seed: str | int | None = None,
    ) -> Column:
        """The first column that fits; see :class:`Choice`.

        Raises:
            UnknownNameError: No such column; the message lists what there is.
        """
        for column in self._values:
            fits = (column.dataset, column.split, column.metric) == (dataset, split, metric)
            if fits and epochs in (None, column.epochs) and seed in (None, column.seed, _number(column.seed)):
                return column
        asked = f"{dataset} (split={split!r}, metric={metric!r}, epochs={epochs}, seed={seed!r})"
        raise UnknownNameError("column", asked, self._values)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        parse: Callable[[str], Architecture],
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
                return cls(*_read(file, parse, columns))
            except Exception as error:
                raise DataError(
                    f"{os.fspath(path)}: expected a complete .npz table with 'arch_str' and its columns, got "
                    f"one that cannot be read ({error}); fetch or build the file again"
                ) from error

    def save(self, path: str | os.PathLike[str], format_: Callable[[Architecture], str]) -> None:
        """Writes the table, values in float32; a reader never sees half of it.

        Args:
            path: The ``.npz`` file.
            format_: Spells an architecture, e.g. a space's ``format``.
        """
        names = {f"column_{number}": column for number, column in enumerate(self.columns)}
        arrays: dict[str, Any] = {name: self._values[column].astype(np.float32) for name, column in names.items()}
        arrays["columns"] = np.array(json.dumps({name: asdict(column) for name, column in names.items()}))
        arrays["meta"] = np.array(json.dumps(self.meta, sort_keys=True))
        arrays["arch_str"] = np.array([format_(arch) for arch in self.archs])
        target = Path(path)
        partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                np.savez_compressed(file, **arrays)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _read(
    file: BinaryIO, parse: Callable[[str], Architecture], columns: Mapping[str, Column] | None
) -> tuple[list[Architecture], dict[Column, npt.NDArray[Any]], dict[str, Any]]:
    with np.load(file, allow_pickle=False) as arrays:
        if columns is None:
            described = json.loads(str(arrays["columns"]))
            columns = {name: Column(**fields) for name, fields in described.items()}
        archs = [parse(text) for text in arrays["arch_str"].tolist()]
        meta = json.loads(str(arrays["meta"])) if "meta" in arrays else {}
        return archs, {column: arrays[name] for name, column in columns.items()}, meta


def _checked(column: Column, values: npt.ArrayLike, order: Order) -> Values:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != order.shape:
        raise InputError(f"column {column}: expected {len(order)} values, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"column {column}: {(~np.isfinite(array)).sum()} values are NaN or infinite")
    ordered = array[order]  # a copy, which the caller cannot change
    ordered.flags.writeable = False
    return ordered


def _number(seed: str) -> int | str:
    return int(seed) if seed.isdecimal() else seed
