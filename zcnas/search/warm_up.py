"""Zero-cost warm-up: score many architectures, and begin with the best."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, runtime_checkable

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.errors import InputError
from zcnas.search.drawing import draw
from zcnas.search.scored import Score, Scored
from zcnas.search.state import parsed
from zcnas.search.wrapper import Wrapper, innermost
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace


@runtime_checkable
class Pretrained(Protocol):
    """Algorithms that learn from scores themselves, instead of beginning with the best."""

    def pretrain(self, score: Score, number: int) -> None:
        """Learns from scores of ``number`` architectures of its own choice."""


class WarmUp(Wrapper):
    """Scores ``number`` random architectures; the best ``first`` are trained before the algorithm's own proposals.

    What that means for an algorithm follows from its contract, since it is told of architectures that it did not ask
    for: random search trains all ``number`` in the order of their scores, the first population of evolution and of
    NSGA-II and III is the best, local search starts from the best, TPE's first trials are the best, exhaustive search
    has the best first. REINFORCE instead takes scores as rewards for ``number`` steps; see its ``pretrain``. RoBoT and
    Zero-Cost-PT begin with proxies anyway.

    Scores are asked for when it is first asked or told. The ranking is part of the state, so they are never asked for
    again.

    Reference: Abdelfattah et al. 2021, arXiv:2101.08134, section 4.

    Deviations: Architectures are drawn without replacement, and none is trained twice.

    Args:
        algorithm: What is warmed up.
        space: Where architectures come from.
        score: A function of architectures, or a mapping; higher is better.
        number: How many architectures are scored.
        first: How many of them are trained; by default as many as the algorithm draws before it learns from any
            (``algorithm.initial``), and all for random search and algorithms that do not say.
        seed: Of the draws.

    Raises:
        InputError: A number below 1.
    """

    name = "warm_up"

    def __init__(
        self,
        algorithm: SearchAlgorithm,
        space: SearchSpace,
        score: Score,
        number: int,
        *,
        first: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(algorithm)
        if number < 1 or (first is not None and first < 1):
            raise InputError(f"expected at least 1 architecture to score and to train, got {number} and {first}")
        self._space, self._score, self._number, self._seed = space, score, number, seed
        self._first = getattr(innermost(algorithm), "initial", None) or number if first is None else first
        self._identity: Callable[[Architecture], Hashable] = getattr(innermost(algorithm), "identity", _itself)
        self._ranking: dict[Hashable, Architecture] | None = None
        self._told: set[Hashable] = set()

    def ask(self, count: int = 1) -> list[Architecture]:
        """What is left of the best, then what the algorithm proposes."""
        if count < 1:
            raise InputError(f"ask: expected a count of at least 1, got {count}")
        left = (arch for key, arch in self._ranked().items() if key not in self._told)
        best = list(islice(left, count))
        if len(best) == count:
            return best
        keys = set(map(self._identity, best))
        further = [arch for arch in self.algorithm.ask(count) if self._identity(arch) not in keys]
        return [*best, *further][:count]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Passes trials on."""
        ranking = self._ranked()
        self.algorithm.tell(trials)
        self._told.update(key for trial in trials if (key := self._identity(trial.arch)) in ranking)

    def settings(self) -> dict[str, Any]:
        """The algorithm's own settings, and all arguments."""
        mine = {"number": self._number, "first": self._first, "seed": self._seed}
        score = Scored(self._score).settings()
        return {"algorithm": self.name, "inner": self.algorithm.settings(), "score": score, **mine}

    def state_dict(self) -> dict[str, Any]:
        """The algorithm's own state, the ranking, if there is one, and what of it has been told."""
        ranking = None if self._ranking is None else [list(arch.genome) for arch in self._ranking.values()]
        told = [list(arch.genome) for key, arch in (self._ranking or {}).items() if key in self._told]
        return {"algorithm": self.name, "inner": self.algorithm.state_dict(), "ranking": ranking, "told": told}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from :meth:`state_dict`.

        Raises:
            InputError: Another algorithm's, or one that is garbled; then nothing is changed.
        """
        ranking, told = parsed(state, self.name, lambda: self._parts(state))
        parsed(state, self.name, lambda: self.algorithm.load_state_dict(state["inner"]))
        self._ranking, self._told = ranking, told

    def _parts(self, state: Mapping[str, Any]) -> tuple[dict[Hashable, Architecture] | None, set[Hashable]]:
        ranking = None if state["ranking"] is None else self._keyed(map(self._arch, state["ranking"]))
        return ranking, set(self._keyed(map(self._arch, state["told"])))

    def _arch(self, genome: Sequence[Any]) -> Architecture:
        return self._space.architecture(tuple(genome))

    def _keyed(self, archs: Iterable[Architecture]) -> dict[Hashable, Architecture]:
        return {self._identity(arch): arch for arch in archs}

    def _ranked(self) -> dict[Hashable, Architecture]:
        if self._ranking is None:
            core = innermost(self.algorithm)
            if isinstance(core, Pretrained):
                core.pretrain(self._score, self._number)
                self._ranking = {}
            else:
                self._ranking = self._keyed(Scored(self._score).ranked(self._sample())[: self._first])
        return self._ranking

    def _sample(self) -> list[Architecture]:
        rng, drawn = generator(self.name, self._seed), dict[Hashable, Architecture]()
        if self._number >= self._space.size:  # the last ones would take as many draws as all others
            archs = list(self._space)
            return list(self._keyed(archs[place] for place in rng.permutation(len(archs))).values())
        while len(drawn) < self._number:
            arch = draw(self._space, rng, lambda arch: self._identity(arch) not in drawn)
            if arch is None:
                break
            drawn[self._identity(arch)] = arch
        return list(drawn.values())


def _itself(arch: Architecture) -> Hashable:
    return arch
