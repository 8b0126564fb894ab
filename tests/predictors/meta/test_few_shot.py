"""A predictor that knows other tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from zcnas.algorithm import Trial
from zcnas.errors import DataError, InputError
from zcnas.predictors import FewShot, Prior, Ridge, load, meta_train
from zcnas.predictors.encoding.dense import dense
from zcnas.predictors.meta import Task
from zcnas.predictors.meta.selection import picked
from zcnas.predictors.prior_network import ENCODER, Sizes
from zcnas.search import PredictorGuided
from zcnas.searchspaces import NASBench201, NASBenchMacro, get
from zcnas.space import Architecture, SearchSpace

CELLS, CHAINS = NASBench201(), NASBenchMacro()
RNG = np.random.default_rng


def drawn(space: SearchSpace, number: int = 120, seed: int = 0) -> list[Architecture]:
    rng = RNG(seed)
    return list(dict.fromkeys(space.sample(rng) for _ in range(number)))


def values(archs: list[Architecture], last: float = 1.0) -> np.ndarray:
    """Larger for larger genes, of which the last one's weight differs between tasks."""
    return np.array([sum(arch.genome[:-1]) + last * arch.genome[-1] for arch in archs], dtype=np.float64)


@pytest.fixture(scope="module")
def prior() -> Prior:
    cells, chains = drawn(CELLS), drawn(CHAINS)
    tasks = [Task(CELLS, f"last{last}", cells, values(cells, last)) for last in (-2.0, 0.0, 2.0)]
    tasks.append(Task(CHAINS, "cifar10", chains, values(chains)))
    sizes = Sizes(hidden=16, layers=2, width=16)
    return meta_train(tasks, sizes=sizes, steps=70, episodes=4, support=(0, 20), query=30, learning_rate=0.005)


def test_without_examples_it_predicts_what_tasks_have_in_common(prior: Prior) -> None:
    new = drawn(CELLS, seed=1)
    mean, deviation = prior.on(CELLS).predict(new)
    assert spearmanr(mean, values(new)).statistic > 0.7
    assert (deviation > 0).all()


def test_few_examples_make_it_better_than_it_was_and_than_others(prior: Prior) -> None:
    new, truth = drawn(CELLS, seed=1), values(drawn(CELLS, seed=1), -3.0)
    start = prior.on(CELLS)
    before = spearmanr(start.predict(new)[0], truth).statistic
    adapted = start.adapt(new[:20], truth[:20])
    mean, deviation = adapted.predict(new[20:])
    found = spearmanr(mean, truth[20:]).statistic
    assert found > before + 0.1
    assert found > spearmanr(Ridge(CELLS).fit(new[:20], truth[:20]).predict(new[20:])[0], truth[20:]).statistic
    # In the unit of the values.
    assert 0.3 < np.mean(np.abs(mean - truth[20:]) < deviation) < 0.99


def test_examples_of_one_adaptation_are_not_those_of_the_next(prior: Prior) -> None:
    new = drawn(CELLS, seed=1)
    start = prior.on(CELLS)
    once = start.adapt(new[:9], values(new[:9]))
    again = once.adapt(new[9:30], -values(new[9:30])).predict(new)[0]
    assert np.array_equal(again, start.adapt(new[9:30], -values(new[9:30])).predict(new)[0])


def test_a_task_that_is_not_new_is_told(prior: Prior) -> None:
    assert prior.tasks[0] == "nasbench201/last-2.0/accuracy"
    archs = drawn(CELLS)
    with pytest.warns(UserWarning, match="last-2.0/accuracy: this is no new task"):
        prior.on(CELLS).adapt(archs, values(archs), task=prior.tasks[0])
    prior.on(CELLS).adapt(archs, values(archs), task="nasbench201/cifar10/accuracy")


def test_priors_and_what_was_adapted_go_through_files(prior: Prior, tmp_path: Path) -> None:
    new = drawn(CELLS, seed=1)
    prior.save(tmp_path / "prior")
    again = Prior.load(tmp_path / "prior")
    assert again.tasks == prior.tasks
    adapted = prior.on(CELLS).adapt(new[:9], values(new[:9]))
    adapted.save(tmp_path / "adapted")
    for one, other in (
        (prior.on(CELLS), again.on(CELLS)),
        (adapted, again.on(CELLS).adapt(new[:9], values(new[:9]))),
        (adapted, load(tmp_path / "adapted", CELLS)),
    ):
        assert all(np.array_equal(*pair) for pair in zip(one.predict(new), other.predict(new), strict=True))
    assert load(tmp_path / "adapted", CELLS).prior.tasks == prior.tasks  # type: ignore[attr-defined]
    with pytest.raises(DataError, match=r"expected a prior, got few_shot"):
        Prior.load(tmp_path / "adapted")


