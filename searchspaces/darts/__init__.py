"""DARTS: two cells with four nodes and seven operations, as in NAS-Bench-301 (Liu et al. 2019, arXiv:1806.09055)."""

from __future__ import annotations

from zcnas.searchspaces.darts.cell import EDGES, OPS
from zcnas.searchspaces.darts.genotype import Genotype
from zcnas.searchspaces.darts.network import CIFARNetwork, DARTSNetwork, ImageNetNetwork, cells_of
from zcnas.searchspaces.darts.space import DARTS, DARTSS1, DARTSS2, DARTSS3, DARTSS4, DARTSWithNone
from zcnas.searchspaces.darts.surrogate import convert

__all__ = [
    "DARTS",
    "DARTSS1",
    "DARTSS2",
    "DARTSS3",
    "DARTSS4",
    "EDGES",
    "OPS",
    "CIFARNetwork",
    "DARTSNetwork",
    "DARTSWithNone",
    "Genotype",
    "ImageNetNetwork",
    "cells_of",
    "convert",
]
