"""Regularised evolution against the published loop, written slowly and obviously."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest

from tests.search.landscapes import Value, additive, rugged, run
from zcnas.algorithm import Trial
from zcnas.search import RegularizedEvolution
from zcnas.searchspaces import NASBench201
from zcnas.seeding import generator
from zcnas.space import Architecture

SPACE = NASBench201()


def published(value: Value, population_size: int, sample_size: int, cycles: int, seed: int) -> list[Architecture]:
    """Algorithm 1 of Real et al. 2019, but for children that were trained already."""
    population: list[Architecture] = []
    history: list[Architecture] = []
    while len(history) < cycles:
        rng = generator("regularized_evolution", seed, len(history))
        if len(population) < population_size:
            child = SPACE.sample(rng)
            while child in history:
                child = SPACE.sample(rng)
        else:
            sample = [population[rng.integers(population_size)] for _ in range(sample_size)]
            parent = sample[int(np.argmax([value(arch) for arch in sample]))]
            children = []
            for place in range(6):
                for gene in range(5):
                    genome = list(parent.genome)
                    genome[place] = gene
                    if (arch := SPACE.architecture(tuple(genome))) not in [parent, *history]:
                        children.append(arch)
            child = children[rng.integers(len(children))]
        population.append(child)
        history.append(child)
        if len(population) > population_size:
            del population[0]
    return history


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("value", [additive(SPACE.choices), rugged])
def test_is_the_published_loop(value: Value, seed: int) -> None:
    found = run(RegularizedEvolution(SPACE, population=10, tournament=4, seed=seed), value, 80)
    assert found == published(value, 10, 4, 80, seed)


def test_finds_a_known_optimum() -> None:
    value = additive(SPACE.choices)
    best = max(SPACE, key=value)
    assert all(best in run(RegularizedEvolution(SPACE, seed=seed), value, 400) for seed in range(3))


def test_the_oldest_dies_and_what_failed_never_lives() -> None:
    algorithm = RegularizedEvolution(SPACE, population=3)
    archs = [SPACE.architecture((0, 0, 0, 0, 0, gene)) for gene in range(5)]
    algorithm.tell([Trial(archs[0], (9.0,))])
    algorithm.tell([Trial(archs[1], (1.0,)), Trial(archs[2], (8.0,), feasible=False)])
    algorithm.tell([Trial(archs[3], (2.0,))])
    assert algorithm.population == [archs[0], archs[1], archs[3]]
    algorithm.tell([Trial(archs[4], (3.0,))])
    assert algorithm.population == [archs[1], archs[3], archs[4]], "also the best dies of age"


def test_a_parent_without_new_neighbours_is_walked_away_from() -> None:
    algorithm = RegularizedEvolution(SPACE, population=1, tournament=1)
    centre = SPACE.architecture((1, 1, 1, 1, 1, 1))
    algorithm.tell([Trial(arch) for arch in SPACE.neighbours(centre)])
    algorithm.tell([Trial(centre, (1.0,))])
    (child,) = algorithm.ask()
    assert sum(gene != 1 for gene in child.genome) == 2


def test_many_rounds_are_fast_and_remember_little() -> None:
    algorithm, value = RegularizedEvolution(SPACE), additive(SPACE.choices)
    start = time.process_time()
    run(algorithm, value, 2000)
    # Ten thousand may take ten seconds; they take a third of that on one idle core.
    assert time.process_time() - start < 2
    tracemalloc.start()
    run(algorithm, value, 500)
    remembered, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A trial with its architecture, six genes and a value, and its place in the set of those seen.
    assert remembered / 500 < 1000
