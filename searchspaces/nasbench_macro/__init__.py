"""NAS-Bench-Macro: 6,561 networks of eight layers with three blocks (Su et al., 2021, arXiv:2103.11922)."""

from __future__ import annotations

from zcnas.searchspaces.nasbench_macro.blocks import OPS
from zcnas.searchspaces.nasbench_macro.costs import costs
from zcnas.searchspaces.nasbench_macro.network import MacroNetwork
from zcnas.searchspaces.nasbench_macro.official import convert, read
from zcnas.searchspaces.nasbench_macro.space import NASBenchMacro

__all__ = ["OPS", "MacroNetwork", "NASBenchMacro", "convert", "costs", "read"]
