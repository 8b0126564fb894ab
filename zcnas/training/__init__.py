"""Trains what a search has found: recipes of papers, checkpoints, logs, weights for export.

>>> recipe("darts").epochs
600
"""

from __future__ import annotations

from zcnas.training.evaluation import Evaluation, evaluate
from zcnas.training.export import export_weights
from zcnas.training.history import Epoch, Training
from zcnas.training.recipes import RECIPES, Recipe, recipe
from zcnas.training.run import train
from zcnas.training.tally import Diverged

__all__ = [
    "RECIPES",
    "Diverged",
    "Epoch",
    "Evaluation",
    "Recipe",
    "Training",
    "evaluate",
    "export_weights",
    "recipe",
    "train",
]
