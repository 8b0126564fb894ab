"""Predictors by name."""

from __future__ import annotations

from zcnas.predictors.predictor import Predictor
from zcnas.registry import Registry

PREDICTORS: Registry[Predictor] = Registry("predictor", group="predictors")
"""By name; a factory's first argument is the space, all others go by name, and all have a default."""
