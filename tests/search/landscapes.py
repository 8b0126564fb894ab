"""Made-up accuracies, and a loop that runs an algorithm on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.search import Reinforce
from zcnas.space import Architecture

Value = Callable[[Architecture], float]


def additive(choices: tuple[int, ...], seed: int = 0) -> Value:
    """Every gene adds its own part: one local optimum, which is the best of all."""
    parts = np.random.default_rng(seed).random((len(choices), max(choices)))
    return lambda arch: float(sum(parts[place, gene] for place, gene in enumerate(arch.genome)))


def rugged(arch: Architecture) -> float:
    """Neighbours have nothing in common: many local optima."""
    return float(np.random.default_rng([*arch.genome]).random())


def run(algorithm: SearchAlgorithm, value: Value, trials: int, count: int = 1) -> list[Architecture]:
    """All that was asked for and told, in order, until nothing is proposed."""
    found: list[Architecture] = []
    while len(found) < trials and (archs := algorithm.ask(count)):
        algorithm.tell([Trial(arch, (value(arch),)) for arch in archs])
        found += archs
    return found


def fraction_better(algorithm: Reinforce, value: Value) -> float:
    """Of all architectures, those that are worth more than the one that the policy holds for the likeliest."""
    genome = tuple(int(np.argmax(row)) for row in algorithm.probabilities)
    likeliest = value(algorithm.space.architecture(genome))
    return float(np.mean([value(arch) > likeliest for arch in algorithm.space]))
