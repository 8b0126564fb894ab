"""Scores of all NAS-Bench-201 cells that took none of its accuracies: proxies, and TransNAS-Bench-101's cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from _correlations_scores import read_scores
from scipy.stats import spearmanr

from zcnas.benchmarks import digits
from zcnas.column import Column
from zcnas.rank import rank_sum
from zcnas.searchspaces import NASBench201, TransNASBench101Micro, load_table
from zcnas.space import Architecture
from zcnas.table import Table

Floats = npt.NDArray[np.float64]
SPACE, OTHER = NASBench201(), TransNASBench101Micro()
POOL = 4
REPLACEMENTS = {"none": 0, "skip_connect": 1, "nor_conv_1x1": 2, "nor_conv_3x3": 3}
"""For average pooling, which TransNAS-Bench-101 does not have; edges and the codes of all others are the same."""
CHOSEN = "none"
"""What agrees best with the digits benchmark; see :func:`agreements`."""


def proxies(store: Path, archs: Sequence[Architecture]) -> dict[str, Floats]:
    """Every proxy of a store, higher is better."""
    found = read_scores(store, space=SPACE)
    places = {arch: place for place, arch in enumerate(found.archs)}
    order = [places[arch] for arch in archs]
    return {name: column.turned[order] for name, column in found.columns.items() if column.kind != "aggregate"}


def transferred(table: Table, archs: Sequence[Architecture], replacement: str = CHOSEN) -> dict[str, Floats]:
    """By task of TransNAS-Bench-101, what the same cell came to there."""
    gene = REPLACEMENTS[replacement]
    genomes = [tuple(gene if one == POOL else one for one in arch.genome) for arch in archs]
    cells = [OTHER.architecture(genome) for genome in genomes]
    return {column.dataset: _values(table, column, cells) for column in table.columns}


def _values(table: Table, column: Column, cells: Sequence[Architecture]) -> Floats:
    sign = 1 if column.higher_is_better else -1
    return sign * np.array([table.query(cell, column.dataset, **column.choice) for cell in cells])


def other_table(path: Path) -> Table:
    """TransNAS-Bench-101's table of cells."""
    return load_table(path, OTHER)


def agreements(table: Table) -> Mapping[str, float]:
    """Spearman correlation of the mean rank over tasks with test accuracy on the digits benchmark, by replacement."""
    truth = digits()
    archs = list(truth.archs)
    seeds = [column for column in truth.columns if (column.split, column.metric) == ("test", "accuracy")]
    accuracy = np.mean([[truth.query(arch, "digits", **one.choice) for arch in archs] for one in seeds], axis=0)
    # Ranks among all cells, as searches have them.
    every = list(SPACE)
    places = [every.index(arch) for arch in archs]
    ranks = {one: rank_sum(transferred(table, every, one)) for one in REPLACEMENTS}
    return {one: float(spearmanr(ranks[one][places], accuracy).statistic) for one in REPLACEMENTS}
