"""NAS-Bench-Graph: 26,206 graph neural networks of four layers (Qin et al. 2022, arXiv:2206.09166)."""

from __future__ import annotations

from zcnas.searchspaces.nasbench_graph.cell import LINKS, OPS
from zcnas.searchspaces.nasbench_graph.network import GraphNetwork
from zcnas.searchspaces.nasbench_graph.official import convert
from zcnas.searchspaces.nasbench_graph.settings import SETTINGS, Setting
from zcnas.searchspaces.nasbench_graph.space import NASBenchGraph

__all__ = ["LINKS", "OPS", "SETTINGS", "GraphNetwork", "NASBenchGraph", "Setting", "convert"]
