"""What a search optimises: tables, proxies, predictors, real training, latency, several at once; and constraints."""

from __future__ import annotations

from zcnas.objectives.base import Evaluation, Goal, Objective
from zcnas.objectives.constraints import Bound, Condition, Constraint, Given, Verdict, as_constraints
from zcnas.objectives.cost import COSTS, NetworkCost
from zcnas.objectives.function import FunctionObjective, Quantity
from zcnas.objectives.joint import Together, as_objective
from zcnas.objectives.latency import LatencyBudget, LatencyObjective
from zcnas.objectives.predictor import PredictorObjective, Predicts
from zcnas.objectives.proxy import AggregateObjective, ProxyObjective
from zcnas.objectives.table import Lookup, TableObjective
from zcnas.objectives.training import TrainingObjective

__all__ = [
    "COSTS",
    "AggregateObjective",
    "Bound",
    "Condition",
    "Constraint",
    "Evaluation",
    "FunctionObjective",
    "Given",
    "Goal",
    "LatencyBudget",
    "LatencyObjective",
    "Lookup",
    "NetworkCost",
    "Objective",
    "PredictorObjective",
    "Predicts",
    "ProxyObjective",
    "Quantity",
    "TableObjective",
    "Together",
    "TrainingObjective",
    "Verdict",
    "as_constraints",
    "as_objective",
]
