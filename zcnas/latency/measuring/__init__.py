"""Measuring latencies: on this device, or on another by a folder that is carried there and back."""

from __future__ import annotations

from zcnas.latency.measuring.clocks import CLOCKS
from zcnas.latency.measuring.execution import measure, results
from zcnas.latency.measuring.folder import write_folder
from zcnas.latency.measuring.plan import Job, Plan, plan_architectures, plan_layers
from zcnas.latency.measuring.profile import NodeTime, profile_nodes
from zcnas.latency.measuring.results import Results, read_results
from zcnas.latency.measuring.settings import Settings
from zcnas.latency.measuring.statistic import STATISTICS, Summary, summary
from zcnas.latency.measuring.timing import time_call

__all__ = [
    "CLOCKS",
    "STATISTICS",
    "Job",
    "NodeTime",
    "Plan",
    "Results",
    "Settings",
    "Summary",
    "measure",
    "plan_architectures",
    "plan_layers",
    "profile_nodes",
    "read_results",
    "results",
    "summary",
    "time_call",
    "write_folder",
]
