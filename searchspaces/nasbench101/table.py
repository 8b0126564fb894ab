"""Recorded results of all 423,624 models, found by the benchmark's hash."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Self, Unpack

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench101.cell import genomes_of
from zcnas.searchspaces.nasbench101.space import NASBench101
from zcnas.space import Architecture, Genomes
from zcnas.table import Archs, Arrays, Choice, Column, Order, Parse, Table

Hashes = npt.NDArray[np.uint64]

_SPACE = NASBench101()
_TRIED = 16  # Of a file's hashes; to work out all would take a minute.

COLUMNS: Mapping[str, Column] = {
    "test_acc_108ep_mean": Column("cifar10", epochs=108),
    "params": Column("cifar10", "train", "params", unit="parameters", higher_is_better=False),
}
"""Arrays of the file: test accuracy as the mean over the seeds, which it has as a fraction; trainable parameters."""


class NASBench101Table(Table):
    """The benchmark's results (Ying et al., 2019, arXiv:1902.09635), rows in the order of their hashes.

    A query finds any spelling of a model, also with dead vertices. One by hash is faster.

    Args:
        archs: Different models, as :class:`Table` takes them.
        columns: Likewise.
        meta: Likewise.
        hashes: The first 16 digits of every hash as a number, if they are known.
    """

    def __init__(
        self,
        archs: Archs,
        columns: Mapping[Column, npt.ArrayLike],
        meta: Mapping[str, Any] | None = None,
        *,
        hashes: Hashes | None = None,
    ) -> None:
        self._hashes: Hashes = _hashes_of(archs) if hashes is None else hashes
        super().__init__(archs, columns, meta)

    def _order(self, archs: Archs) -> Order:
        _check_count(archs, self._hashes)
        order = np.argsort(self._hashes, kind="stable")
        self._hashes = self._hashes[order]
        if (self._hashes[1:] == self._hashes[:-1]).any():
            raise InputError("expected different models, got some twice; isomorphic cells are one model")
        return order

    def _row(self, arch: Architecture) -> int | None:
        try:
            return self._row_of(_hash_of(arch))
        except InputError:
            return None

    def _row_of(self, number: np.uint64) -> int | None:
        row = int(self._hashes.searchsorted(number))
        return row if row < len(self) and self._hashes[row] == number else None

    def query_hash(self, key: str, dataset: str, **choice: Unpack[Choice]) -> float:
        """As :meth:`query`, for the model with this hash; see :meth:`NASBench101.canonical`.

        Raises:
            InputError: Not 32 hexadecimal digits.
            UnknownNameError: As for :meth:`query`.
        """
        if not re.fullmatch("[0-9a-f]{32}", key):
            raise InputError(f"expected a hash of 32 hexadecimal digits, got {key!r}")
        return self._value(self._row_of(_leading(key)), key, dataset, **choice)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        parse: Parse = _SPACE.parse,
        *,
        columns: Mapping[str, Column] | None = COLUMNS,
    ) -> Self:
        """Reads ``nb101_table.npz`` or what :meth:`save` has written; see :meth:`Table.load`."""
        return super().load(path, parse, columns=columns)

    @classmethod
    def _parts(cls, arrays: Arrays, parse: Parse, columns: Mapping[str, Column] | None) -> dict[str, Any]:
        parts = _published(arrays, columns) if "adj_bits" in arrays else super()._parts(arrays, parse, columns)
        if "hash_hi64" in arrays:
            parts["hashes"] = arrays["hash_hi64"]
            _try_hashes(parts["archs"], parts["hashes"])
        return parts

    def _fast_arrays(self) -> dict[str, Any]:
        return {**super()._fast_arrays(), "hash_hi64": self._hashes}


def _published(arrays: Arrays, columns: Mapping[str, Column] | None) -> dict[str, Any]:
    codes = genomes_of(arrays["num_vertices"], arrays["adj_bits"], arrays["ops"])
    values = {column: arrays[name] for name, column in (columns or COLUMNS).items()}
    percent = {column: one * 100 if column.metric == "accuracy" else one for column, one in values.items()}
    return {"archs": Genomes(_SPACE.name, codes), "columns": percent}


def _check_count(archs: Archs, hashes: Hashes) -> None:
    if hashes.shape != (len(archs),):
        raise InputError(f"expected {len(archs)} hashes for as many architectures, got {len(hashes)}")


def _try_hashes(archs: Genomes, hashes: Hashes) -> None:
    _check_count(archs, hashes)
    rows = np.linspace(0, len(archs) - 1, num=_TRIED).astype(int)
    if not np.array_equal(_hashes_of(Genomes(archs.space, archs.codes[rows])), hashes[rows]):
        raise InputError("the hashes are not those of the cells")


def _hashes_of(archs: Archs) -> Hashes:
    return np.array([_hash_of(arch) for arch in archs], dtype=np.uint64)


def _hash_of(arch: Architecture) -> np.uint64:
    return _leading(_SPACE.canonical(arch))


def _leading(key: str) -> np.uint64:
    return np.uint64(int(key[:16], 16))
