"""Bayesian optimisation towards a front of accuracy and a cost that is known without training."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from zcnas.errors import InputError
from zcnas.provenance import digest
from zcnas.search.gaussian_process import GaussianProcessSearch
from zcnas.search.history import Free
from zcnas.search.process import Array, improvement
from zcnas.space import Architecture, SearchSpace


class GaussianFrontSearch(GaussianProcessSearch):
    """Trains the candidate by which the area under the front is expected to grow most.

    The cost of every candidate, such as its latency, is known beforehand, so that only accuracy is uncertain: the
    area that a candidate adds at every cost from its own up is an expected improvement on the best that is known up to
    there, and these are summed. Area is that between normal scores of accuracy and cost up to the highest of any
    candidate. The first architectures are the best by the mean rank within each of as many classes of cost, one drawn
    from the best hundredth of each. Asked for several, it takes each for trained, with the accuracy
    that it expects, when it chooses the next.

    Expected growth of hypervolume: Emmerich et al. 2006, IEEE Transactions on Evolutionary Computation 10(4); that
    one goal is certain makes it a sum.

    Args:
        space: Where the candidates come from.
        candidates: Architectures to choose from.
        scores: As for :class:`~zcnas.search.gaussian_process.GaussianProcessSearch`, like the rest.
        costs: Of every candidate; lower is better.
        first: How many are trained before anything is learned.
        share: Of the candidates of a class of costs, among which its first is drawn.
        trend: How much the mean rank is trusted.
        seed: Of the first ones.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Attributes:
        objectives: Two, of which the second, the cost, is known and not listened to.

    Raises:
        InputError: As there; costs that are not finite, all equal, or not as many as candidates.
    """

    name = "gaussian_front"
    objectives = 2

    def __init__(
        self,
        space: SearchSpace,
        candidates: Sequence[Architecture],
        scores: Mapping[str, Sequence[float] | Array],
        costs: Sequence[float] | Array,
        *,
        first: int = 10,
        share: float = 0.01,
        trend: float = 1.0,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        numbers = np.asarray(costs, dtype=np.float64)
        if numbers.shape != (len(candidates),) or not np.isfinite(numbers).all() or not np.ptp(numbers):
            raise InputError(
                f"{self.name}: expected a finite cost for each of {len(candidates)} candidates, not all equal, got "
                f"shape {numbers.shape} from {numbers.min(initial=np.inf)} to {numbers.max(initial=-np.inf)}"
            )
        # From 0 to 1.
        self._costs = (numbers - numbers.min()) / np.ptp(numbers)
        super().__init__(space, candidates, scores, first=first, share=share, trend=trend, seed=seed, identity=identity)

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`."""
        return {**super().settings(), "costs": digest([self._costs])}

    def _beginning(self, rng: np.random.Generator, free: Free) -> Iterator[int]:
        """One of the best of each class of costs in turn, as long as there are any."""
        classes = np.array_split(np.argsort(self._costs, kind="stable"), self._first)
        # The class of whoever is next follows from the number of trials, as draws do.
        for turn in range(len(self._told), len(self._told) + len(self._candidates)):
            members = [place for place in classes[turn % self._first] if free(self._candidates[place])]
            best = sorted(members, key=lambda place: -self._process.ranks[place])
            yield from map(int, rng.permutation(best[: max(1, int(self._share * len(best)))])[:1])

    def _ranking(self, rng: np.random.Generator) -> Iterator[int]:
        mean, deviation = self._process.expected(self._told, self._values)
        taken, order = sorted(set(self._told)), rng.permutation(len(mean))
        while len(taken) < len(mean):
            worth = self._growth(mean, deviation, taken)
            worth[taken] = -1.0
            place = int(order[np.argmax(worth[order])])
            taken.append(place)
            yield place

    def _growth(self, mean: Array, deviation: Array, taken: list[int]) -> Array:
        """``(n,)``: by how much each candidate is expected to add to the area under the front of those taken."""
        starts, levels = self._steps(mean, taken)
        ends = np.append(starts[1:], 1.0)
        growth = np.zeros(len(mean))
        for start, end, level in zip(starts, ends, levels, strict=True):
            # A candidate counts from its own cost on.
            width = end - np.clip(self._costs, start, end)
            reached = width > 0
            growth[reached] += width[reached] * improvement(mean[reached], deviation[reached], level)
        return growth

    def _steps(self, mean: Array, taken: list[int]) -> tuple[Array, Array]:
        """From which cost on which mean is the best of those taken; at the lowest cost, the lowest of all."""
        order = sorted(taken, key=lambda place: (self._costs[place], -mean[place]))
        costs = np.concatenate([[0.0], self._costs[order]])
        levels = np.maximum.accumulate(np.concatenate([[mean[order].min()], mean[order]]))
        fresh = np.append(True, np.diff(levels) > 0)
        return costs[fresh], levels[fresh]
