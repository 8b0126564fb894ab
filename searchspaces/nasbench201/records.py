"""What the benchmark's files record of an architecture, gathered into columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zcnas.errors import DataError
from zcnas.searchspaces.nasbench201.kinds import Kind
from zcnas.searchspaces.number import number
from zcnas.table import Column, Values

SPLITS = {
    "cifar10-valid": {"train": "train", "x-valid": "val", "ori-test": "test"},
    "cifar10": {"train": "train", "ori-test": "test"},
    "cifar100": {"train": "train", "x-valid": "val", "x-test": "test"},
    "ImageNet16-120": {"train": "train", "x-valid": "val", "x-test": "test"},
}
"""Data set -> the benchmark's name of a set of images -> ours. Left out is ``ori-test`` of the last two, which
is the union of the other sets."""

_COSTS = {"params": "M", "flops": "M", "latency": "s"}
_NEEDED = {"epochs", "train_acc1es", "train_times", "eval_names", "eval_acc1es", "params", "flop", "latency"}


@dataclass(frozen=True, slots=True)
class Run:
    """What is kept of one training: its last epoch and its costs."""

    epochs: int
    accuracies: Mapping[str, float]
    numbers: Mapping[str, float]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Run:
        """Reads a run's record, which has a value for every epoch."""
        epochs = record["epochs"]
        last = epochs - 1
        accuracies = {"train": _percent(record["train_acc1es"][last])}
        for name in record["eval_names"]:
            accuracies[name] = _percent(record["eval_acc1es"][f"{name}@{last}"])
        found = {"params": record["params"], "flops": record["flop"], "latency": _mean(record["latency"])}
        times = record["train_times"]
        if times is not None:
            found["seconds"] = sum(number(times[epoch]) for epoch in range(epochs))
        return cls(epochs, accuracies, {key: number(value) for key, value in found.items() if value is not None})


class Records:
    """Takes records of one kind one by one, and has their numbers in columns."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.spellings: dict[int, str] = {}
        self._values: dict[Column, Values] = {}
        self._seen: set[tuple[int, int]] = set()
        self._rows: set[int] = set()

    def watch(self, container: dict[Any, Any], items: list[Any]) -> bool:
        """A :data:`~zcnas.searchspaces.nasbench201.stream.Watcher`: shrinks runs and takes architectures."""
        if "eval_acc1es" in container and container.keys() >= _NEEDED:
            run = Run.of(container)
            container.clear()
            container["run"] = run
        complete = False
        for recipe, state in zip(items[::2], items[1::2], strict=True):
            if isinstance(state, dict) and "all_results" in state:
                container[recipe] = self.add(recipe, state)
                complete = True
        return complete

    def add(self, recipe: str, state: Mapping[str, Any]) -> int:
        """Takes one architecture's runs by one recipe, and gives its number in the file."""
        text, number = state["arch_str"], state["arch_index"]
        row, epochs = self.kind.row(text), self.kind.length(recipe)
        if (row, epochs) in self._seen or self.spellings.setdefault(number, text) != text:
            raise DataError(f"architecture {number}, {text}, occurs twice")
        self._seen.add((row, epochs))
        self._rows.add(row)
        for dataset, seeds in state["dataset_seed"].items():
            for seed in seeds:
                self._add(row, dataset, seed, epochs, state["all_results"])
        return int(number)

    def _add(self, row: int, dataset: str, seed: int, epochs: int, runs: Mapping[Any, Any]) -> None:
        if dataset not in SPLITS or type(seed) is not int:
            raise DataError(
                f"expected runs on {', '.join(SPLITS)} with whole numbers as seeds, got {dataset}, {seed!r}"
            )
        run: Run = runs[dataset, seed]["run"]
        if run.epochs != epochs:
            raise DataError(f"expected {epochs} epochs, got {run.epochs} ({dataset}, seed {seed})")
        for name, split in SPLITS[dataset].items():
            if name in run.accuracies:
                self._put(row, Column(dataset, split, "accuracy", epochs, str(seed)), run.accuracies[name])
        if "seconds" in run.numbers:
            self._put(row, Column(dataset, "train", "seconds", epochs, str(seed), "s", False), run.numbers["seconds"])
        # Some architectures have wrong costs in the records of 200 epochs (NATS-Bench, issue 36).
        for cost in _COSTS.keys() & run.numbers.keys() if epochs == self.kind.shortest else ():
            column = Column(dataset, metric=cost, seed=str(seed), unit=_COSTS[cost], higher_is_better=False)
            self._put(row, column, run.numbers[cost])

    def _put(self, row: int, column: Column, value: float) -> None:
        if column not in self._values:
            self._values[column] = np.full(len(self.kind), np.nan)
        self._values[column][row] = value

    def __len__(self) -> int:
        return len(self._rows)

    def columns(self) -> dict[Column, Values]:
        """Means over seeds, the longest training first; single seeds of accuracies; numbers of runs."""
        groups: dict[tuple[str, str, str, int | None], list[Column]] = {}
        for column in sorted(self._values, key=_rank):
            groups.setdefault((column.dataset, column.split, column.metric, column.epochs), []).append(column)
        found: dict[Column, Values] = {}
        for singles in groups.values():
            found |= self._group(singles)
        return found

    def _group(self, singles: Iterable[Column]) -> dict[Column, Values]:
        values = {column: self._values[column] for column in singles}
        first, every = next(iter(values)), np.stack(list(values.values()))
        counts = np.isfinite(every).sum(axis=0)
        sums = np.nansum(every, axis=0)
        mean = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
        found = {_column(first, "mean", mean): mean}
        if first.metric == "accuracy":
            found |= {_column(column, column.seed, each): each for column, each in values.items()}
        if first.metric == "accuracy" and first.split == "train":
            found[Column(first.dataset, "train", "runs", first.epochs, "all", "runs")] = counts.astype(np.float64)
        return found


def _column(like: Column, seed: str, values: Values) -> Column:
    complete = bool(np.isfinite(values).all())
    return Column(
        like.dataset, like.split, like.metric, like.epochs, seed, like.unit, like.higher_is_better, complete=complete
    )


def _rank(column: Column) -> tuple[int, int, str, str, int]:
    """Accuracies after the longest training come first, so that they are what is found by default."""
    return (-(column.epochs or 0), list(SPLITS).index(column.dataset), column.metric, column.split, int(column.seed))


def _mean(values: Iterable[Any] | None) -> float | None:
    numbers = [number(value) for value in values or ()]
    return sum(numbers) / len(numbers) if numbers else None


def _percent(value: object) -> float:
    found = number(value)
    if not 0 <= found <= 100:
        raise DataError(f"expected an accuracy from 0 to 100 %, got {found}")
    return found
