"""NAS-Bench-1Shot1: three parts of NAS-Bench-101 that supernets can share (Zela et al., 2020, arXiv:2001.10422)."""

from __future__ import annotations

from zcnas.searchspaces.nasbench1shot1.official import convert, read
from zcnas.searchspaces.nasbench1shot1.space import NASBench1Shot1

__all__ = ["NASBench1Shot1", "convert", "read"]
