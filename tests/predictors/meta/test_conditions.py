"""Priors that are told what is known of a task."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

import zcnas
from zcnas.errors import InputError, UnknownNameError
from zcnas.predictors import Prior, load, meta_train
from zcnas.predictors.encoding import task_features
from zcnas.predictors.encoding.dense import dense
from zcnas.predictors.meta import Sampler, Task
from zcnas.predictors.meta.conditions import Conditions
from zcnas.predictors.networks.flan import FlowNetwork
from zcnas.predictors.networks.training import seeded
from zcnas.predictors.prior_network import ENCODER, Sizes, network
from zcnas.search import FewShotSearch
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture
from zcnas.testing import ToySpace

CELLS = NASBench201()
SKIP, CONV1, CONV3, POOL = range(1, 5)
Floats = np.ndarray


def drawn(seed: int = 0, number: int = 150) -> list[Architecture]:
    rng = np.random.default_rng(seed)
    return list(dict.fromkeys(CELLS.sample(rng) for _ in range(number)))


def worth(archs: list[Architecture], liking: float) -> Floats:
    """Of a task that likes 3x3 convolutions, or poolings where ``liking`` is negative."""
    counts = np.array([[arch.genome.count(op) for op in (CONV3, POOL, CONV1)] for arch in archs], dtype=np.float64)
    return counts @ np.array([liking, -liking, 0.3])


LIKINGS = np.array([-1.0, -0.8, -0.6, -0.4, 0.4, 0.6, 0.8, 1.0])


def tasks() -> list[Task]:
    """What a task likes is told by the first feature; the second is unknown, the third the same for all."""
    archs = drawn()
    return [
        Task(CELLS, f"liking {one}", archs, worth(archs, one), features=np.array([10 * one + 3, np.nan, 7.0]))
        for one in LIKINGS.tolist()
    ]


@pytest.fixture(scope="module")
def prior() -> Prior:
    sizes = Sizes(hidden=16, layers=2, width=16)
    found = meta_train(tasks(), sizes=sizes, steps=150, episodes=4, support=(0, 10), query=30, learning_rate=0.01)
    return Prior(found.learned, spaces={CELLS.name: NASBench201})


def test_features_are_scores_of_cells_without_those_of_noise() -> None:
    cells = [CELLS.architecture((op,) * 6) for op in (SKIP, CONV3)]
    data = {"a": lambda archs: [100.0, -3.0], "b": dict.fromkeys(cells, np.inf)}
    noise = {"b": dict.fromkeys(cells, 1.0), "a": lambda archs: [1.0, 1.0]}
    plain = [np.log1p(100), -np.log1p(3), np.nan, np.nan]
    assert np.allclose(task_features(data, cells), plain, equal_nan=True)
    assert np.allclose(task_features(data, cells, noise), np.array(plain) - np.log(2), equal_nan=True)
    with pytest.raises(InputError, match=r"expected scores of cells, got 2 of 0"):
        task_features(data, [])
    with pytest.raises(InputError, match=r"expected \['a', 'b'\] of noise, too, got \['a'\]"):
        task_features(data, cells, {"a": noise["a"]})
    with pytest.raises(UnknownNameError, match="b score of"):
        task_features(data, [cells[0], CELLS.architecture((CONV1,) * 6)])


def test_real_proxies_tell_data_from_noise() -> None:
    space, cells = ToySpace(), list(ToySpace())[:2]
    rng = torch.Generator().manual_seed(0)
    noise = zcnas.Batch(torch.randn(8, 3, 8, 8, generator=rng), torch.arange(8) % 4)
    flat = zcnas.Batch(noise.inputs.mean(dim=(2, 3), keepdim=True).expand(8, 3, 8, 8) * 8, noise.targets)
    names = ("grad_norm", "params")
    of = [{name: zcnas.ProxyScores(space, name, batch) for name in names} for batch in (flat, noise)]
    found = task_features(of[0], cells, of[1]).reshape(2, 2)
    assert (np.abs(found[0]) > 0.1).all()
    assert np.array_equal(found[1], np.zeros(2))  # Parameters do not depend on data.
    assert np.array_equal(task_features(of[1], cells, of[1]), np.zeros(4))


def test_conditions_are_standardised_over_tasks_that_have_them() -> None:
    known = tasks()
    found = Conditions.of([*known, replace(known[0], features=None)])
    rows = np.stack([found(task.features) for task in known])
    first = np.array([task.features[0] for task in known if task.features is not None])
    assert np.allclose(rows[:, 0], (first - first.mean()) / first.std())
    assert np.array_equal(rows[:, 1:], np.zeros((8, 2)))
    assert np.array_equal(found(None), np.zeros(3))
    assert len(found) == 3
    infinite = Conditions.of([replace(known[0], features=np.array([np.inf, 1.0]))])
    assert infinite.scale == {"mean": [0.0, 1.0], "deviation": [1.0, 1.0]}
    assert np.array_equal(infinite(np.array([-np.inf, 3.0])), [0.0, 2.0])
    assert len(Conditions.of([replace(task, features=None) for task in known])) == 0


def test_a_network_is_at_first_as_if_it_was_told_nothing() -> None:
    graphs = dense(ENCODER([CELLS.graph(arch) for arch in drawn(number=5)]))
    with seeded(0):
        plain = network(Sizes())
    with seeded(0):
        told = network(Sizes(), conditions=2)
    condition = torch.tensor([0.5, -2.0])
    assert torch.equal(plain(graphs), told(graphs.told(condition)))
    with torch.no_grad():
        told.condition[3] = torch.tensor([1.0, 0.25])
    factors = torch.ones(64)
    factors[3] = 1  # tanh(0) is added: 1 * 0.5 - 0.25 * 2 = 0.
    assert torch.allclose(told(graphs.told(condition)), plain(graphs) * factors)
    factors[3] = 1 + np.tanh(0.5)
    assert torch.allclose(told(graphs.told(torch.tensor([0.5, 0.0]))), plain(graphs) * factors)


def test_a_new_task_is_known_by_its_features(prior: Prior) -> None:
    new = drawn(seed=1)
    for liking in (-0.7, 0.7):
        features = np.array([10 * liking + 3, np.nan, 7.0])
        found = spearmanr(prior.predict(new, features=features)[0], worth(new, liking)).statistic
        untold = spearmanr(prior.predict(new)[0], worth(new, liking)).statistic
        assert found > 0.8
        assert untold < 0.6


def test_examples_come_on_top(prior: Prior, tmp_path: Path) -> None:
    new, truth = drawn(seed=1), worth(drawn(seed=1), 0.7)
    features = np.array([10.0, np.nan, 7.0])
    adapted = prior.adapt(new[:6], truth[:6], features=features)
    untold = prior.adapt(new[:6], truth[:6])
    assert spearmanr(adapted.predict(new)[0], truth).statistic > spearmanr(untold.predict(new)[0], truth).statistic
    # Files hold what was told, and so do those of the prior.
    adapted.save(tmp_path / "adapted")
    prior.save(tmp_path / "prior")
    again = Prior.load(tmp_path / "prior").on(CELLS, features=features).adapt(new[:6], truth[:6])
    for one in (load(tmp_path / "adapted", CELLS), again):
        assert all(np.array_equal(*pair) for pair in zip(one.predict(new), adapted.predict(new), strict=True))


def test_what_is_remembered_of_a_space_is_that_of_one_task(prior: Prior) -> None:
    whole = list(CELLS)[::10]  # So many are remembered.
    start = prior.on(CELLS)
    first = start.knowing(prior, np.array([10.0, 0.0, 7.0])).predict(whole)[0]
    second = start.knowing(prior, np.array([-5.0, 0.0, 7.0])).predict(whole)[0]
    assert np.array_equal(second, prior.predict(whole, features=np.array([-5.0, 0.0, 7.0]))[0])
    assert spearmanr(first, second).statistic < 0


def test_other_numbers_of_features_are_refused(prior: Prior) -> None:
    known = tasks()
    with pytest.raises(InputError, match=r"equally many features of all tasks that have any, got 3 of .*, 2 of "):
        Conditions.of([*known, replace(known[0], dataset="new", features=np.zeros(2))])
    with pytest.raises(InputError, match=r"expected a vector of features, got shape \(1, 3\)"):
        replace(known[0], features=np.zeros((1, 3)))
    archs = drawn(number=5)
    for call in (
        lambda: prior.predict(archs, features=np.zeros(2)),
        lambda: prior.adapt(archs, range(len(archs)), features=np.zeros(2)),
        lambda: FewShotSearch(CELLS, prior=prior, features=np.zeros(2)),
    ):
        with pytest.raises(InputError, match=r"expected the 3 that the prior was learned with, got \(2,\)"):
            call()
    general = zcnas.load_predictor("general")
    with pytest.raises(InputError, match="learned without any; leave them out"):
        general.predict(archs, features=np.zeros(2))


def test_searches_begin_with_what_the_task_likes(prior: Prior) -> None:
    def begun(liking: float) -> float:
        search = FewShotSearch(CELLS, prior=prior, batch=8, features=[10 * liking + 3, float("nan"), 7.0])
        return float(np.mean([arch.genome.count(CONV3) for arch in search.ask(8)]))

    assert begun(0.7) > 3 > 1 > begun(-0.7)


def test_some_episodes_are_told_nothing() -> None:
    known = tasks()
    conditions = Conditions.of(known)
    sampler = Sampler(known, conditions=conditions, episodes=40, support=(0, 5), query=5)
    (group,) = sampler(0)
    told = group.query.inputs.extras
    assert told.shape == (40, 5, 3)
    assert torch.equal(told[:, 0], group.support.inputs.extras[:, 0])
    untold = (told == 0).all(dim=-1).all(dim=-1)
    assert 0 < int(untold.sum()) < 20
    rows = {tuple(np.float32(conditions(task.features)).tolist()) for task in known}
    assert {tuple(row) for row in told[~untold, 0].tolist()} <= rows


def test_networks_without_conditions_have_the_parameters_of_old() -> None:
    names = {name for name, _ in FlowNetwork(3, 2, 1, 4, hidden=8, layers=1).named_parameters()}
    assert not any("condition" in name for name in names)
