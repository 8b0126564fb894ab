"""Zero-Cost-PT: discretises a supernet by scoring its operations."""

from zcnas.opscore.algorithm import ZeroCostPT
from zcnas.opscore.measures import Accuracy, Measure, ProxyMeasure, measure
from zcnas.opscore.orders import ORDERS
from zcnas.opscore.run import Run, Step, propose
from zcnas.opscore.scorers import SCORERS, Discretisation, Magnitude, OperationScorer, Perturbation, operation_scorer
from zcnas.opscore.search import Found, Proposal, search

__all__ = [
    "ORDERS",
    "SCORERS",
    "Accuracy",
    "Discretisation",
    "Found",
    "Magnitude",
    "Measure",
    "OperationScorer",
    "Perturbation",
    "Proposal",
    "ProxyMeasure",
    "Run",
    "Step",
    "ZeroCostPT",
    "measure",
    "operation_scorer",
    "propose",
    "search",
]
