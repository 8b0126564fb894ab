"""NAS-Bench-201: 15,625 cells of six edges with five operations (Dong and Yang, 2020, arXiv:2001.00326)."""

from __future__ import annotations

from zcnas.searchspaces.nasbench201.cell import EDGES, OPS
from zcnas.searchspaces.nasbench201.network import CellNetwork
from zcnas.searchspaces.nasbench201.official import convert
from zcnas.searchspaces.nasbench201.space import NASBench201
from zcnas.searchspaces.nasbench201.table import NASBench201Table

__all__ = ["EDGES", "OPS", "CellNetwork", "NASBench201", "NASBench201Table", "convert"]
