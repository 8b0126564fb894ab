"""TransNAS-Bench-101: 4,096 cells and 3,256 stacks, trained on seven tasks (Duan et al., 2021, arXiv:2105.11871)."""

from __future__ import annotations

from zcnas.searchspaces.transnasbench101.network import TaskNetwork
from zcnas.searchspaces.transnasbench101.official import convert, read
from zcnas.searchspaces.transnasbench101.space import TransNASBench101Macro, TransNASBench101Micro
from zcnas.searchspaces.transnasbench101.tasks import TASKS, Task

__all__ = ["TASKS", "Task", "TaskNetwork", "TransNASBench101Macro", "TransNASBench101Micro", "convert", "read"]
