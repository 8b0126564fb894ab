"""Algorithms whose next proposal is one of several that are equally likely."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from zcnas.search.history import Free, HistorySearch
from zcnas.space import Architecture

Choose = Callable[[list[Architecture], np.random.Generator], Architecture]
"""Picks one of several, at least one."""


class BranchingSearch(HistorySearch):
    """Writes :meth:`alternatives`, so that a zero-cost move can choose among all of them."""

    @abstractmethod
    def alternatives(self, rng: np.random.Generator, free: Free) -> list[Architecture]:
        """What may be proposed next, all of it free; nothing where there is nothing left."""

    def ask_choosing(self, count: int, choose: Choose) -> list[Architecture]:
        """As :meth:`ask`, but ``choose`` picks among alternatives."""
        return list(islice(self._distinct(lambda rng, free: self._chosen(rng, free, choose)), count))

    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        return self._chosen(rng, free, _any)

    def _chosen(self, rng: np.random.Generator, free: Free, choose: Choose) -> Iterator[Architecture]:
        while options := self.alternatives(rng, free):
            yield choose(options, rng)


def _any(options: list[Architecture], rng: np.random.Generator) -> Architecture:
    return options[int(rng.integers(len(options)))]
