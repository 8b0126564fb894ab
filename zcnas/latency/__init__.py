"""Latency and energy on devices: tables by layer and by architecture, and what they say of an architecture."""

from __future__ import annotations

from zcnas.latency.architectures import ArchitectureTable, architecture_tables
from zcnas.latency.axis import Axis
from zcnas.latency.calibration import Calibration, calibrate
from zcnas.latency.conditions import UNKNOWN, Conditions
from zcnas.latency.files import LatencyTable, load_tables, save_tables
from zcnas.latency.importers import IMPORTERS
from zcnas.latency.layers import Entry, LayerTable
from zcnas.latency.lookup import Found, LatencyModel, find_tables, latency_model, models_for
from zcnas.latency.nearest import MissingEntryError
from zcnas.latency.network import LayerLatency

__all__ = [
    "IMPORTERS",
    "UNKNOWN",
    "ArchitectureTable",
    "Axis",
    "Calibration",
    "Conditions",
    "Entry",
    "Found",
    "LatencyModel",
    "LatencyTable",
    "LayerLatency",
    "LayerTable",
    "MissingEntryError",
    "architecture_tables",
    "calibrate",
    "find_tables",
    "latency_model",
    "load_tables",
    "models_for",
    "save_tables",
]
