"""What was published of zero-cost warm-up and move on NAS-Bench-201.

Published curves end at 73.25, which is the test accuracy of the network of best validation accuracy (73.26), while the
best test accuracy of the table is 73.51: so the figure seems to follow the honest line.
"""

from __future__ import annotations

SOURCE = "Abdelfattah et al. 2021, arXiv:2101.08134: a figure of the released repository, read off to about .05"
WHERE = ("nasbench201", "cifar100")
TRAININGS = (50, 100, 200, 300)
"""Trained networks at which the curves were read."""

CURVES: dict[str, tuple[float, ...]] = {
    "random": (71.0, 71.5, 71.8, 72.05),
    "random + warm-up 1000": (72.8, 72.8, 72.8, 72.8),
    "random + warm-up 3000": (73.0, 73.05, 73.15, 73.15),
    "random + warm-up 15625": (73.1, 73.1, 73.2, 73.2),
    "REINFORCE": (71.0, 71.55, 72.0, 72.25),
    "REINFORCE + move 10": (71.4, 72.1, 72.65, 73.0),
    "REINFORCE + move 100": (72.8, 72.95, 73.1, 73.15),
    "REINFORCE + warm-up 3000": (72.9, 73.05, 73.15, 73.2),
    "ageing evolution": (71.1, 72.3, 73.2, 73.25),
    "ageing evolution + move": (71.2, 73.2, 73.25, 73.25),
    "ageing evolution + warm-up 3000": (72.9, 73.2, 73.2, 73.25),
    "ageing evolution + warm-up 15625": (73.1, 73.15, 73.2, 73.25),
    "pairwise predictor": (72.7, 73.2, 73.25, 73.25),
    "pairwise predictor + warm-up 256": (73.0, 73.25, 73.25, 73.25),
    "pairwise predictor + warm-up 512": (73.2, 73.25, 73.25, 73.25),
}
"""Average best test accuracy in % at :data:`TRAININGS`, by the name of a line."""

CROSSINGS: dict[str, str] = {
    "random + warm-up 3000": "20 to 50",
    "REINFORCE + warm-up 3000": "50 to 100",
    "ageing evolution": "150 to 180",
    "ageing evolution + move": "by 85",
    "ageing evolution + warm-up 3000": "20 to 50",
}
"""Trained networks at which these curves reach 73.0 %, as far as they tell."""
