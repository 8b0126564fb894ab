"""What every operation of NAS-Bench-201 is worth: by the best and by the average of the cells that have it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import kendalltau, spearmanr

from zcnas.errors import DataError
from zcnas.searchspaces.nasbench201.cell import EDGES, OPS
from zcnas.unpickle import load

Floats = npt.NDArray[np.float64]
SHAPE = (len(EDGES), len(OPS))


@dataclass(frozen=True, slots=True)
class Truth:
    """Accuracies of all 15,625 cells, in %.

    Attributes:
        best: ``(5,) * 6``: of the best seed.
        mean: ``(5,) * 6``: the mean over seeds.
    """

    best: Floats
    mean: Floats

    def best_acc(self, decided: Mapping[int, int] | None = None) -> Floats:
        """``(E, O)``: the best accuracy of a cell with this operation, among those with the ``decided`` ones."""
        return self._reduced(self.best, np.max, decided or {})

    def avg_acc(self) -> Floats:
        """``(E, O)``: the average accuracy of cells with this operation."""
        return self._reduced(self.mean, np.mean, {})

    @staticmethod
    def _reduced(values: Floats, reduce: Any, decided: Mapping[int, int]) -> Floats:
        chosen = values[tuple(decided[edge] if edge in decided else slice(None) for edge in range(len(EDGES)))]
        free = [edge for edge in range(len(EDGES)) if edge not in decided]
        found = np.full(SHAPE, math.nan)
        for axis, edge in enumerate(free):
            found[edge] = reduce(chosen, axis=tuple(other for other in range(len(free)) if other != axis))
        return found


def read(path: Path) -> Truth:
    """Reads a pickle of ``(six codes) -> accuracies by seed``, without running what it says.

    Raises:
        DataError: Another file.
    """
    content = load(path)
    best, mean = np.full((len(OPS),) * len(EDGES), math.nan), np.full((len(OPS),) * len(EDGES), math.nan)
    try:
        for codes, accuracies in content.items():
            best[codes], mean[codes] = max(accuracies), sum(accuracies) / len(accuracies)
    except (AttributeError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{path}: expected accuracies of seeds by operation codes, got something else") from error
    if np.isnan(best).any():
        raise DataError(f"{path}: expected all {best.size} cells, {int(np.isnan(best).sum())} are missing")
    return Truth(best, mean)


def agreement(strengths: Floats, truth: Floats) -> tuple[float, float]:
    """Spearman's rho and Kendall's tau-b with the truth, averaged over the edges that both have.

    On an edge where all strengths are equal, or one is NaN, both are 0: nothing is known there.
    """
    edges = [edge for edge in range(len(truth)) if not np.isnan(truth[edge]).any()]
    pairs = [_edge(strengths[edge], truth[edge]) for edge in edges]
    return float(np.mean([rho for rho, _ in pairs])), float(np.mean([tau for _, tau in pairs]))


def _edge(strengths: Floats, truth: Floats) -> tuple[float, float]:
    if np.isnan(strengths).any() or len(set(strengths)) < 2:
        return 0.0, 0.0
    # As ranks, because infinite strengths are legitimate.
    return float(spearmanr(strengths, truth).statistic), float(kendalltau(strengths, truth).statistic)
