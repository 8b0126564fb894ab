"""Regularised (ageing) evolution: a population in which the oldest dies, not the worst."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.search.branching import BranchingSearch
from zcnas.search.drawing import draw
from zcnas.search.history import Free, succeeded
from zcnas.space import Architecture, SearchSpace

_STEPS = 20
"""Length of the walk away from a parent that has no untrained neighbours, before one is drawn at random."""


class RegularizedEvolution(BranchingSearch):
    """Mutates the best of a random tournament, and lets the oldest of the population die.

    A tournament draws from the population with replacement. The first ``population`` architectures are random.

    Reference: Real et al. 2019, arXiv:1802.01548. A population of 64 and tournaments of 10 are those of Abdelfattah et
    al. 2021, arXiv:2101.08134; Real et al. have 100 and 25 on CIFAR-10.

    Deviations: A child is never one that was trained: the untrained neighbours of a parent are equally likely, and
    where there are none, those of a random neighbour, and so on. Every mutation is one edit of the space. What failed
    or is not feasible does not enter the population.

    Args:
        space: Where architectures come from.
        population: How many live at a time.
        tournament: How many compete to become a parent.
        seed: Of all random choices.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Raises:
        InputError: A population or tournament below 1.
    """

    name = "regularized_evolution"

    def __init__(
        self,
        space: SearchSpace,
        *,
        population: int = 64,
        tournament: int = 10,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        if population < 1 or tournament < 1:
            raise InputError(f"expected a population and tournament of at least 1, got {population} and {tournament}")
        self.initial, self._tournament = population, tournament
        super().__init__(space, seed=seed, identity=identity)

    @property
    def population(self) -> list[Architecture]:
        """Who lives, oldest first."""
        return [arch for _, arch in self._population]

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`."""
        return {**super().settings(), "tournament": self._tournament}

    def alternatives(self, rng: np.random.Generator, free: Free) -> list[Architecture]:
        """All that a next child may be, once parents have been drawn; one at random while the population grows."""
        if len(self._population) >= self.initial:
            arch = self._parent(rng)
            for _ in range(_STEPS):
                neighbours = self.space.neighbours(arch)
                if options := [neighbour for neighbour in neighbours if free(neighbour)]:
                    return options
                if not neighbours:
                    break
                arch = neighbours[int(rng.integers(len(neighbours)))]
        drawn = draw(self.space, rng, free)
        return [] if drawn is None else [drawn]

    def _parent(self, rng: np.random.Generator) -> Architecture:
        drawn = rng.integers(len(self._population), size=self._tournament)
        return max((self._population[index] for index in drawn), key=lambda member: member[0])[1]

    def _forget(self) -> None:
        super()._forget()
        self._population: deque[tuple[float, Architecture]] = deque(maxlen=self.initial)

    def _learn(self, trial: Trial, /) -> None:
        if succeeded(trial):
            self._population.append((trial.values[0], trial.arch))
