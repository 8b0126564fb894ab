"""Recorded accuracies of all 15,625 architectures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Self
from zlib import crc32

import numpy as np

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench201.cell import parse_ops
from zcnas.searchspaces.nasbench201.order import official_codes, official_indices, official_spellings
from zcnas.searchspaces.nasbench201.space import NASBench201
from zcnas.space import Architecture, Genomes
from zcnas.table import Archs, Column, Order, Table

_SIZE = 15_625
_OFFICIAL_CRC = 423222894  # Of all genomes in official order: to work that order out takes longer than to load.
_DATASETS = ("cifar10", "cifar100", "ImageNet16-120")

COLUMNS: Mapping[str, Column] = {
    **{f"test_{data}": Column(data, epochs=200, seed="published") for data in _DATASETS},
    **{f"test_mean_{data}": Column(data, epochs=200, seed="mean") for data in _DATASETS},
    **{f"val_{data}": Column(data, "val", epochs=200, seed="one") for data in _DATASETS},
    "val_hp12_cifar10": Column("cifar10", "val", epochs=12, seed="one"),
    "cost_hp12_cifar10": Column("cifar10", "train", "seconds", epochs=12, seed="one", unit="s", higher_is_better=False),
}
"""Arrays of the file: test accuracy, as the mean over the seeds in the published ``.p`` files and over all
seeds; validation accuracy; that of a short training, and how long that took."""


@cache
def _architectures() -> tuple[Architecture, ...]:
    return tuple(Architecture(NASBench201.name, codes) for codes in official_codes())


def _parse(text: str) -> Architecture:
    """Looks the usual spelling up, which is much faster than to parse it."""
    index = official_spellings().get(text)
    return Architecture(NASBench201.name, parse_ops(text)) if index is None else _architectures()[index]


class NASBench201Table(Table):
    """The benchmark's results (Dong and Yang, 2020, arXiv:2001.00326), rows in its official order.

    ``seed="published"`` and ``seed="mean"`` differ where fewer seeds were published.
    """

    def _order(self, archs: Archs) -> Order:
        if len(archs) != _SIZE:
            raise InputError(f"expected {_SIZE} architectures, got {len(archs)}")
        if isinstance(archs, Genomes) and (archs.space, crc32(archs.codes.tobytes())) == (
            NASBench201.name,
            _OFFICIAL_CRC,
        ):
            return np.arange(_SIZE)
        return np.argsort([official_indices()[arch.genome] for arch in archs], kind="stable")

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        parse: Callable[[str], Architecture] = _parse,
        *,
        columns: Mapping[str, Column] | None = COLUMNS,
    ) -> Self:
        """Reads ``nb201_table.npz`` or what :func:`convert` has written; see :meth:`Table.load`."""
        return super().load(path, parse, columns=columns)
