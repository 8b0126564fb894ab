"""What is wrong with examples and tasks, and what is said or done about it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import spearmanr

import zcnas
from tests.predictors.meta.problems import WIDTH, episodes, features
from zcnas.benchmarks import digits
from zcnas.errors import InputError, UnknownNameError
from zcnas.predictors import FewShot, Operation, Prior, Vocabulary, meta_train
from zcnas.predictors.meta import MAML, Episode, Task, rank_correlations
from zcnas.predictors.prior_network import Sizes
from zcnas.searchspaces import NASBench201, get
from zcnas.testing import ToySpace

TOYS, CELLS = ToySpace(), NASBench201()
TABLE = digits()
ARCHS = TABLE.archs[:30]
VALUES = TABLE.values("digits", split="val", seed="0")[:30]
NAMES = sorted({op for arch in TOYS for op in TOYS.graph(arch).ops} - {"input", "output"})
TAUGHT = Vocabulary(dict.fromkeys(NAMES, "conv3x3"))


@pytest.fixture(scope="module")
def prior() -> Prior:
    return zcnas.load_predictor("general")


def test_operations_that_are_not_known_say_how_to_teach_them(prior: Prior) -> None:
    with pytest.raises(UnknownNameError, match=rf"teach it by Vocabulary\({{'({'|'.join(NAMES)})': ...}}\)"):
        prior.on(TOYS)
    archs = list(TOYS)
    start = prior.on(TOYS, vocabulary=TAUGHT)
    assert np.isfinite(start.adapt(archs, np.arange(len(archs))).predict(TOYS)[0]).all()
    task = Task(TOYS, "mine", archs * 4, np.arange(4.0 * len(archs)))
    own = {"sizes": Sizes(8, 1, 8), "steps": 1, "support": (0, 3), "query": 4}
    assert meta_train([task], vocabulary=TAUGHT, **own).tasks == ("toy/mine/accuracy",)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="teach it"):
        meta_train([task], **own)  # type: ignore[arg-type]


def test_priors_have_no_weights_for_operations_of_ones_own(prior: Prior) -> None:
    own = Vocabulary({name: Operation("mine") for name in NAMES})
    with pytest.raises(InputError, match=r"operations that priors know, got Operation\(kind='mine'"):
        prior.on(TOYS, vocabulary=own)


def test_unknown_spaces_metrics_and_data_sets_name_what_there_is(prior: Prior) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'nasbench201'"):
        get("nasbench200")
    with pytest.raises(InputError, match="got toy; give space="):
        prior.adapt(list(TOYS)[:3], [1.0, 2.0, 3.0])
    with pytest.raises(UnknownNameError, match="accuracy"):
        TABLE.values("digits", metric="accurracy")
    with pytest.raises(UnknownNameError, match="digits"):
        TABLE.values("digitz")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_targets_that_are_not_finite_are_refused(prior: Prior, value: float) -> None:
    with pytest.raises(InputError, match=rf"expected finite values, got {value} for {ARCHS[1].key}; leave out"):
        prior.adapt(ARCHS[:3], [1.0, value, 2.0])
    with pytest.raises(InputError, match=r"expected finite values that differ; leave out what failed"):
        Task(CELLS, "mine", ARCHS[:3], np.array([1.0, value, 2.0]))

    def draw(step: int) -> list[Episode]:
        drawn = episodes(2, step)
        drawn.query.targets[0, 0] = value if step == 2 else 0.0
        return [drawn]

    learner = MAML(features(), WIDTH, steps=1)
    with pytest.raises(InputError, match="step 2: expected finite slopes"):
        learner.meta_fit(draw, steps=4)
    assert all(parameter.isfinite().all() for parameter in learner.parameters())


def test_one_example_is_too_few_and_two_are_not(prior: Prior) -> None:
    with pytest.raises(InputError, match="at least 2 architectures, got 1"):
        prior.adapt(ARCHS[:1], VALUES[:1])
    with pytest.raises(InputError, match="a value for each of 2 archs"):
        prior.adapt(ARCHS[:2], VALUES[:1])
    with pytest.raises(InputError, match="2 or more archs"):
        Task(CELLS, "mine", ARCHS[:1], VALUES[:1])
    mean, deviation = prior.adapt(ARCHS[:2], [50.0, 60.0]).predict(ARCHS)
    assert np.isfinite(mean).all()
    assert (deviation > 0).all()


def test_equal_targets_are_predicted_for_all_but_are_no_task(prior: Prior) -> None:
    mean, deviation = prior.adapt(ARCHS, np.full(30, 7.0)).predict(CELLS)
    assert np.allclose(mean, 7.0)
    assert np.isfinite(deviation).all()
    assert len(prior.adapt(ARCHS, np.full(30, 7.0)).select(ARCHS, 3)) == 3
    assert np.allclose(FewShot(CELLS, steps=1).fit(ARCHS, np.full(30, 7.0)).predict(ARCHS)[0], 7.0)
    with pytest.raises(InputError, match="values that differ"):
        Task(CELLS, "mine", ARCHS, np.full(30, 7.0))


def test_what_is_measured_twice_counts_twice(prior: Prior) -> None:
    low, high = ARCHS[int(VALUES.argmin())], ARCHS[int(VALUES.argmax())]
    once = prior.adapt([*ARCHS, low], [*VALUES, 0.9 * VALUES.max()]).predict([low])[0]
    before = prior.adapt(ARCHS, VALUES).predict([low])[0]
    often = prior.adapt([*ARCHS, *[low] * 9], [*VALUES, *[0.9 * VALUES.max()] * 9]).predict([low])[0]
    assert before < once < often
    alike = prior.adapt([low] * 3 + [high] * 3, [1.0, 2.0, 3.0, 7.0, 8.0, 9.0]).predict([low, high])[0]
    assert alike[0] < alike[1]
    again = Task(CELLS, "mine", ARCHS * 2, np.concatenate([VALUES, VALUES]))
    assert np.isclose(rank_correlations([again, Task(CELLS, "other", ARCHS, VALUES)])[0, 1], 1)


def test_the_wrong_direction_is_suspected_and_can_be_turned(prior: Prior) -> None:
    errors = 100 - prior.predict(ARCHS)[0]
    with pytest.warns(UserWarning, match="reverse order .* give them with a minus sign"):
        turned = prior.adapt(ARCHS, errors)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        right = prior.adapt(ARCHS, -errors)
        prior.adapt(ARCHS[:9], errors[:9])
        prior.adapt(ARCHS, VALUES)
    assert spearmanr(turned.predict(ARCHS)[0], errors).statistic > 0
    assert spearmanr(right.predict(ARCHS)[0], errors).statistic < -0.9
