"""Bayesian optimisation over all candidates: a Gaussian process on genes and proxies says which to train next."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.provenance import digest
from zcnas.search.candidates import distinct
from zcnas.search.history import Free, HistorySearch, succeeded
from zcnas.search.process import Array, Process, improvement
from zcnas.space import Architecture, SearchSpace


class GaussianProcessSearch(HistorySearch):
    """Trains the candidate of the highest expected improvement.

    The first few are drawn among the best by the mean rank over proxies. From then on a Gaussian process on genes and
    ranks (:class:`~zcnas.search.process.Process`) expects something of every candidate. Values that were told are
    noisy, so what is to be improved on is the highest mean among what is known. Asked for several architectures, it
    proposes those that follow.

    None of the parts is new; kernels that join an encoding with zero-cost scores are those of White et al. 2021, arXiv:
    2104.01177, and of Ru et al. 2021 (arXiv:2006.07556, without proxies), expected improvement is Mockus's.

    Args:
        space: Where the candidates come from.
        candidates: Architectures to choose from.
        scores: Proxy -> a score of every candidate, higher is better; NaN ranks last.
        first: How many are trained before anything is learned.
        share: Of the candidates, among which the first are drawn: the best by the mean rank.
        trend: How much the mean rank is trusted; see :class:`~zcnas.search.process.Process`.
        seed: Of the first ones.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Raises:
        InputError: No candidates, one twice or of another space, no proxies, columns of other lengths, a number out of
            range.
    """

    name = "gaussian_process"

    def __init__(
        self,
        space: SearchSpace,
        candidates: Sequence[Architecture],
        scores: Mapping[str, Sequence[float] | Array],
        *,
        first: int = 3,
        share: float = 0.01,
        trend: float = 1.0,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        if first < 1 or not 0 < share <= 1 or not trend >= 0:
            raise InputError(
                f"{self.name}: expected first >= 1, a share in (0, 1] and a trend >= 0, got {first}, {share}, {trend}"
            )
        self._candidates = distinct(self.name, space, candidates)
        self._process = Process(self._candidates, scores, trend=trend)
        self._places = {arch: place for place, arch in enumerate(self._candidates)}
        self._first, self._share, self._trend = first, share, trend
        super().__init__(space, seed=seed, identity=identity)

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`; scores and candidates by what they hold."""
        told = {"first": self._first, "share": self._share, "trend": self._trend}
        held = digest([*self._candidates, self._process.columns])
        return {**super().settings(), **told, "content": held}

    def _forget(self) -> None:
        super()._forget()
        self._told: list[int] = []
        self._values: list[float] = []

    def _learn(self, trial: Trial, /) -> None:
        if succeeded(trial) and trial.arch in self._places:
            self._told.append(self._places[trial.arch])
            self._values.append(trial.values[0])

    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        order = self._beginning(rng, free) if len(self._told) < self._first else self._ranking(rng)
        return (self._candidates[place] for place in order)

    def _beginning(self, rng: np.random.Generator, free: Free) -> Iterator[int]:
        """Random ones of the best by the mean rank, then the others."""
        ranking = [place for place in self._best_first(self._process.ranks, rng) if free(self._candidates[place])]
        cut = max(self._first, int(self._share * len(self._candidates)))
        yield from rng.permutation(ranking[:cut]).tolist()
        yield from ranking[cut:]

    def _ranking(self, rng: np.random.Generator) -> Iterator[int]:
        """Candidates by what training them promises, best first."""
        mean, deviation = self._process.expected(self._told, self._values)
        yield from self._best_first(improvement(mean, deviation, float(mean[self._told].max())), rng)

    def _best_first(self, values: Array, rng: np.random.Generator) -> list[int]:
        """Numbers of candidates; equal ones in random order."""
        shuffled = rng.permutation(len(values))
        order: list[int] = shuffled[np.argsort(-values[shuffled], kind="stable")].tolist()
        return order
