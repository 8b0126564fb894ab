"""Ageing evolution as it was published, in which repetitions are trained and counted: what our own is held against."""

from __future__ import annotations

from collections import deque

import numpy as np
from _speedups_setup import Setup

from zcnas.seeding import generator
from zcnas.space import Architecture

NAME = "released_evolution"
"""In the place of a registered algorithm: it proposes what was told before, so it cannot be one."""
_POPULATION, _TOURNAMENT = 64, 10


def trained(setup: Setup, seed: int, trainings: int) -> list[list[float]]:
    """What was seen, and what is judged, of all trained networks in order.

    A parent is the best of a tournament without replacement, its child any neighbour. Reference: Abdelfattah et al.
    2021, arXiv:2101.08134, released notebook.
    """
    rng = generator(NAME, seed)
    living = deque[tuple[float, Architecture]](maxlen=_POPULATION)
    seen, judged = list[float](), list[float]()
    while len(seen) < trainings:
        arch = setup.space.sample(rng) if len(living) < _POPULATION else setup.space.mutate(_parent(living, rng), rng)
        seen.append(setup.task.seen(arch))
        judged.append(setup.task.judged(arch))
        living.append((seen[-1], arch))
    return [seen, judged]


def _parent(living: deque[tuple[float, Architecture]], rng: np.random.Generator) -> Architecture:
    drawn = rng.choice(len(living), size=_TOURNAMENT, replace=False)
    return max((living[place] for place in drawn), key=lambda one: one[0])[1]
