"""Zero-cost move: of several candidates, train the one with the best score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.errors import InputError
from zcnas.search.branching import BranchingSearch
from zcnas.search.scored import Score, Scored
from zcnas.search.state import parsed
from zcnas.search.warm_up import WarmUp
from zcnas.search.wrapper import Wrapper
from zcnas.seeding import generator
from zcnas.space import Architecture


class Move(Wrapper):
    """Proposes the best of what an algorithm might have proposed.

    Of evolution and local search these are all untrained neighbours of the parent, or of where the search is: what
    they would have drawn from; ``candidates`` does not matter to them. Any other algorithm is asked for ``candidates``
    architectures, one of which is proposed: so many draws from REINFORCE's policy or a sampler of optuna, so many
    random architectures. Where an algorithm trains all that it proposes in the end, as NSGA-II and III do with a
    generation and exhaustive search with everything, only the order changes.

    Scores are remembered, but are no part of the state: after loading they are asked for again.

    Reference: Abdelfattah et al. 2021, arXiv:2101.08134, section 4. A random neighbour with probability 0.25 is their
    released notebook's, 10 and 100 candidates of REINFORCE are its figure's.

    Args:
        algorithm: Whose candidates they are. A warm-up goes around a move, not within.
        score: A function of architectures, or a mapping; higher is better.
        candidates: See above.
        random: Probability that any candidate is taken instead of the best; by default 0.25 for evolution and local
            search, and 0 for others, whose candidates are random already.
        seed: Of these choices; evolution and local search draw from their own.

    Raises:
        InputError: A number out of range, or a warm-up within.
    """

    name = "move"

    def __init__(
        self,
        algorithm: SearchAlgorithm,
        score: Score,
        *,
        candidates: int = 10,
        random: float | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(algorithm)
        if isinstance(algorithm, WarmUp):
            raise InputError("expected an algorithm to move, got a warm-up: write WarmUp(Move(...), ...)")
        if candidates < 1 or not 0 <= (random or 0) <= 1:
            raise InputError(f"expected candidates >= 1 and random in [0, 1], got {candidates} and {random}")
        self._scored, self._candidates, self._seed = Scored(score), candidates, seed
        self._random = (0.25 if isinstance(algorithm, BranchingSearch) else 0.0) if random is None else random
        self._told = 0

    def ask(self, count: int = 1) -> list[Architecture]:
        """Up to ``count`` architectures, each the best of its candidates.

        Raises:
            InputError: A count below 1.
        """
        if count < 1:
            raise InputError(f"ask: expected a count of at least 1, got {count}")
        if isinstance(self.algorithm, BranchingSearch):
            return self.algorithm.ask_choosing(count, self._choose)
        offered = self.algorithm.ask(count * self._candidates)
        rng = generator(self.name, self._seed, self._told)
        starts = range(0, len(offered), self._candidates)
        return [self._choose(offered[start : start + self._candidates], rng) for start in starts]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Passes trials on."""
        self.algorithm.tell(trials)
        self._told += len(trials)

    def settings(self) -> dict[str, Any]:
        """The algorithm's own settings, and all arguments."""
        mine = {"candidates": self._candidates, "random": self._random, "seed": self._seed}
        return {"algorithm": self.name, "inner": self.algorithm.settings(), "score": self._scored.settings(), **mine}

    def state_dict(self) -> dict[str, Any]:
        """The algorithm's own state, and how many trials it was told."""
        return {"algorithm": self.name, "inner": self.algorithm.state_dict(), "told": self._told}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from :meth:`state_dict`.

        Raises:
            InputError: Another algorithm's, or one that is garbled; then nothing is changed.
        """
        told = parsed(state, self.name, lambda: int(state["told"]))
        parsed(state, self.name, lambda: self.algorithm.load_state_dict(state["inner"]))
        self._told = told

    def _choose(self, options: list[Architecture], rng: np.random.Generator) -> Architecture:
        if rng.random() < self._random:
            return options[int(rng.integers(len(options)))]
        return self._scored.ranked(options)[0]
