"""Shared traversals: proxies say what they want observed, equal passes of the network run once."""

from zcnas.passes.context import ProxyContext, Request, Traversal
from zcnas.passes.memo import Memo
from zcnas.passes.observe import (
    InputJacobian,
    LogitGradients,
    LossGradients,
    Observation,
    Recorder,
    Run,
    WeightGradient,
)
from zcnas.passes.spec import Pass

__all__ = [
    "InputJacobian",
    "LogitGradients",
    "LossGradients",
    "Memo",
    "Observation",
    "Pass",
    "ProxyContext",
    "Recorder",
    "Request",
    "Run",
    "Traversal",
    "WeightGradient",
]
