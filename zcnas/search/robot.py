"""RoBoT: Bayesian optimisation of the weights of proxies, then greedily down the best ranking."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.provenance import digest
from zcnas.search.candidates import distinct
from zcnas.search.history import Free, HistorySearch, succeeded
from zcnas.search.surrogate import Array, suggested
from zcnas.search.weighted import normalised, ranking
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace


class RoBoT(HistorySearch):
    """Each query of weights in [-1, 1] trains the architecture that they rank first.

    After ``queries`` of them, architectures are trained in the order of the ranking of the best weights. A query that
    ranks a known architecture first costs no training. Asked for several architectures, it proposes those that follow
    in the ranking of the current weights.

    Reference: He et al. 2024, Robustifying and Boosting Training-Free Neural Architecture Search, ICLR, arXiv:
    2403.07591. Released code: every proxy min-max-normalised over the candidates, NaN counting zero; upper confidence
    bound with kappa 2.576 on a Gaussian process with a Matérn kernel of 5/2; with a budget of T trainings, T queries,
    and then the ranking until T architectures are trained.

    Deviations: The acquisition is maximised over random weights, of which it sees 4096 a time, not by gradients, since
    rankings are piecewise constant. Infinite scores count as NaN. An architecture that failed or is not feasible has
    the lowest value known by then, or zero. Equal values: the later weights win, as in the released code.

    Args:
        space: Where the candidates come from.
        candidates: Architectures to choose from.
        scores: Proxy -> a score of every candidate; signs do not matter, since weights may be negative. Use logarithms
            of what spans orders of magnitude, as the authors do with none.
        queries: How many weights are tried.
        seed: Of the first weights and of the optimisation.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Attributes:
        weights: All weights so far, the current last, each a number for every proxy.

    Raises:
        InputError: No candidates, one twice or of another space, no proxies, columns of other lengths.
    """

    name = "robot"

    def __init__(
        self,
        space: SearchSpace,
        candidates: Sequence[Architecture],
        scores: Mapping[str, Sequence[float] | Array],
        *,
        queries: int = 20,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        if queries < 1:
            raise InputError(f"{self.name}: expected at least 1 query, got {queries}")
        self._candidates, self._queries = distinct(self.name, space, candidates), queries
        self._names, self._columns = list(scores), normalised(scores, len(candidates))
        super().__init__(space, seed=seed, identity=identity)

    @property
    def best_weights(self) -> list[float]:
        """The weights whose first architecture has the highest value so far; the first ones before any is known."""
        return self.weights[self._best]

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`."""
        held = digest([*self._candidates, self._columns])
        return {**super().settings(), "queries": self._queries, "proxies": self._names, "content": held}

    def state_dict(self) -> dict[str, Any]:
        """All trials, and all weights, so that loading repeats no optimisation."""
        return {**super().state_dict(), "weights": self.weights}

    def _restored(self, state: Mapping[str, Any]) -> list[Trial]:
        weights = np.array(state["weights"], dtype=np.float64)
        if weights.ndim != 2 or weights.shape[1] != self._columns.shape[1] or not np.isfinite(weights).all():
            raise InputError(f"expected weights of {self._columns.shape[1]} proxies, got shape {weights.shape}")
        return super()._restored(state)

    def _recall(self, state: Mapping[str, Any]) -> None:
        self._given = [[float(weight) for weight in weights] for weights in state["weights"]]
        self._turn_to(self._given[0])

    def _proposals(self, _rng: np.random.Generator, _free: Free, /) -> Iterator[Architecture]:
        return (self._candidates[index] for index in self._order)

    def _forget(self) -> None:
        super()._forget()
        self._given = list[list[float]]()
        self._values: dict[Hashable, float | None] = {}
        self.weights = list[list[float]]()
        self._observed: list[float] = []
        self._best = 0
        first = generator(self.name, self.seed, "first").uniform(-1, 1, self._columns.shape[1:])
        self._turn_to(first.tolist())

    def _turn_to(self, weights: list[float]) -> None:
        self.weights = [*self.weights[: len(self._observed)], weights]
        self._order = ranking(self._columns, weights)

    def _learn(self, trial: Trial, /) -> None:
        self._values[self.identity(trial.arch)] = trial.values[0] if succeeded(trial) else None
        while len(self._observed) < self._queries and (top := self._top()) in self._values:
            self._observe(self._values[top])

    def _top(self) -> Hashable:
        return self.identity(self._candidates[self._order[0]])

    def _observe(self, value: float | None) -> None:
        known = [value for value in self._values.values() if value is not None]
        self._observed.append(min(known, default=0.0) if value is None else value)
        self._best = max(range(len(self._observed)), key=lambda index: (self._observed[index], index))
        if len(self._observed) == self._queries:
            self._order = ranking(self._columns, self.best_weights)
        else:
            self._turn_to(self._next())

    def _next(self) -> list[float]:
        """The weights to try next; those of a state are taken from there."""
        if len(self._observed) < len(self._given):
            return self._given[len(self._observed)]
        tried = np.array(self.weights)
        rng = generator(self.name, self.seed, "weights", len(self._observed))
        return suggested(tried, np.array(self._observed), rng)
