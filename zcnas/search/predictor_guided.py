"""Search that trains what a predictor ranks high, and some of what it ranks in the better part."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import numpy as np
from scipy.stats import rankdata

from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.predictors import Adaptable, PairwiseGCN, Predictor
from zcnas.search.candidates import Pool
from zcnas.search.drawing import draw
from zcnas.search.history import Free, HistorySearch, succeeded
from zcnas.search.scored import Score, Scored
from zcnas.search.state import architecture_of
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace


class PredictorGuided(HistorySearch):
    """Iterative data selection: learn from what was trained, rank the candidates, train half at the top and half below.

    Every ``batch`` trials begin an iteration, whose predictor learned from all trials before. It proposes first the
    ``batch // 2`` best-ranked candidates that are not known, then as many at random from the first 1/2^i of the
    ranking, where i counts iterations; then the ranking goes on. Iteration 0 is random, unless something was known
    before: the predictor is fitted already, as a prior is, or :meth:`pretrain` was called. Then iteration 0 proposes
    as the first one does, and later ones adapt what was known.

    Reference: Dudziak et al. 2020, BRP-NAS, arXiv:2007.08668; for the warm-up Abdelfattah et al. 2021, arXiv:
    2101.08134.

    Deviations: A predictor is fitted anew (or adapted from what was known at the start) in every iteration, rather
    than going on from the last one, so that a state is loaded by fitting once. The length of its training is its own
    affair. Scores of a warm-up are learned by their ranks.

    Args:
        space: Where architectures come from.
        predictor: Unfitted, or a prior that can be adapted; it stays as it is. By default :class:`PairwiseGCN`.
        batch: Trials an iteration.
        candidates: How many architectures are ranked: all, if the space has no more, else as many at random, another
            choice in every iteration.
        seed: Of all random choices but the predictor's.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Raises:
        InputError: Fewer than 2 trials an iteration or fewer candidates than that, or a predictor of another space.
    """

    name = "predictor_guided"

    def __init__(
        self,
        space: SearchSpace,
        *,
        predictor: Predictor | None = None,
        batch: int = 20,
        candidates: int = 20_000,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        self.predictor = PairwiseGCN(space, seed=seed) if predictor is None else predictor
        if not 2 <= batch <= candidates or self.predictor.space.name != space.name:
            raise InputError(
                f"predictor_guided: expected a batch of at least 2, as many candidates, and a predictor of {space.name}"
                f"; got {batch}, {candidates} and {self.predictor}"
            )
        if self.predictor.is_fitted and not isinstance(self.predictor, Adaptable):
            raise _fixed(self.predictor)
        self._batch, self._most, self.initial = batch, candidates, batch
        self._pool = Pool(space, candidates)
        super().__init__(space, seed=seed, identity=identity)

    def pretrain(self, score: Score, number: int) -> None:
        """Learns scores of ``number`` random architectures before it learns what any is worth.

        Raises:
            InputError: It has been told of trials already, its predictor cannot adapt, or fewer scores than it needs
                are numbers.
        """
        if self._trials:
            raise InputError(f"pretrain: expected it before the first trial, got it after {len(self._trials)}")
        rng, drawn = generator(self.name, self.seed, "pretrain"), dict[Architecture, None]()
        while len(drawn) < number and (arch := draw(self.space, rng, lambda arch: arch not in drawn)) is not None:
            drawn[arch] = None
        scores = Scored(score)(list(drawn))
        self._learn_scores([pair for pair in zip(drawn, scores, strict=True) if np.isfinite(pair[1])])

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`. A fitted predictor is known by what it learned."""
        told = {"predictor": repr(self.predictor), "candidates": self._most}
        if self.predictor.is_fitted:
            told["learned"] = self.predictor.learned.digest
        return {**super().settings(), **told}

    def state_dict(self) -> dict[str, Any]:
        """All trials, and the scores of a warm-up."""
        scores = [[list(arch.genome), score] for arch, score in self._scores]
        return {**super().state_dict(), "pretrained": scores}

    def _recall(self, state: Mapping[str, Any]) -> None:
        if scores := self._pairs(state):
            self._learn_scores(scores)

    def _restored(self, state: Mapping[str, Any]) -> list[Trial]:
        for arch, _ in self._pairs(state):
            self._check(Trial(arch))
        return super()._restored(state)

    def _pairs(self, state: Mapping[str, Any]) -> list[tuple[Architecture, float]]:
        return [(architecture_of(genome, self.space.name), float(score)) for genome, score in state["pretrained"]]

    def _forget(self) -> None:
        super()._forget()
        self._scores = list[tuple[Architecture, float]]()
        self._prior = self.predictor
        self._ranked: tuple[int, list[Architecture]] | None = None

    def _learn_scores(self, scores: list[tuple[Architecture, float]]) -> None:
        if not isinstance(self.predictor, Adaptable):
            raise _fixed(self.predictor)
        archs, values = [arch for arch, _ in scores], [score for _, score in scores]
        self._prior = self.predictor.clone().fit(archs, rankdata(values))
        self._scores, self._ranked = scores, None

    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        iteration = len(self._trials) // self._batch
        ranking = self._ranking(iteration)
        # Drawn once an iteration: what was trained meanwhile is left out, and nothing else changes.
        best, further = ranking[: self._batch // 2], ranking[self._batch // 2 :]
        better = further[: max(len(ranking) >> max(iteration, 1), self._batch) - len(best)]
        order = generator(self.name, self.seed, "below", iteration).permutation(len(better))
        yield from best
        yield from (better[place] for place in order[: self._batch - len(best)])
        yield from further
        while (arch := draw(self.space, rng, free)) is not None:
            yield arch

    def _ranking(self, iteration: int) -> list[Architecture]:
        """Candidates that were not known when the iteration began, best first; none where nothing was learned yet."""
        if self._ranked is None or self._ranked[0] != iteration:
            self._ranked = iteration, self._made(iteration)
        return self._ranked[1]

    def _made(self, iteration: int) -> list[Architecture]:
        known = self._trials[: iteration * self._batch]
        learned = self._fitted([trial for trial in known if succeeded(trial)])
        if learned is None:
            return []
        archs = self._pool(generator(self.name, self.seed, "candidates", iteration))
        mean, _ = learned.predict(archs)
        seen, ranking = {self.identity(trial.arch) for trial in known}, list[Architecture]()
        for place in np.argsort(-mean, kind="stable"):
            if (key := self.identity(archs[place])) not in seen:
                seen.add(key)
                ranking.append(archs[place])
        return ranking

    def _fitted(self, trials: list[Trial]) -> Predictor | None:
        archs, values = [trial.arch for trial in trials], [trial.values[0] for trial in trials]
        few = len(trials) < self.predictor.minimum
        if isinstance(self._prior, Adaptable) and self._prior.is_fitted:
            adapted: Predictor = self._prior if few else self._prior.adapt(archs, values)
            return adapted
        return None if few else self.predictor.clone().fit(archs, values)


def _fixed(predictor: Predictor) -> InputError:
    return InputError(f"predictor_guided: {predictor.name} has no adapt(), so it cannot go on from what it knows")
