"""What NSGA-II and NSGA-III have in common: generations, whose selection and survival are pymoo's."""

from __future__ import annotations

import sys
import warnings
from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np

from zcnas.algorithm import Trial
from zcnas.errors import InputError, MissingExtraError
from zcnas.search.drawing import draw
from zcnas.search.history import Free, HistorySearch, succeeded
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace

_CROSSOVER = 0.9  # NSGA-II's own, Deb et al. 2002
_ROUNDS = 10
"""How often parents are chosen for a generation that is not full yet."""


class FrontSearch(HistorySearch):
    """Parents and survivors are chosen by pymoo; children are the space's own crossovers, mutated by one edit.

    The first generation is random. The next one is drawn once all of the current one have been told; until then what
    is left of it is proposed, and nothing else. What was told without being asked for joins the generation. What
    failed or is not feasible does not: constraints are not part of the selection. Where parents have too few children
    that are new, a generation is filled at random.

    Args:
        space: Where architectures come from.
        objectives: How many there are; all are maximised.
        population: How many survive a generation, and how many children it has.
        mutation: Probability that a child is mutated; one that is neither crossed nor mutated is known.
        seed: Of all random choices.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Raises:
        InputError: A number out of range.
        MissingExtraError: pymoo is not installed.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        objectives: int = 2,
        population: int = 64,
        mutation: float = 0.9,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        if objectives < 1 or population < 2 or not 0 <= mutation <= 1:
            raise InputError(
                f"expected at least 1 objective, a population of at least 2 and a mutation probability in [0, 1], "
                f"got {objectives}, {population} and {mutation}"
            )
        self.objectives, self.initial, self._mutation = objectives, population, mutation
        super().__init__(space, seed=seed, identity=identity)

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`."""
        return {**super().settings(), "mutation": self._mutation}

    @abstractmethod
    def _algorithm(self) -> Any:
        """A genetic algorithm of pymoo, with a population of ``initial``."""

    def _forget(self) -> None:
        super()._forget()
        self._evolution = self._prepared()
        self._children: list[Architecture] = []
        self._born: list[Trial] = []

    def _prepared(self) -> Any:
        try:
            from pymoo.core.problem import Problem

            algorithm = self._algorithm()
        except ImportError as error:
            raise MissingExtraError(
                f"{self.name}: expected pymoo, got {error}; install the extra 'search', as in "
                "pip install 'zcnas[search]'"
            ) from error
        problem = Problem(n_var=len(self.space.choices), n_obj=self.objectives)
        seed = derive_seed(self.name, self.seed) % 2**32
        return algorithm.setup(problem, termination=("n_gen", sys.maxsize), seed=seed)

    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        yield from self._children
        while not self._evolution.is_initialized and (arch := draw(self.space, rng, free)) is not None:
            yield arch

    def _learn(self, trial: Trial, /) -> None:
        key = self.identity(trial.arch)
        self._children = [arch for arch in self._children if self.identity(arch) != key]
        if succeeded(trial):
            self._born.append(trial)
        growing = not self._evolution.is_initialized and len(self._born) < self.initial
        if not self._children and not growing:
            self._survive()
            self._children = self._bred(self._rng("breed"))

    def _survive(self) -> None:
        if self._born:
            from pymoo.core.population import Population

            genomes = np.array([trial.arch.genome for trial in self._born])
            values = np.array([trial.values for trial in self._born], dtype=np.float64)
            with warnings.catch_warnings():  # pymoo's NSGA-III switches all warnings off.
                self._evolution.advance(infills=Population.new("X", genomes, "F", -values))
            self._born = []

    def _bred(self, rng: np.random.Generator) -> list[Architecture]:
        children: dict[Hashable, Architecture] = {}

        def free(arch: Architecture) -> bool:
            return (key := self.identity(arch)) not in children and key not in self._seen

        for _ in range(_ROUNDS):
            for first, second in self._parents(rng):
                child = self._child(first, second, rng)
                if len(children) < self.initial and free(child):
                    children[self.identity(child)] = child
            if len(children) == self.initial:
                break
        while len(children) < self.initial and (drawn := draw(self.space, rng, free)) is not None:
            children[self.identity(drawn)] = drawn
        return list(children.values())

    def _parents(self, rng: np.random.Generator) -> Iterator[tuple[Architecture, Architecture]]:
        evolution = self._evolution
        pairs = evolution.mating.selection(
            evolution.problem, evolution.pop, self.initial, n_parents=2, algorithm=evolution, random_state=rng
        )
        for first, second in pairs:
            yield self._architecture(first.X), self._architecture(second.X)

    def _architecture(self, genome: np.ndarray[Any, Any]) -> Architecture:
        return Architecture(self.space.name, tuple(genome.tolist()))

    def _child(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        child = self.space.crossover(first, second, rng) if rng.random() < _CROSSOVER else first
        if rng.random() < self._mutation and (neighbours := self.space.neighbours(child)):
            child = neighbours[int(rng.integers(len(neighbours)))]
        return child
