"""Local search: train all neighbours, go to the best of them, start again where none is better."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.search.branching import BranchingSearch
from zcnas.search.drawing import draw
from zcnas.search.history import Free, succeeded
from zcnas.space import Architecture, SearchSpace


class LocalSearch(BranchingSearch):
    """Best improvement over ``space.neighbours``, with random restarts.

    Starts at the best of ``initial`` random architectures. Asked for more than the neighbours that are left, it
    proposes random architectures too, of which the next start is the best.

    Reference: White et al. 2020, arXiv:2005.02960, algorithm 1, which has one initial architecture and no restarts.

    Deviations: What failed or is not feasible is worth less than anything else.

    Args:
        space: Where architectures come from.
        initial: How many architectures are drawn before every start.
        seed: Of all random choices.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Attributes:
        optima: The architectures that it found to be no worse than all their neighbours.

    Raises:
        InputError: No initial architectures.
    """

    name = "local_search"

    def __init__(
        self,
        space: SearchSpace,
        *,
        initial: int = 1,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        if initial < 1:
            raise InputError(f"expected at least 1 initial architecture, got {initial}")
        self.initial = initial
        super().__init__(space, seed=seed, identity=identity)

    def alternatives(self, rng: np.random.Generator, free: Free) -> list[Architecture]:
        """The neighbours that are left, or one at random."""
        if options := [arch for arch in self._open if free(arch)]:
            return options
        drawn = draw(self.space, rng, free)
        return [] if drawn is None else [drawn]

    def _forget(self) -> None:
        super()._forget()
        self.optima: list[Architecture] = []
        self._values: dict[Hashable, float] = {}
        self._centre: Architecture | None = None
        self._open: list[Architecture] = []
        self._drawn: list[Architecture] = []

    def _learn(self, trial: Trial, /) -> None:
        key = self.identity(trial.arch)
        if succeeded(trial):
            self._values[key] = trial.values[0]
        neighbours = len(self._open)
        self._open = [arch for arch in self._open if self.identity(arch) != key]
        if len(self._open) == neighbours and succeeded(trial):
            self._drawn.append(trial.arch)
        while not self._open and self._move():
            pass

    def _move(self) -> bool:
        """Goes on once nothing is open; ``False`` if it needs new architectures to start from."""
        if self._centre is None:
            if len(self._drawn) < self.initial:
                return False
            self._go_to(max(self._drawn, key=self._value))
            self._drawn = []
            return True
        best = max(self.space.neighbours(self._centre), key=self._value, default=self._centre)
        if self._value(best) > self._value(self._centre):
            self._go_to(best)
        else:
            self.optima += [self._centre] if self._centre not in self.optima else []
            self._centre = None
        return True

    def _go_to(self, arch: Architecture) -> None:
        self._centre = arch
        self._open = [near for near in self.space.neighbours(arch) if self.identity(near) not in self._seen]

    def _value(self, arch: Architecture) -> float:
        return self._values.get(self.identity(arch), -np.inf)
