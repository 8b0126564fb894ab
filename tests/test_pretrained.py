"""What ships already knows something, and says what."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

import zcnas
from zcnas.benchmarks import digits
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.predictors import FewShot, Prior, Ridge
from zcnas.predictors.learned import Learned
from zcnas.predictors.shipped import shipped
from zcnas.searchspaces import DARTS, NASBench201, NASBenchMacro, Subspace
from zcnas.space import Architecture
from zcnas.testing import ToyCells

CELLS, CHAINS = NASBench201(), NASBenchMacro()
RNG = np.random.default_rng


@pytest.fixture(scope="module")
def prior() -> Prior:
    return zcnas.load_predictor("general")


def test_it_is_small_and_names_its_tasks(prior: Prior) -> None:
    assert shipped()["general"].stat().st_size <= 5e6
    assert len(prior.tasks) == 16
    assert {"nasbench201/cifar10/accuracy", "nasbench_graph/cora/accuracy"} <= set(prior.tasks)
    assert {"seed", "steps", "versions"} <= prior.training.keys()
    assert {array.dtype for array in prior.learned.arrays.values()} == {np.dtype(np.float32)}


def test_as_the_readme_writes_it(prior: Prior) -> None:
    table = digits()
    archs, accuracies = table.archs, table.values("digits", split="val", seed="0")
    start = spearmanr(prior.predict(archs)[0], accuracies).statistic
    mean, deviation = prior.adapt(archs[:20], accuracies[:20]).predict(CELLS)
    assert mean.shape == deviation.shape == (len(CELLS),)
    # Accuracies of digits are noisy: those of 20 networks may mislead.
    draws = [RNG(seed).choice(len(archs), 20, replace=False) for seed in range(5)]
    adapted = [prior.adapt([archs[place] for place in draw], accuracies[draw]).predict(archs)[0] for draw in draws]
    assert start > 0.5
    assert np.mean([spearmanr(one, accuracies).statistic for one in adapted]) > start


def test_without_examples_it_predicts_archs_and_spaces(prior: Prior) -> None:
    archs = [CHAINS.sample(RNG(seed)) for seed in range(9)]
    one = prior.predict(archs)
    for other in (prior.predict(archs, space=CHAINS), prior.on(CHAINS).predict(archs)):
        assert np.array_equal(one, other)
    some = Subspace(CHAINS, sorted(set(archs)))
    assert np.allclose(prior.predict(some)[0], prior.predict(list(some))[0], atol=1e-4)


def test_spaces_that_are_not_known_by_name(prior: Prior) -> None:
    mine = ToyCells()
    archs, values = list(mine)[:8], np.arange(8.0)
    with pytest.raises(InputError, match=r"known by name, got toy.*; give space="):
        prior.adapt(archs, values)
    with pytest.raises(InputError, match="give space="):
        prior.predict(archs)
    assert np.isfinite(prior.adapt(archs, values, space=mine).predict(mine)).all()
    with pytest.raises(InputError, match=r"of one space .* got nasbench201, nasbench_macro"):
        prior.adapt([next(iter(CELLS)), next(iter(CHAINS))], [1.0, 2.0])
    with pytest.raises(InputError, match="got none"):
        prior.adapt([], [])
    with pytest.raises(InputError, match="got 'nasbench201'"):
        prior.predict(["nasbench201"])  # type: ignore[list-item]
    with pytest.raises(InputError, match="give space="):
        Prior(prior.learned).predict([next(iter(CELLS))])
    with pytest.raises(InputError, match="expected nasbench201, got nasbench_macro"):
        prior.on(CELLS).predict(CHAINS)
    with pytest.raises(InputError, match=r"at most 1,000,000 architectures, got 275,647,.* of darts; give a list"):
        prior.predict(DARTS())


@pytest.mark.parametrize("task", ["nasbench201/cifar100/accuracy", "cifar100", "CIFAR100", "nasbench201/cifar100"])
def test_a_task_that_it_was_learned_from_is_told(prior: Prior, task: str) -> None:
    archs = list(CELLS)[:5]
    with pytest.warns(UserWarning, match="nasbench201/cifar100/accuracy: this is no new task"):
        prior.adapt(archs, np.arange(5.0), task=task)


@pytest.mark.parametrize("task", [None, "digits", "nasbench101/cifar10/accuracy"])
def test_a_new_task_is_not(prior: Prior, task: str | None) -> None:
    archs = list(CELLS)[:5]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prior.adapt(archs, np.arange(5.0), task=task)


def test_files_and_names(prior: Prior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'general'"):
        zcnas.load_predictor("generl")
    monkeypatch.chdir(tmp_path)
    Prior(Learned(prior.learned.arrays, {**prior.learned.facts, "tasks": []})).save("general")
    assert zcnas.load_predictor("general").tasks == prior.tasks
    assert zcnas.load_predictor("./general").tasks == ()
    assert zcnas.load_predictor(tmp_path / "general").tasks == ()
    start = zcnas.load_predictor("general", CELLS, seed=3)
    assert isinstance(start, FewShot)
    assert (start.seed, start.prior.tasks) == (3, prior.tasks)


def test_files_of_other_predictors(tmp_path: Path) -> None:
    archs: list[Architecture] = list(CELLS)[:9]
    Ridge(CELLS, alpha=2.0).fit(archs, np.arange(9.0)).save(tmp_path / "ridge")
    assert isinstance(found := zcnas.load_predictor(tmp_path / "ridge", CELLS), Ridge)
    assert found.alpha == 2.0
    with pytest.raises(DataError, match="expected a prior, got ridge; give its space"):
        zcnas.load_predictor(tmp_path / "ridge")
    with pytest.raises(InputError, match="ridge on nasbench201"):
        zcnas.load_predictor(tmp_path / "ridge", CHAINS)
    (tmp_path / "ridge").write_bytes(b"nothing")
    with pytest.raises(DataError, match="cannot be read"):
        zcnas.load_predictor(tmp_path / "ridge")
