"""The search at the end of the demonstration: cells with few parameters, found by training as few as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from _demo_report import Report

import zcnas
from zcnas.analysis import Band, band, chosen_so_far
from zcnas.objectives import Bound, Lookup, TableObjective
from zcnas.searchspaces import NASBench201, Subspace
from zcnas.space import Architecture
from zcnas.table import Table

Floats = npt.NDArray[np.float64]

RUNS = 21
TRAININGS = 40
_MARKS = (1, 5, 10, 20, 40)
"""Numbers of trainings that are reported."""
_EVOLUTION = {"population": 10, "tournament": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """What the searches came to.

    Attributes:
        bands: By algorithm: test accuracy in % of the cell of best validation accuracy, over trainings.
        bound: The most parameters that a cell may have.
        feasible: How many cells keep this.
        best: The highest test accuracy in % among these.
    """

    bands: Mapping[str, Band]
    bound: int
    feasible: int
    best: float


def searches(report: Report, table: Table) -> Searched:
    """Searches the scored cells, of which those with more parameters than the median are forbidden."""
    archs = table.archs[: len(report.archs)]
    params = Lookup(table, "digits", split="train", metric="params")
    sizes = np.array([params(arch) for arch in archs])
    bound = int(np.median(sizes))
    accuracy = dict(zip(archs, report.accuracy.tolist(), strict=True))
    scores = dict(zip(archs, report.columns[report.pick_by].tolist(), strict=True))
    algorithms: dict[str, dict[str, Any]] = {
        "random search": {"algorithm": "random"},
        "evolution": {"algorithm": "regularized_evolution", "options": _EVOLUTION},
        f"evolution after a warm-up by {report.pick_by}": {
            "algorithm": "regularized_evolution",
            "options": _EVOLUTION,
            "score": scores,
            "warm_up": len(archs),
        },
    }
    limit = Bound(params, at_most=bound)
    bands = {name: _band(table, archs, limit, accuracy, given) for name, given in algorithms.items()}
    small = [accuracy[arch] for arch, size in zip(archs, sizes, strict=True) if size <= bound]
    return Searched(bands, bound, len(small), max(small))


def _band(
    table: Table,
    archs: Sequence[Architecture],
    limit: Bound,
    accuracy: Mapping[Architecture, float],
    given: Mapping[str, Any],
) -> Band:
    cells, trained, lines = Subspace(NASBench201(), archs), table.meta["seeds"], []
    for seed in range(RUNS):
        found = zcnas.run_search(
            cells,
            # What one training tells, and not always the same one, whose luck all searches would share.
            objective=TableObjective(table, "digits", seed=trained[seed % len(trained)]),
            budget=TRAININGS,
            constraints=limit,
            observe={"test": accuracy.__getitem__},
            seed=seed,
            progress=False,
            **given,
        )
        lines.append(chosen_so_far(found.column(), found.column("test")))
    return band(lines)


def text(found: Searched, count: int) -> str:
    """A table of test accuracies by number of trainings."""
    longest = max(len(one.mean) for one in found.bands.values())
    marks = [*(mark for mark in _MARKS if mark < longest), longest]
    lines = [
        f"Searched for a cell of at most {found.bound:,} parameters, which {found.feasible} of {count} keep.",
        f"Test accuracy in % of the cell of best validation accuracy; means of {RUNS} searches, after trainings:",
        f"{'':36}" + "".join(f"{mark:8}" for mark in marks),
        *(_row(name, one, marks) for name, one in found.bands.items()),
        f"Best of the {found.feasible}: {found.best:.1f} %",
    ]
    return "\n".join(lines)


def _row(name: str, one: Band, marks: Sequence[int]) -> str:
    values = [one.mean[min(mark, len(one.mean)) - 1] for mark in marks]
    return f"{name:36}" + "".join(f"{value:8.1f}" for value in values)
