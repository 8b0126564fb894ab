"""Trains what a search has found, and supernets to search in: recipes of papers, checkpoints, logs, weights for export.

>>> recipe("darts").epochs
600
"""

from __future__ import annotations

from zcnas.training.darts import StrengthRecipe, SupernetTraining, train_supernet
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
    "StrengthRecipe",
    "SupernetTraining",
    "Training",
    "evaluate",
    "export_weights",
    "recipe",
    "train",
    "train_supernet",
]
