"""Search algorithms that are compared: adding one is an entry of :data:`LINES`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from _speedups_released import NAME
from _speedups_setup import Setup

from zcnas.algorithm import SearchAlgorithm
from zcnas.search import ALGORITHMS, Move, WarmUp


@dataclass(frozen=True, slots=True)
class Line:
    """One algorithm, as its authors set it, and what is wrapped around it.

    Attributes:
        name: In reports.
        algorithm: As registered.
        options: Its arguments.
        warm_up: How many architectures are scored before; 0 for none.
        move: How many candidates a move chooses among, where the algorithm has not neighbours to choose from; 0 for
            none.
        score: The proxy that both go by.
        everywhere: Whether it asks for scores of what it draws itself, so all of a space must be scored.
        main: Whether it is in pictures of several benchmarks.
    """

    name: str
    algorithm: str
    options: tuple[tuple[str, object], ...] = ()
    warm_up: int = 0
    move: int = 0
    score: str = "synflow"
    everywhere: bool = False
    main: bool = False

    @property
    def scored(self) -> bool:
        """Whether it goes by scores at all."""
        return bool(self.warm_up or self.move)

    def suits(self, setup: Setup) -> bool:
        """Whether there are the scores that it needs."""
        if not self.scored:
            return True
        return setup.everywhere(self.score) or (self.score in setup.scores and not (self.move or self.everywhere))

    def limited(self, setup: Setup) -> Line:
        """The same with a warm-up of as many as there are scores for, and so named."""
        if not self.warm_up:
            return self
        number = setup.drawn_from(self.score, self.warm_up)[1]
        return replace(self, name=self.name.replace(f"warm-up {self.warm_up}", f"warm-up {number}"), warm_up=number)

    def make(self, setup: Setup, seed: int) -> SearchAlgorithm:
        """A fresh one."""
        found = ALGORITHMS[self.algorithm](setup.space, seed=seed, identity=setup.identity, **dict(self.options))
        if self.move:
            found = Move(found, setup.score(self.score), candidates=self.move, seed=seed)
        if self.warm_up:
            where, number = setup.drawn_from(self.score, self.warm_up)
            found = WarmUp(found, where, setup.score(self.score), number, seed=seed)
        return found


_AGEING = (("population", 64), ("tournament", 10))
"""Those of Abdelfattah et al. 2021, like the random neighbour with probability 0.25, which is the move's default."""

LINES: tuple[Line, ...] = (
    Line("random", "random", main=True),
    Line("random + warm-up 1000", "random", warm_up=1000),
    Line("random + warm-up 3000", "random", warm_up=3000, main=True),
    Line("random + warm-up 15625", "random", warm_up=15625),
    Line("REINFORCE", "reinforce", main=True),
    Line("REINFORCE + warm-up 3000", "reinforce", warm_up=3000, everywhere=True, main=True),
    Line("REINFORCE + move 10", "reinforce", move=10),
    Line("REINFORCE + move 100", "reinforce", move=100, main=True),
    Line("ageing evolution", "regularized_evolution", _AGEING, main=True),
    Line("ageing evolution + move", "regularized_evolution", _AGEING, move=1, main=True),
    Line("ageing evolution + warm-up 3000", "regularized_evolution", _AGEING, warm_up=3000, main=True),
    Line("ageing evolution + warm-up 15625", "regularized_evolution", _AGEING, warm_up=15625),
)

REPEATING = Line("ageing evolution, repetitions counted", NAME)
"""What was published, where there are published figures."""

PREDICTING: tuple[Line, ...] = (
    Line("pairwise predictor", "predictor_guided", main=True),
    Line("pairwise predictor + warm-up 512", "predictor_guided", warm_up=512, everywhere=True, main=True),
)
"""The paper's, too, but asked for by name: a run of 60 trainings takes half a minute, where others take none."""

_OTHERS = ("jacob_cov", "nwot", "zen", "snip", "params")

BY_PROXY: tuple[Line, ...] = tuple(
    Line(f"ageing evolution + warm-up 3000 by {proxy}", "regularized_evolution", _AGEING, warm_up=3000, score=proxy)
    for proxy in _OTHERS
)
"""One of the paper's lines by other proxies; ``grad_norm`` and ``flops`` rank nearly as ``snip`` and ``params`` do."""


def lines_for(setup: Setup, wanted: Iterable[Line]) -> tuple[list[Line], list[str]]:
    """Those for which there are scores, each once as it can be here, and the names of all others."""
    there, left = dict[str, Line](), list[str]()
    for line in wanted:
        if not line.suits(setup):
            left.append(line.name)
            continue
        fitted = line.limited(setup)
        main = fitted.main or (fitted.name in there and there[fitted.name].main)
        there[fitted.name] = replace(fitted, main=main)
    return list(there.values()), left
