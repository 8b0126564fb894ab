"""NATS-Bench's size space: 32,768 choices of five widths (Dong et al., 2021, arXiv:2009.00437)."""

from __future__ import annotations

from zcnas.searchspaces.natsbench_size.network import GENOTYPE, SizeNetwork
from zcnas.searchspaces.natsbench_size.official import convert
from zcnas.searchspaces.natsbench_size.space import WIDTHS, NATSBenchSize

__all__ = ["GENOTYPE", "WIDTHS", "NATSBenchSize", "SizeNetwork", "convert"]
