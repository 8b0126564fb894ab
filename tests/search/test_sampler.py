"""Samplers of optuna."""

from __future__ import annotations

import numpy as np
import optuna
import pytest

from tests.search.landscapes import additive, run
from zcnas.algorithm import Trial
from zcnas.search import OptunaSearch, RandomSearch
from zcnas.searchspaces import NASBench201
from zcnas.testing import ToySpace

SPACE = NASBench201()


def test_tpe_is_better_than_chance() -> None:
    value = additive(SPACE.choices)
    found = {
        kind: np.mean([max(map(value, run(kind(SPACE, seed=seed), value, 60))) for seed in range(3)])
        for kind in (OptunaSearch, RandomSearch)
    }
    # The spread of the best of 60 random architectures is about 0.15.
    assert found[OptunaSearch] > found[RandomSearch] + 0.15


def test_suggestions_are_those_of_the_sampler() -> None:
    """Where nothing is known yet, a sampler that goes through a grid proposes the grid."""
    space = ToySpace()
    grid = {str(gene): list(range(options)) for gene, options in enumerate(space.choices)}
    algorithm = OptunaSearch(space, sampler=lambda seed: optuna.samplers.GridSampler(grid, seed=seed))
    assert set(algorithm.ask(18)) == set(space)


@pytest.mark.parametrize("ordered", [False, True])
def test_several_objectives_and_orders(ordered: bool) -> None:
    algorithm = OptunaSearch(SPACE, objectives=2, ordered=ordered)
    for _ in range(8):
        archs = algorithm.ask(2)
        algorithm.tell([Trial(arch, (float(sum(arch.genome)), float(-arch.genome[0]))) for arch in archs])
    best = [sum(arch.genome) for arch in algorithm.ask(4)]
    assert np.mean(best) > 12, "the mean of all architectures"


def test_nothing_is_logged_and_no_level_changed(capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    run(OptunaSearch(ToySpace()), lambda arch: 1.0, 4)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before
