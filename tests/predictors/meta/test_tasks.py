"""Tasks, how alike they are, and small ones drawn from large ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from zcnas.errors import InputError
from zcnas.predictors import scale
from zcnas.predictors.encoding.graphs import WIDTH
from zcnas.predictors.encoding.vocabulary import TYPES
from zcnas.predictors.losses import list_net, mse, pairwise_hinge
from zcnas.predictors.meta import MAML, Sampler, Task, balanced, near, rank_correlations
from zcnas.predictors.networks.flan import FlowNetwork
from zcnas.predictors.networks.training import seeded
from zcnas.searchspaces import NASBench201, NASBenchMacro
from zcnas.space import SearchSpace

CELLS, CHAINS = NASBench201(), NASBenchMacro()


def task(space: SearchSpace, name: str, noise: float = 0.0, number: int = 40) -> Task:
    rng = np.random.default_rng(0)
    archs = list(dict.fromkeys(space.sample(rng) for _ in range(number)))
    values = np.array([sum(arch.genome) for arch in archs]) + noise * rng.standard_normal(len(archs))
    return Task(space, name, archs, values.astype(np.float64))


def test_tasks_are_checked() -> None:
    archs = list(CELLS)[:3]
    assert Task(CELLS, "cifar10", archs, np.arange(3.0)).name == "nasbench201/cifar10/accuracy"
    for values in (np.arange(2.0), np.array([1, np.nan, 2]), np.ones(3)):
        with pytest.raises(InputError, match="nasbench201/cifar10"):
            Task(CELLS, "cifar10", archs, values)


def test_domain_shift_is_a_rank_correlation() -> None:
    first, second, elsewhere = task(CELLS, "a"), task(CELLS, "b", noise=3.0), task(CHAINS, "c")
    found = rank_correlations([first, second, elsewhere])
    assert np.isclose(found[0, 1], spearmanr(first.values, second.values).statistic)
    assert np.isnan(found[0, 2])
    assert np.array_equal(np.diag(found), np.ones(3))
    shares = near(found[0])
    assert np.isclose(shares.sum(), 1)
    assert shares[0] > shares[1] > shares[2] > 0
    assert np.allclose(near(found[0], temperature=np.inf), 1 / 3)
    assert np.allclose(balanced([first, second, elsewhere]), [0.25, 0.25, 0.5])


def test_episodes_are_drawn_from_tasks() -> None:
    tasks = [task(CELLS, "a"), task(CHAINS, "b")]
    sampler = Sampler(tasks, episodes=5, support=(0, 10), query=12)
    groups = sampler(3)
    assert sum(len(group.query.targets) for group in groups) == 5
    for group in groups:
        assert group.support.targets.shape[1:] == (10,)
        assert group.query.inputs.types.shape[1:] == (12, group.support.inputs.types.shape[-1])
        for targets, weights in zip(*group.support[1:], strict=True):
            number = int(weights.sum())
            assert torch.equal(targets[number:], torch.zeros(10 - number))
            if number:
                assert abs(float(targets.mean())) < 1e-6  # quantiles among the support alone
    again = Sampler(tasks, episodes=5, support=(0, 10), query=12)(3)
    assert all(torch.equal(one.query.targets, other.query.targets) for one, other in zip(groups, again, strict=True))
    only = Sampler(tasks, episodes=5, support=(3, 3), query=4, shares=np.array([1.0, 0.0]))(0)
    assert len(only) == 1
    with pytest.raises(InputError, match="at least 62"):
        Sampler(tasks, support=(0, 50), query=12)


def test_graph_networks_are_adapted_over_spaces() -> None:
    tasks = [task(CELLS, "a"), task(CHAINS, "b")]
    with seeded(0):
        network = FlowNetwork(len(TYPES), WIDTH, 0, 4, hidden=8, layers=2)
    learner = MAML(network, 4, steps=1)
    before = {name: value.clone() for name, value in learner.meta.items()}
    learner.meta_fit(Sampler(tasks, episodes=4, support=(2, 6), query=8), steps=2)
    assert all(value.isfinite().all() for value in learner.meta.values())
    assert not torch.equal(before["features.embedding"], learner.meta["features.embedding"])
    assert torch.equal(network.embedding, before["features.embedding"])


def test_losses_are_sums_over_architectures_pairs_and_lists() -> None:
    rng = np.random.default_rng(0)
    p, y = rng.standard_normal(7), scale.targets(rng.standard_normal(7), ranks=True)
    w = np.array([1.0, 1, 1, 1, 1, 0, 0])
    given = tuple(map(torch.from_numpy, (p, y, w)))
    assert np.isclose(float(mse(*given)), np.mean((p - y)[:5] ** 2))
    lost = [max(0.0, 0.1 - (p[i] - p[j])) for i in range(5) for j in range(5) if y[i] > y[j]]
    assert np.isclose(float(pairwise_hinge(*given)), np.mean(lost))
    wanted, shown = np.exp(y[:5]) / np.exp(y[:5]).sum(), np.exp(p[:5]) / np.exp(p[:5]).sum()
    assert np.isclose(float(list_net(*given)), -(wanted * np.log(shown)).sum())
    nothing = (given[0], given[1], torch.zeros(7))
    assert [float(loss(*nothing)) for loss in (mse, pairwise_hinge, list_net)] == [0, 0, 0]
