"""REINFORCE: a policy that draws every gene by itself, and follows the gradient of what it gets."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import numpy as np

from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.search.drawing import draw
from zcnas.search.history import Free, HistorySearch, succeeded
from zcnas.search.policy import OPTIMISERS, Policy
from zcnas.search.scored import Score, Scored
from zcnas.search.state import architecture_of
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace

_ATTEMPTS = 100
"""Draws from a policy until it may be held for one that has nothing new to say."""
_BATCH = 10
"""Architectures that are drawn and scored at a time in a warm-up."""


class Reinforce(HistorySearch):
    """Independent softmax for every gene, a moving average of rewards as baseline, Adam or plain ascent.

    Reference: Williams 1992; Zoph and Le 2017, arXiv:1611.01578, whose controller is recurrent. One without is that of
    the NAS-Bench papers: Dong and Yang 2020, arXiv:2001.00326; Dong et al. 2021, arXiv:2009.00437.

    Deviations: Their code trains what the policy draws, also twice. Here what the policy draws and is known already
    is learned from again, which costs no training, until it draws something new, at most ``repeats`` times after every
    trial. Logits start at zero rather than near it. What failed or is not feasible is not learned from. Where 100 draws
    give nothing new or valid, an architecture is drawn at random.

    Args:
        space: Where architectures come from.
        learning_rate: Of the ascent; by default that of NATS-Bench. Small budgets take larger ones better.
        momentum: Of the baseline; its first value is the first reward.
        optimiser: ``"adam"`` or ``"sgd"``.
        repeats: See above.
        seed: Of all random choices.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Raises:
        InputError: An unknown optimiser, or a number out of range.
    """

    name = "reinforce"

    def __init__(
        self,
        space: SearchSpace,
        *,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        optimiser: str = "adam",
        repeats: int = 10,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        if optimiser not in OPTIMISERS or learning_rate <= 0 or not 0 <= momentum < 1 or repeats < 0:
            raise InputError(
                f"expected an optimiser of {', '.join(OPTIMISERS)}, learning_rate > 0, momentum in [0, 1) and "
                f"repeats >= 0, got {optimiser!r}, {learning_rate}, {momentum} and {repeats}"
            )
        self._options = (learning_rate, momentum, optimiser)
        self._repeats = repeats
        super().__init__(space, seed=seed, identity=identity)

    @property
    def probabilities(self) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
        """For every gene those of its options."""
        return self._policy.probabilities()

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`."""
        return {**super().settings(), "policy": list(self._options), "repeats": self._repeats}

    def pretrain(self, score: Score, number: int) -> None:
        """Steps with scores instead of accuracies: ``number`` draws from the policy, ten at a time.

        The reward is the fraction of all architectures drawn so far that have a lower score, since raw scores may
        differ by many orders of magnitude. Baseline and step sizes start anew afterwards, because accuracies have
        another scale.

        Raises:
            InputError: It has learned from trials already.
        """
        if self._trials:
            raise InputError(f"pretrain: expected it before the first trial, got it after {len(self._trials)}")
        scored, rng, below = Scored(score), generator(self.name, self.seed, "pretrain"), list[float]()
        while len(self._pretrained) < number:
            if not (batch := list(self._drawn(rng, min(_BATCH, number - len(self._pretrained))))):
                break
            for arch, value in zip(batch, scored(batch), strict=True):
                reward = bisect_left(below, value) / len(below) if below else 0.0
                insort(below, value)
                self._pretrained.append((arch, reward))
                self._policy.step(arch.genome, reward)
        self._policy.settle()

    def state_dict(self) -> dict[str, Any]:
        """All trials, and the steps of a warm-up."""
        steps = [[list(arch.genome), reward] for arch, reward in self._pretrained]
        return {**super().state_dict(), "pretrained": steps}

    def _recall(self, state: Mapping[str, Any]) -> None:
        self._pretrained = self._steps(state)
        for arch, reward in self._pretrained:
            self._policy.step(arch.genome, reward)
        if self._pretrained:
            self._policy.settle()

    def _restored(self, state: Mapping[str, Any]) -> list[Trial]:
        for arch, _ in self._steps(state):
            self._check(Trial(arch))
        return super()._restored(state)

    def _steps(self, state: Mapping[str, Any]) -> list[tuple[Architecture, float]]:
        return [(architecture_of(genome, self.space.name), float(reward)) for genome, reward in state["pretrained"]]

    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        while True:
            drawn = next((arch for arch in self._drawn(rng, _ATTEMPTS) if free(arch)), None)
            if (arch := drawn or draw(self.space, rng, free)) is None:
                return
            yield arch

    def _drawn(self, rng: np.random.Generator, number: int) -> Iterator[Architecture]:
        """``number`` valid draws from the policy, or fewer where 100 in a row are not valid."""
        for _ in range(number):
            draws = (Architecture(self.space.name, self._policy.draw(rng)) for _ in range(_ATTEMPTS))
            if (arch := next((arch for arch in draws if arch in self.space), None)) is None:
                return
            yield arch

    def _forget(self) -> None:
        super()._forget()
        self._policy = Policy(self.space.choices, *self._options)
        self._pretrained = list[tuple[Architecture, float]]()
        self._rewards: dict[Hashable, float] = {}

    def _learn(self, trial: Trial, /) -> None:
        if not succeeded(trial):
            return
        self._rewards[self.identity(trial.arch)] = trial.values[0]
        self._policy.step(trial.arch.genome, trial.values[0])
        self._repeat()

    def _repeat(self) -> None:
        rng = self._rng("repeat")
        for _ in range(self._repeats):
            arch = next(self._drawn(rng, 1), None)
            if arch is None or (key := self.identity(arch)) not in self._seen:
                return
            if key in self._rewards:
                self._policy.step(arch.genome, self._rewards[key])
