"""What searches came to: any-time curves, trainings to a target, Pareto fronts. Of all numbers, more is better."""

from __future__ import annotations

from zcnas.analysis.curves import Band, aligned, band, best_so_far, chosen_so_far, regret
from zcnas.analysis.pareto import front, hypervolume, hypervolume_ratio
from zcnas.analysis.reach import Reach, reach, reached_at

__all__ = [
    "Band",
    "Reach",
    "aligned",
    "band",
    "best_so_far",
    "chosen_so_far",
    "front",
    "hypervolume",
    "hypervolume_ratio",
    "reach",
    "reached_at",
    "regret",
]
