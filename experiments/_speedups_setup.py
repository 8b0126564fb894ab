"""What searches are sped up on: a benchmark's table, and scores of its architectures."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from _correlations_scores import Floats, read_scores
from _search_task import Task

from zcnas.benchmarks import DIGITS_PATH, digits
from zcnas.column import Column
from zcnas.errors import InputError
from zcnas.objectives import Lookup, TableObjective
from zcnas.searchspaces import Subspace, get, load_table
from zcnas.space import Architecture, SearchSpace
from zcnas.table import Table

_RESPELT = ("nasbench101",)
"""Spaces in which a network has several spellings. In others, architectures are what a benchmark's table lists."""
_SHARE_OF_SCORED = 0.5
_DIGITS = Path("digits")


@dataclass(frozen=True, slots=True)
class Source:
    """Files of one benchmark.

    Attributes:
        space: Its name.
        table: What ``zcnas convert`` made; ``digits`` for the table that ships.
        scores: A score store, or a CSV file of scores.
        dataset: Of the table.
    """

    space: str
    table: Path
    scores: Path
    dataset: str

    @property
    def title(self) -> str:
        """In reports and file names."""
        return f"{self.space} {self.dataset}"

    def read(self) -> Table:
        """The table."""
        return digits() if self.table == _DIGITS else load_table(self.table, get(self.space))

    def settings(self) -> dict[str, str]:
        """What results depend on."""
        files = {"table": DIGITS_PATH if self.table == _DIGITS else self.table, "scores": self.scores}
        return {"title": self.title, **{name: sha(path) for name, path in files.items()}}

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that are read."""
        return (*([] if self.table == _DIGITS else [self.table]), self.scores)


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """One data set of a benchmark, with all that algorithms may know.

    Attributes:
        task: What they are told, and what is judged.
        scores: By proxy, higher is better; of the architectures that were scored.
        identity: By which an algorithm tells networks apart.
        sorted: All judged values of the table, best first.
    """

    task: Task
    scores: Mapping[str, Mapping[Architecture, float]]
    identity: Callable[[Architecture], Hashable] | None
    sorted: Floats

    @property
    def space(self) -> SearchSpace:
        """What is searched."""
        return self.task.space

    def everywhere(self, proxy: str) -> bool:
        """Whether all of the space has scores."""
        return len(self.scores.get(proxy, ())) == self.space.size

    def score(self, proxy: str) -> Mapping[Architecture, float]:
        """Of the architectures that have one."""
        return self.scores[proxy]

    def drawn_from(self, proxy: str, number: int) -> tuple[SearchSpace, int]:
        """Where a warm-up of ``number`` draws from, and how many.

        Of a sample it draws half, so that runs differ in what they have scored.
        """
        if self.everywhere(proxy):
            return self.space, min(number, self.space.size)
        there = self.scores[proxy]
        return Subspace(self.space, there), min(number, math.ceil(_SHARE_OF_SCORED * len(there)))

    def exceeded_by(self, share: float) -> float:
        """The value that this share of all architectures reaches, at least one."""
        return float(self.sorted[max(1, math.ceil(share * len(self.sorted) - 1e-9)) - 1])

    def share_of(self, target: float) -> float:
        """The inverse."""
        return float(np.mean(self.sorted >= target))


@cache
def setup_of(source: Source) -> Setup:
    """Reads the files of a benchmark."""
    whole = get(source.space)
    table = source.read()
    seen, judged = _columns(table, source.dataset)
    space = whole if len(table) == whole.size else Subspace(whole, table.archs)
    told, truth = (table.values(column.dataset, **column.choice) for column in (seen, judged))
    if not judged.higher_is_better:
        raise InputError(f"{source.title}: expected a column of which more is better, got {judged}")
    looks = [Lookup(table, source.dataset, **column.choice) for column in (seen, judged)]
    objective = TableObjective(table, source.dataset, **seen.choice)
    task = Task(space, objective, *looks, (), float(truth.max()), float(truth[np.argmax(told)]))
    # Neighbours of one parent are looked at again and again.
    identity = lru_cache(100_000)(whole.representative) if source.space in _RESPELT else None  # type: ignore[attr-defined]
    return Setup(task, _scores(source.scores, space), identity, np.sort(truth)[::-1])


def _columns(table: Table, dataset: str) -> tuple[Column, Column]:
    """What is seen, and what is judged.

    Seen is validation where there is any, else the first single run of a test, else what is judged.
    """
    judged = table.truth(dataset)
    alike = [one for one in table.columns if (one.dataset, one.metric) == (dataset, judged.metric)]
    alike = [one for one in alike if one.epochs == judged.epochs]
    validated = [one for one in alike if one.split == "val"]
    single = [one for one in alike if one.split == judged.split and one.seed.isdecimal()]
    return (*validated, *single, judged)[0], judged


def _scores(path: Path, space: SearchSpace) -> dict[str, dict[Architecture, float]]:
    found = read_scores(path, space=space)
    return {name: dict(zip(found.archs, column.turned.tolist(), strict=True)) for name, column in found.columns.items()}


@cache
def sha(path: Path) -> str:
    """The beginning of a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
