"""The 16 settings of six benchmarks as tasks, and new ones beside them, from the files in which they are published."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zcnas import searchspaces
from zcnas.column import Choice, Column
from zcnas.predictors.meta import Task
from zcnas.proxies import PROXIES
from zcnas.searchspaces import darts, nasbench_graph, nasbench_macro, transnasbench101
from zcnas.seeding import generator
from zcnas.space import Architecture
from zcnas.table import Table

Read = Callable[[Path, Path], Sequence[Table]]


class Benchmark(NamedTuple):
    """Where a space's values are.

    Attributes:
        read: Tables from the folder of all data, with a folder for what is converted; columns of the first alone or,
            with equal architectures, of all.
        datasets: Settings.
        choice: Which column of a data set.
    """

    read: Read
    datasets: tuple[str, ...]
    choice: Choice


def _shipped(name: str, path: str) -> Read:
    return lambda data, _: [searchspaces.load_table(data / path, searchspaces.get(name))]


def _converted(convert: Callable[[Path, Path], Table], *paths: str) -> Read:
    return lambda data, folder: [convert(data / path, folder / f"{Path(path).stem}.npz") for path in paths]


_VISUAL = ("class_scene", "class_object", "room_layout", "jigsaw", "segmentsemantic", "normal", "autoencoder")
_GRAPHS = ("cora", "citeseer", "pubmed")
_MORE_GRAPHS = ("cs", "physics", "photo", "computers")
BENCHMARKS = {
    "nasbench101": Benchmark(_shipped("nasbench101", "nasbench101/nb101_table.npz"), ("cifar10",), {"seed": "mean"}),
    "nasbench201": Benchmark(
        _shipped("nasbench201", "nasbench201/nb201_table.npz"),
        ("cifar10", "cifar100", "ImageNet16-120"),
        {"seed": "mean"},
    ),
    "darts": Benchmark(_converted(darts.convert, "nasbench301/zc_nasbench301.json"), ("cifar10",), {"split": "val"}),
    "transnasbench101_micro": Benchmark(
        _converted(transnasbench101.convert, "transnasbench101/tnb101_micro_zen__all_benchmarks_zen.zip"),
        _VISUAL,
        {"split": "val"},
    ),
    "nasbench_macro": Benchmark(
        _converted(nasbench_macro.convert, "nasbench_macro/nas-bench-macro_cifar10.json"),
        ("cifar10",),
        {"seed": "mean"},
    ),
    "nasbench_graph": Benchmark(
        _converted(nasbench_graph.convert, *(f"nasbench_graph/{name}.bench" for name in _GRAPHS)), _GRAPHS, {}
    ),
}
"""By the name of their space."""
NEW = {
    "transnasbench101_macro": Benchmark(
        _converted(transnasbench101.convert, "transnasbench101/tnb101_macro_zen.zip"), _VISUAL, {"split": "val"}
    ),
    "nasbench_graph": Benchmark(
        _converted(nasbench_graph.convert, *(f"nasbench_graph/{name}.bench" for name in _MORE_GRAPHS)), _MORE_GRAPHS, {}
    ),
}
"""Likewise; tasks that nothing is learned from."""


def tasks(benchmarks: Mapping[str, Benchmark], data: Path, folder: Path, *, most: int) -> list[Task]:
    """Tasks of benchmarks, each with up to ``most`` random architectures, the same for all tasks of a space.

    Args:
        benchmarks: :data:`BENCHMARKS`, :data:`NEW`, or some of them.
        data: Folder of the published files.
        folder: For what is converted.
        most: See above.
    """
    return [task for name, one in benchmarks.items() for task in _of(name, one, data, folder, most)]


def _of(name: str, benchmark: Benchmark, data: Path, folder: Path, most: int) -> list[Task]:
    tables = benchmark.read(data, folder)
    space, count = searchspaces.get(name), len(tables[0])
    places = np.sort(generator("few_shot", name).choice(count, min(most, count), replace=False)).tolist()
    archs = [tables[0].archs[place] for place in places]
    found = []
    for dataset in benchmark.datasets:
        table = next(one for one in tables if dataset in {column.dataset for column in one.columns})
        column = _column(table, dataset, benchmark.choice)
        values = table.values(dataset, **column.choice)
        rows = places if table is tables[0] else _rows(table, archs)
        found.append(Task(space, dataset, archs, values[rows], column.metric))
    return found


def _rows(table: Table, archs: Sequence[Architecture]) -> list[int]:
    known = {arch: row for row, arch in enumerate(table.archs)}
    return [known[arch] for arch in archs]


def _column(table: Table, dataset: str, choice: Choice) -> Column:
    """The first column of a data set that fits; published metrics differ between data sets."""
    fits = (one for one in table.columns if one.dataset == dataset)
    return next(one for one in fits if all(getattr(one, name) == value for name, value in choice.items()))


_RESULTS = {
    "nasbench101": "nasbench101",
    "nasbench201": "nasbench201/images",
    "darts": "nasbench301",
    "transnasbench101_micro": "transnasbench101_micro/class_scene",
    "nasbench_macro": "nasbench_macro",
}
"""Folders of this project's correlations, by the name of the space."""


def best_proxy(results: Path, setting: str) -> tuple[str, float] | None:
    """The proxy that correlates best with a setting, and its Spearman correlation; chosen by what is to be predicted.

    Args:
        results: The folder ``experiments/results``.
        setting: The name of a task.
    """
    space, dataset, _ = setting.split("/")
    if space not in _RESULTS:
        return None
    with (results / _RESULTS[space] / "correlations.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == dataset and row["predictor"] in PROXIES]
    best = max(rows, key=lambda row: float(row["spearman"]), default=None)
    return None if best is None else (best["predictor"], float(best["spearman"]))
