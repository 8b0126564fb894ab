"""The search loop: budgets, constraints, histories, results."""

from __future__ import annotations

from zcnas.study.attempt import Attempt
from zcnas.study.budget import Budget
from zcnas.study.result import Result
from zcnas.study.run import run_search

__all__ = ["Attempt", "Budget", "Result", "run_search"]
