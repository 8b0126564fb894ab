"""What searches are compared on: a space, recorded results, constraints, and the best that there is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zcnas.benchmarks import digits
from zcnas.cli.common import pairs
from zcnas.errors import InputError, UnknownNameError
from zcnas.objectives import Bound, Lookup, NetworkCost, Quantity, TableObjective
from zcnas.searchspaces import Subspace, get, load_table
from zcnas.space import Architecture, SearchSpace
from zcnas.table import Table


@dataclass(frozen=True, slots=True)
class Task:
    """One task for all algorithms.

    Attributes:
        space: What is searched: of a table that does not have all of a space, what it has.
        objective: What algorithms are told.
        seen: The same as a column.
        judged: What nobody is told, and results are reported in.
        constraints: On architectures.
        optimum: The best ``judged`` that keeps them; NaN where that takes building every network.
        ceiling: What ``judged`` is of the architecture that is best by ``seen``; likewise.
    """

    space: SearchSpace
    objective: TableObjective
    seen: Lookup
    judged: Lookup
    constraints: tuple[Bound, ...]
    optimum: float
    ceiling: float

    @property
    def sign(self) -> int:
        """By which more of ``judged`` is better."""
        return 1 if self.judged.column.higher_is_better else -1


def task_of(options: argparse.Namespace) -> Task:
    """What the options say; without a table, the digits that ship."""
    whole = get(options.space)
    table = load_table(options.table, whole) if options.table else digits()
    if table.space != whole.name:
        raise InputError(f"--space: expected {table.space}, of which the digits that ship are, got {whole.name}")
    dataset = options.dataset or table.columns[0].dataset
    lengths = {} if options.epochs is None else {"epochs": options.epochs}
    seen = Lookup(table, dataset, split=options.split, metric=options.metric, **lengths)
    judged = Lookup(
        table, dataset, split=options.judged_split, metric=options.metric, seed=options.judged_seed, **lengths
    )
    objective = TableObjective(table, dataset, **seen.column.choice)
    space = whole if len(table) == whole.size else Subspace(whole, table.archs)
    bounds = pairs(options.at_most)
    build = pairs(options.build)
    quantities = {name: _quantity(name, table, dataset, whole, build) for name in bounds}
    constraints = tuple(Bound(quantities[name], at_most=float(bounds[name]), name=name) for name in bounds)
    cheap = all(isinstance(one, Lookup) for one in quantities.values())
    kept = [one for one in table.archs if _kept(one, constraints)] if cheap else []
    return Task(space, objective, seen, judged, constraints, *_limits(kept, seen, judged))


def _quantity(name: str, table: Table, dataset: str, space: SearchSpace, build: dict[str, object]) -> Quantity:
    """A column of this metric where the table has one, else what the network costs."""
    for column in table.columns:
        if column.metric == name and column.dataset == dataset:
            return Lookup(table, dataset, **column.choice)
    try:
        return NetworkCost(space, name, build)
    except UnknownNameError as error:
        raise UnknownNameError("bound", name, [one.metric for one in table.columns]) from error


def _kept(arch: Architecture, constraints: Sequence[Bound]) -> bool:
    return not any(one.check(arch).objection for one in constraints)


def _limits(archs: Sequence[Architecture], seen: Lookup, judged: Lookup) -> tuple[float, float]:
    if not archs:
        return float("nan"), float("nan")
    validated, tested = (np.array([look(arch) for arch in archs]) for look in (seen, judged))
    best = np.argmax(validated if seen.column.higher_is_better else -validated)
    return float(tested.max() if judged.column.higher_is_better else tested.min()), float(tested[best])
