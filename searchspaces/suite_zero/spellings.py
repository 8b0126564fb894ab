"""How the suite spells architectures, which it calls by NASLib's numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zcnas.errors import DataError
from zcnas.searchspaces.darts.space import DARTS
from zcnas.searchspaces.nasbench101.space import NASBench101
from zcnas.searchspaces.nasbench101.table import NASBench101Table
from zcnas.searchspaces.nasbench201.cell import EDGES
from zcnas.searchspaces.nasbench201.space import NASBench201
from zcnas.searchspaces.transnasbench101.space import TransNASBench101Macro, TransNASBench101Micro
from zcnas.searchspaces.transnasbench101.tasks import TASKS
from zcnas.space import Architecture, SearchSpace
from zcnas.table import Column, Table

_NUMBERS = re.compile(r"[(\[]\d+(, \d+)*[)\]]")
_CODES = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
"""NASLib's order of NAS-Bench-201's operations."""

_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
"""And of the edges of the cell."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One of the suite's benchmarks.

    Attributes:
        space: Its search space.
        epochs: Length of the trainings; ``None`` where it depends on the task.
        seed: Of which training the accuracy is.
        form: The table's class.
        whole: Whether the table has all architectures of the space, whose values may be missing.
        merges: Whether several spellings can be one model, which then occurs once.
    """

    space: SearchSpace
    epochs: int | None
    seed: str = "published"
    form: type[Table] = Table
    whole: bool = False
    merges: bool = False

    def parse(self, text: str) -> Architecture:
        """Reads the suite's spelling. Raises :class:`~zcnas.errors.InputError` or :class:`DataError`."""
        if isinstance(self.space, DARTS | NASBench101):
            return self.space.parse(text)
        codes = numbers_of(text)
        if isinstance(self.space, NASBench201):
            return self.space.from_ops(_operations(codes))
        # Stacks of four and five modules are spelt without zeros.
        return self.space.architecture((*codes, *(0,) * (len(self.space.choices) - len(codes))))

    def column(self, dataset: str) -> tuple[Column, float, float]:
        """What ``val_accuracy`` is, and its range."""
        if dataset in TASKS and not isinstance(self.space, DARTS | NASBench101 | NASBench201):
            task = TASKS[dataset]
            return Column(dataset, "val", task.metric, task.epochs, "one", task.unit), task.low, task.high
        return Column(dataset, "val", epochs=self.epochs, seed=self.seed), 0, 100


BENCHMARKS: Mapping[str, Benchmark] = {
    "nasbench101": Benchmark(NASBench101(), 108, form=NASBench101Table, merges=True),
    "nasbench201": Benchmark(NASBench201(), 200, whole=True),
    "nasbench301": Benchmark(DARTS(), 100, "surrogate"),
    "transbench101_micro": Benchmark(TransNASBench101Micro(), None),
    "transbench101_macro": Benchmark(TransNASBench101Macro(), None),
}
"""NASLib's name -> benchmark."""


def name_of(datasets: Iterable[str], spellings: list[str]) -> str:
    """Which of :data:`BENCHMARKS` a file is of that does not say it. Raises :class:`DataError`."""
    first = spellings[0]
    if first.count("(") + first.count("[") > 1:
        return "nasbench301"
    length = len(numbers_of(first))
    if length > len(EDGES):
        return "nasbench101"
    if not set(datasets) & TASKS.keys():
        return "nasbench201"
    codes = [numbers_of(text) for text in spellings]
    if any(len(one) < len(EDGES) or 4 in one for one in codes):
        return "transbench101_macro"
    if any(0 in one for one in codes):
        return "transbench101_micro"
    raise DataError(
        "its spellings occur in both spaces of TransNAS-Bench-101; give space='transbench101_micro' or ...macro"
    )


def numbers_of(text: str) -> tuple[int, ...]:
    """The numbers of a flat tuple. Raises :class:`DataError`."""
    if not _NUMBERS.fullmatch(text):
        raise DataError(f"expected architectures such as (4, 0, 3, 1, 4, 3), got {text[:80]!r}")
    return tuple(map(int, text[1:-1].split(", ")))


def _operations(codes: tuple[int, ...]) -> list[str]:
    """Names in the order of our edges."""
    if len(codes) != len(EDGES) or max(codes) >= len(_CODES):
        raise DataError(f"expected {len(EDGES)} numbers below {len(_CODES)}, got {codes}")
    by_edge = dict(zip(_EDGES, codes, strict=True))
    return [_CODES[by_edge[edge]] for edge in EDGES]
