"""Search by a predictor that knows other tasks, and learns this one from what is trained."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.predictors import FewShot, Prior
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.shipped import path_of
from zcnas.search.candidates import Pool
from zcnas.search.drawing import draw
from zcnas.search.history import Free, HistorySearch, succeeded
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace

_PARENTS = 10
"""How many of the best have their neighbours among the candidates of a space that is too large to rank all of it."""


class FewShotSearch(HistorySearch):
    """Trains what a prior, adapted to all that was trained before, promises most of.

    The first ``batch`` are drawn at random among the best by the prior alone. Every further ``batch`` trials it adapts
    the prior, and picks the next by mean and deviation, one after the other; see
    :meth:`zcnas.predictors.FewShot.select`. Asked for more than an iteration has, it goes on in the order of means.

    Reference: Our own; the rule is GP-BUCB, Desautels et al. 2014, arXiv:1206.6402.

    Args:
        space: Where architectures come from.
        prior: What is known of other tasks: a prior, the name of one that ships, or a file.
        batch: Trials an iteration.
        boldness: How many deviations are added to means; 0 trains what is expected to be best.
        share: Of the candidates, among which the first are drawn: the best by the prior alone.
        candidates: How many architectures are ranked: all, if the space has no more, else as many at random and the
            neighbours of the best, another choice in every iteration.
        seed: Of what is drawn.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.
        vocabulary: What names of one's own space mean, as for :class:`~zcnas.predictors.FewShot`.
        features: Of the task, as for :meth:`zcnas.predictors.Prior.adapt`.
        task: What values are of, as for :meth:`zcnas.predictors.FewShot.adapt`, with a warning if the prior was learned
            from it. :func:`zcnas.run_search` gives the data set of a table. It changes nothing else, and so is no part
            of :meth:`settings`.

    Raises:
        InputError: No trials an iteration, no candidates, a negative boldness, or a share outside (0, 1]; or a name
            in the vocabulary that means an operation of one's own; or another number of features than the prior was
            learned with.
        UnknownNameError: A prior that neither ships nor is a file.
        DataError: A file that is not of a prior.
    """

    name = "few_shot"

    def __init__(
        self,
        space: SearchSpace,
        *,
        prior: Prior | str | os.PathLike[str] = "general",
        batch: int = 2,
        boldness: float = 0.5,
        share: float = 0.01,
        candidates: int = 20_000,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
        vocabulary: Vocabulary | None = None,
        features: Sequence[float] | npt.NDArray[np.float64] | None = None,
        task: str | None = None,
    ) -> None:
        if batch < 1 or candidates < 1 or not boldness >= 0 or not 0 < share <= 1:
            raise InputError(
                f"{self.name}: expected a batch and candidates of at least 1, a boldness of at least 0 and a share in "
                f"(0, 1]; got {batch}, {candidates}, {boldness} and {share}"
            )
        known = prior if isinstance(prior, Prior) else Prior.load(path_of(prior))
        self._features = None if features is None else np.asarray(features, dtype=np.float64)
        self._start = known.on(space, features=self._features, vocabulary=vocabulary)
        if task and (met := known.met(task, space)):
            warnings.warn(
                f"the prior was learned from {', '.join(met)}: what is found does not say what a new task would give",
                stacklevel=2,
            )
        self._batch, self._boldness, self._share, self._most = batch, boldness, share, candidates
        self._pool = Pool(space, candidates)
        super().__init__(space, seed=seed, identity=identity)

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`; a prior is known by what it learned."""
        told = {"batch": self._batch, "boldness": self._boldness, "share": self._share, "candidates": self._most}
        # Told where there is one only, as in histories of old.
        own: dict[str, Any] = {"vocabulary": repr(self._start.vocabulary)} if self._start.vocabulary else {}
        if self._features is not None:
            own["features"] = [float(one) if np.isfinite(one) else None for one in self._features]
        return {**super().settings(), **told, **own, "prior": self._start.prior.learned.digest}

    def _forget(self) -> None:
        super()._forget()
        self._picked: tuple[int, list[Architecture], FewShot, list[Architecture]] | None = None

    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        iteration = len(self._trials) // self._batch
        if self._picked is None or self._picked[0] != iteration:
            self._picked = iteration, *self._made(iteration)
        _, picked, known, archs = self._picked
        yield from picked
        yield from (archs[place] for place in np.argsort(-known.predict(archs)[0], kind="stable"))
        while (arch := draw(self.space, rng, free)) is not None:
            yield arch

    def _made(self, iteration: int) -> tuple[list[Architecture], FewShot, list[Architecture]]:
        """What an iteration picks, by which predictor, among what."""
        before = self._trials[: iteration * self._batch]
        archs, values = _best_first([trial for trial in before if succeeded(trial)])
        known = self._start.adapt(archs, values) if len(archs) >= self._start.minimum else self._start
        rng = generator(self.name, self.seed, "iteration", iteration)
        candidates = self._pool(rng, archs[:_PARENTS])
        if not before:
            return self._beginning(candidates, rng), known, candidates
        seen = {self.identity(trial.arch) for trial in before}
        without = {arch for arch in candidates if self.identity(arch) in seen}
        return known.select(candidates, self._batch, boldness=self._boldness, without=without), known, candidates

    def _beginning(self, candidates: list[Architecture], rng: np.random.Generator) -> list[Architecture]:
        order = np.argsort(-self._start.predict(candidates)[0], kind="stable")
        best = order[: max(self._batch, int(self._share * len(candidates)))]
        return [candidates[place] for place in rng.permutation(best)[: self._batch]]


def _best_first(trials: list[Trial]) -> tuple[list[Architecture], list[float]]:
    ordered = sorted(trials, key=lambda trial: -trial.values[0])
    return [trial.arch for trial in ordered], [trial.values[0] for trial in ordered]
