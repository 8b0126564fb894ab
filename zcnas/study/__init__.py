"""The search loop: names, scores, budgets, constraints, histories, results."""

from __future__ import annotations

from zcnas.study.attempt import Attempt
from zcnas.study.budget import Budget
from zcnas.study.naming import named_algorithm
from zcnas.study.proxy_scores import ProxyScores
from zcnas.study.result import Result
from zcnas.study.run import run_search
from zcnas.study.scores import ObjectiveScores
from zcnas.study.stored_scores import stored_scores

__all__ = [
    "Attempt",
    "Budget",
    "ObjectiveScores",
    "ProxyScores",
    "Result",
    "named_algorithm",
    "run_search",
    "stored_scores",
]
