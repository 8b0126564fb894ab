"""Search spaces: adapters that turn a benchmark's spelling into architectures and networks, and spaces of your own."""

from __future__ import annotations

import os
from functools import partial

from zcnas.errors import DataError
from zcnas.registry import Registry
from zcnas.searchspaces.choice import ChoiceSpace
from zcnas.searchspaces.darts import DARTS, DARTSS1, DARTSS2, DARTSS3, DARTSS4, DARTSWithNone
from zcnas.searchspaces.mobilenet import FBNet, OFAMobileNetV3, ProxylessNAS
from zcnas.searchspaces.nasbench1shot1 import NASBench1Shot1
from zcnas.searchspaces.nasbench101 import NASBench101, NASBench101Table
from zcnas.searchspaces.nasbench201 import NASBench201, NASBench201Table
from zcnas.searchspaces.nasbench_asr import NASBenchASR, NASBenchASRTable
from zcnas.searchspaces.nasbench_graph import NASBenchGraph
from zcnas.searchspaces.nasbench_macro import NASBenchMacro
from zcnas.searchspaces.nasbench_nlp import NASBenchNLP
from zcnas.searchspaces.natsbench_size import NATSBenchSize
from zcnas.searchspaces.subspace import Subspace
from zcnas.searchspaces.transnasbench101 import TransNASBench101Macro, TransNASBench101Micro
from zcnas.space import SearchSpace
from zcnas.table import Table

__all__ = [
    "DARTS",
    "SPACES",
    "ChoiceSpace",
    "NASBench1Shot1",
    "NASBench101",
    "NASBench201",
    "NASBenchASR",
    "NASBenchGraph",
    "NASBenchMacro",
    "NASBenchNLP",
    "NATSBenchSize",
    "Subspace",
    "TransNASBench101Macro",
    "TransNASBench101Micro",
    "get",
    "load_table",
]

SPACES: Registry[SearchSpace] = Registry("search space", group="searchspaces")
for _space in (
    *(DARTS, DARTSWithNone, DARTSS1, DARTSS2, DARTSS3, DARTSS4),
    *(FBNet, OFAMobileNetV3, ProxylessNAS),
    NASBench101,
    NASBench201,
    NASBenchASR,
    NASBenchGraph,
    NASBenchNLP,
    NASBenchMacro,
    NATSBenchSize,
    TransNASBench101Micro,
    TransNASBench101Macro,
):
    SPACES.register(_space.name, _space)
for _number in (1, 2, 3):
    SPACES.register(f"nasbench1shot1_{_number}", partial(NASBench1Shot1, _number))


def get(name: str) -> SearchSpace:
    """The search space registered under ``name``.

    Raises:
        UnknownNameError: No such space; the message lists those that there are.

    >>> len(get("nasbench201"))
    15625
    """
    return SPACES.create(name)


def load_table(path: str | os.PathLike[str], space: SearchSpace) -> Table:
    """Reads a table of ``space``: what ``zcnas convert`` or :meth:`zcnas.table.Table.save` has written.

    Raises:
        DataError: Truncated, garbled, of another kind or of another space.
        OSError: The file cannot be read.
    """
    table = _TABLES.get(space.name, Table).load(path, space.parse)
    if table.space != space.name:
        raise DataError(f"{os.fspath(path)}: expected a table of {space.name}, got one of {table.space}")
    return table


_TABLES: dict[str, type[Table]] = {
    NASBench101.name: NASBench101Table,
    NASBench201.name: NASBench201Table,
    NASBenchASR.name: NASBenchASRTable,
}