def test_whole_spaces_are_predicted_at_once(prior: Prior) -> None:
    new = drawn(CHAINS, 12)
    adapted = prior.on(CHAINS).adapt(new, values(new))
    mean, _ = adapted.predict(CHAINS)
    archs = list(CHAINS)
    # float32, in parts of other sizes.
    assert np.allclose(mean[700:720], adapted.predict(archs[700:720])[0], atol=1e-4)
    assert len(mean) == len(CHAINS)


@pytest.mark.parametrize("name", ["nasbench201", "nasbench101"])
def test_many_at_a_time_are_predicted_as_one_by_one(prior: Prior, name: str) -> None:
    space = get(name)
    archs = drawn(space, 80)
    adapted = prior.on(space).adapt(archs[:20], np.arange(20.0))
    whole = np.stack(adapted.predict(archs))
    single = np.stack([adapted.predict([arch]) for arch in archs])[..., 0].T
    # Features are float32, and sums of padded graphs round otherwise.
    assert np.allclose(whole, single, atol=1e-4)
    batch = ENCODER([space.graph(arch) for arch in archs])
    slow = prior.learner.embed(prior.parameters, dense(batch)).detach()
    assert np.allclose(prior.network(dense(batch)).numpy(), slow.numpy(), atol=1e-6)


@pytest.mark.parametrize("name", ["darts", "nasbench101", "transnasbench101_macro", "nasbench_graph"])
def test_spaces_that_no_task_had(prior: Prior, name: str) -> None:
    space = get(name)
    archs = drawn(space, 30)
    truth = np.array([float(sum(arch.genome)) for arch in archs])
    mean, deviation = prior.on(space).adapt(archs[:20], truth[:20]).predict(archs)
    assert np.isfinite(mean).all()
    assert (deviation > 0).all()
    assert spearmanr(mean[:20], truth[:20]).statistic > 0.5


def test_what_to_train_next(prior: Prior) -> None:
    archs = drawn(CELLS, seed=1)
    for one in (prior.on(CELLS), prior.on(CELLS).adapt(archs[:10], values(archs[:10]))):
        rest = archs[10:]
        mean, _ = one.predict(rest)
        assert one.select(rest, 5, boldness=0) == [rest[place] for place in np.argsort(-mean, kind="stable")[:5]]
        picked = one.select(rest, 12, boldness=3.0)
        assert len(set(picked)) == 12
        assert picked == one.select(rest, 12, boldness=3.0)
        assert len(one.select(rest[:3], 12)) == 3
        # What is offered several times is trained once.
        assert sorted(one.select(rest[:3] * 3, 12), key=rest.index) == rest[:3]
        assert one.select(rest[:3] * 3, 12, without=rest[1:3]) == rest[:1]
        for number, boldness in ((-1, 1.0), (2, np.nan)):
            with pytest.raises(InputError, match="expected 0 or more to select, and a boldness"):
                one.select(rest, number, boldness=boldness)
    with pytest.raises(InputError, match="of nasbench201"):
        one.select(drawn(CHAINS, 3), 2)


def test_what_is_picked_tells_less_where_examples_are_noisy(prior: Prior, monkeypatch: pytest.MonkeyPatch) -> None:
    noises = list[float]()

    def spied(*arguments: Any, **options: Any) -> list[int]:
        noises.append(options["noise"])
        return picked(*arguments, **options)

    monkeypatch.setattr("zcnas.predictors.meta.examined.picked", spied)
    archs = drawn(CELLS, seed=1)
    known, rest = archs[:30], archs[30:]
    for told in (values(known), RNG(0).permutation(values(known))):
        prior.on(CELLS).adapt(known, told).select(rest, 2)
    assert noises[0] < noises[1]


def test_it_guides_a_search(prior: Prior) -> None:
    start = prior.on(CELLS)
    search = PredictorGuided(CELLS, predictor=start, batch=4)
    archs = list(CELLS)
    order = np.argsort(-start.predict(archs)[0], kind="stable")
    first = search.ask(4)
    assert first[:2] == [archs[place] for place in order[:2]]
    for _ in range(3):
        asked = search.ask(4)
        search.tell([Trial(arch, (float(values([arch])[0]),)) for arch in asked])
    best = values(archs).max()
    assert values(search.ask(4)[:2]).min() > 0.85 * best


def test_one_example_is_too_few(prior: Prior) -> None:
    archs = drawn(CELLS, 3)
    with pytest.raises(InputError, match="at least 2"):
        prior.on(CELLS).adapt(archs[:1], [1.0])
    with pytest.raises(InputError, match="finite"):
        prior.on(CELLS).adapt(archs[:2], [1.0, np.nan])
    with pytest.raises(InputError, match="fit"):
        FewShot(CELLS).adapt(archs, [1.0, 2.0, 3.0])
    alike, _ = prior.on(CELLS).adapt(archs, [7.0, 7.0, 7.0]).predict(archs)
    assert np.allclose(alike, 7.0)
