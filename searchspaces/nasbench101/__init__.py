"""NAS-Bench-101: 423,624 cells of up to seven vertices and nine edges (Ying et al., 2019, arXiv:1902.09635)."""

from __future__ import annotations

from zcnas.searchspaces.nasbench101.cell import EDGES, OPS, Cell
from zcnas.searchspaces.nasbench101.network import ModuleNetwork
from zcnas.searchspaces.nasbench101.official import convert
from zcnas.searchspaces.nasbench101.space import NASBench101
from zcnas.searchspaces.nasbench101.table import NASBench101Table

__all__ = ["EDGES", "OPS", "Cell", "ModuleNetwork", "NASBench101", "NASBench101Table", "convert"]
