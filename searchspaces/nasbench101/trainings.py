"""Collects trainings of models, which come in any order, in little memory."""

from __future__ import annotations

import warnings
from functools import cached_property

import numpy as np
import numpy.typing as npt

from zcnas.column import Column, Stored, fixed
from zcnas.errors import DataError
from zcnas.searchspaces.nasbench101.cell import checked, genome_of
from zcnas.searchspaces.nasbench101.hashing import graph_hash
from zcnas.searchspaces.nasbench101.metrics import Training
from zcnas.searchspaces.nasbench101.models import MODELS_BY_VERTICES
from zcnas.searchspaces.nasbench101.space import NASBench101
from zcnas.searchspaces.nasbench101.spelling import parse_cell
from zcnas.space import Genomes

RUNS = 3
"""How often the authors trained each model."""

_SIZE = sum(MODELS_BY_VERTICES.values())
_DATASET = "cifar10"
_SPLITS = {"test": 2, "val": 1, "train": 0}
"""Of accuracies -> place in :attr:`Training.results`."""
_SECONDS = 3


class Trainings:
    """Trainings by model, length and run; a run's number is its place among those of its model and length."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._texts = np.zeros(_SIZE, dtype=np.int64)  # Their hashes, which are smaller.
        self._genomes = np.zeros((_SIZE, len(NASBench101.choices)), dtype=np.uint8)
        self._parameters = np.zeros(_SIZE)
        self._counts: dict[int, npt.NDArray[np.uint8]] = {}
        self._results: dict[int, npt.NDArray[np.float32]] = {}

    def add(self, one: Training) -> None:
        """Takes one training.

        Raises:
            DataError: It contradicts what the hash or earlier ones say, or is one too many.
        """
        row = self._rows.get(one.key)
        if row is None:
            row = self._new(one)
        if (self._texts[row], self._parameters[row]) != (hash(one.text), one.parameters):
            raise DataError(f"model {one.key} has another cell or size than before")
        if one.epochs not in self._counts:
            self._counts[one.epochs] = np.zeros(_SIZE, dtype=np.uint8)
            self._results[one.epochs] = np.full((RUNS, len(one.results), _SIZE), np.nan, dtype=np.float32)
        run = self._counts[one.epochs][row]
        if run == RUNS:
            raise DataError(f"model {one.key} has more than {RUNS} trainings of {one.epochs} epochs")
        self._results[one.epochs][run, :, row] = one.results
        self._counts[one.epochs][row] += 1

    def _new(self, one: Training) -> int:
        cell = checked(parse_cell(one.text))
        if (key := graph_hash(cell)) != one.key:
            raise DataError(f"the hash of {one.text} is {key}, not {one.key}")
        row = len(self._rows)
        if row == _SIZE:
            raise DataError(f"it has more than {_SIZE} models")
        self._rows[one.key] = row
        self._texts[row] = hash(one.text)
        self._genomes[row] = genome_of(cell)
        self._parameters[row] = one.parameters
        return row

    def check(self, *, partial: bool) -> None:
        """Raises :class:`~zcnas.errors.DataError` if something lacks that only ``partial`` allows, or everything."""
        count = len(self._rows)
        if count == 0 or (count < _SIZE and not partial):
            raise DataError(f"it has {count} of {_SIZE} models, which only `partial` allows")
        for epochs, counts in self._counts.items():
            lacking = int((counts[:count] < RUNS).sum())
            if lacking and not partial:
                raise DataError(
                    f"{lacking} models lack trainings of {epochs} epochs, of which there are {RUNS} each; "
                    "only `partial` allows that"
                )

    def genomes(self) -> Genomes:
        """All models, in the order of their hashes; so is everything else, which spares tables a copy."""
        return Genomes(NASBench101.name, self._genomes[self._order])

    def hashes(self) -> npt.NDArray[np.uint64]:
        """First 16 digits of every hash."""
        return np.sort(self._numbers())

    def take_columns(self) -> dict[Column, Stored]:
        """Accuracies in % and seconds, long trainings first; parameters. Results are given once, to save memory."""
        found: dict[Column, Stored] = {}
        for epochs in sorted(self._results, reverse=True):
            results = self._results.pop(epochs)
            for split, place in _SPLITS.items():
                runs = fixed(results[:, place, self._order] * np.float32(100))
                if split != "train":
                    found.update([_accuracy(split, epochs, "mean", _mean(runs))])
                found.update(_accuracy(split, epochs, str(run + 1), runs[run]) for run in range(RUNS))
            for run, seconds in enumerate(fixed(results[:, _SECONDS, self._order])):
                complete = _is_complete(seconds)
                found[Column(_DATASET, "train", "seconds", epochs, str(run + 1), "s", False, complete)] = seconds
        size = Column(_DATASET, "train", "params", unit="parameters", higher_is_better=False)
        return {**found, size: fixed(self._parameters[self._order])}

    @cached_property
    def _order(self) -> npt.NDArray[np.intp]:
        return np.argsort(self._numbers())

    def _numbers(self) -> npt.NDArray[np.uint64]:
        return np.array([int(key[:16], 16) for key in self._rows], dtype=np.uint64)


def _accuracy(split: str, epochs: int, seed: str, values: Stored) -> tuple[Column, Stored]:
    return Column(_DATASET, split, epochs=epochs, seed=seed, complete=_is_complete(values)), values


def _mean(runs: Stored) -> Stored:
    """Over the runs that there are."""
    with warnings.catch_warnings():
        # A model without any has no mean, which is no reason to warn.
        warnings.simplefilter("ignore", RuntimeWarning)
        return fixed(np.asarray(np.nanmean(runs, axis=0, dtype=np.float64), dtype=np.float32))


def _is_complete(values: Stored) -> bool:
    return not bool(np.isnan(values).any())
