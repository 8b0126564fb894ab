"""What every search algorithm of this room has in common: it keeps what it was told, and never proposes it again."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.errors import InputError
from zcnas.provenance import named
from zcnas.search.state import parsed, plain_trial, trial_of
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace

Free = Callable[[Architecture], bool]
"""Whether an architecture may be proposed: neither told nor proposed in the same call."""
Propose = Callable[[np.random.Generator, Free], Iterator[Architecture]]


class HistorySearch(SearchAlgorithm):
    """Learns one trial at a time, and draws from a generator that the seed and the number of trials determine.

    That is why asking twice gives the same, why what was told is all of its state, and why that state can be loaded by
    telling it again. Trials of one call are learned in the order of their architectures. A trial that is not feasible,
    or has no finite values, is learned as one that failed.

    Workers that train at the same time ask for more: of ``count + pending`` proposals at least ``count`` are not
    pending.

    Args:
        space: Where architectures come from.
        seed: Of all random choices.
        identity: Maps architectures to equal keys if one need not be trained where another was, such as
            ``space.canonical`` or ``space.representative`` of spaces that have these; by default all are different.
    """

    name: ClassVar[str]
    objectives: int = 1
    initial: int = 0
    """How many architectures it draws before it uses what it learned, and takes from a warm-up; 0 if it never does."""

    def __init__(
        self, space: SearchSpace, *, seed: int = 0, identity: Callable[[Architecture], Hashable] | None = None
    ) -> None:
        self.space, self.seed = space, seed
        self.identity = identity or _itself
        self._forget()

    def ask(self, count: int = 1) -> list[Architecture]:
        """Up to ``count`` architectures; fewer where there is nothing left.

        Raises:
            InputError: A count below 1.
        """
        if count < 1:
            raise InputError(f"ask: expected a count of at least 1, got {count}")
        return list(islice(self._distinct(), count))

    def tell(self, trials: Sequence[Trial]) -> None:
        """Learns from trials.

        Raises:
            InputError: An architecture of another space, or another number of objectives; then nothing is learned.
        """
        for trial in trials:
            self._check(trial)
        for trial in sorted(trials, key=_order):
            self._take(trial)

    def settings(self) -> dict[str, Any]:
        """All arguments. A subclass with further ones adds them."""
        told = {"space": named(self.space), "seed": self.seed, "identity": named(self.identity)}
        return {"algorithm": self.name, **told, "objectives": self.objectives, "initial": self.initial}

    def state_dict(self) -> dict[str, Any]:
        """All trials, in the order in which they were learned."""
        trials = [plain_trial(trial) for trial in self._trials]
        return {"algorithm": self.name, "space": self.space.name, "trials": trials}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from :meth:`state_dict` of one that was made with equal arguments.

        Raises:
            InputError: Another algorithm's or another space's, or one that is garbled; then nothing is changed.
        """
        trials = parsed(state, self.name, lambda: self._restored(state))
        self._forget()
        self._recall(state)
        for trial in trials:
            self._take(trial)

    @abstractmethod
    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        """Architectures in the order in which they are proposed; those that are not free are left out by the caller."""

    def _learn(self, trial: Trial, /) -> None:
        """Learns from one trial, which may have failed."""

    def _forget(self) -> None:
        """Goes back to the beginning. A subclass that keeps more makes it here."""
        self._trials: list[Trial] = []
        self._seen: set[Hashable] = set()

    def _recall(self, state: Mapping[str, Any]) -> None:
        """Takes from a state what is not in its trials, before these are learned."""

    def _restored(self, state: Mapping[str, Any]) -> list[Trial]:
        if state["space"] != self.space.name:
            raise InputError(f"expected a state of {self.space.name}, got one of {state['space']!r}")
        trials = [trial_of(plain, self.space.name) for plain in state["trials"]]
        for trial in trials:
            self._check(trial)
        return trials

    def _rng(self, *purpose: object) -> np.random.Generator:
        return generator(self.name, self.seed, len(self._trials), *purpose)

    def _distinct(self, propose: Propose | None = None) -> Iterator[Architecture]:
        asked: set[Hashable] = set()

        def free(arch: Architecture) -> bool:
            key = self.identity(arch)
            return key not in self._seen and key not in asked

        for arch in (propose or self._proposals)(self._rng(), free):
            if free(arch):
                asked.add(self.identity(arch))
                yield arch

    def _check(self, trial: Trial) -> None:
        if trial.arch not in self.space:
            raise InputError(f"tell: expected architectures of {self.space.name}, got {trial.arch}")
        if trial.values and len(trial.values) != self.objectives:
            raise InputError(
                f"tell: {self.name} takes {self.objectives} objective(s), got {len(trial.values)} values for "
                f"{trial.arch.key}: join them into one, or use nsga2, nsga3 or optuna, which take several"
            )

    def _take(self, trial: Trial) -> None:
        self._trials.append(trial)
        self._seen.add(self.identity(trial.arch))
        self._learn(trial)


def succeeded(trial: Trial) -> bool:
    """Whether a trial says what its architecture is worth."""
    return trial.feasible and bool(trial.values) and all(map(math.isfinite, trial.values))


def _itself(arch: Architecture) -> Hashable:
    return arch


def _order(trial: Trial) -> tuple[Architecture, tuple[float, ...], bool]:
    return trial.arch, trial.values, trial.feasible
