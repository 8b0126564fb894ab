"""Few measurements on a new device: against slow, obvious computations, and on devices made up of hidden costs."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm, spearmanr

from zcnas.errors import InputError
from zcnas.predictors import DeviceTransfer, load
from zcnas.predictors.transfer import Kernel, Places, Process, References
from zcnas.predictors.transfer.choice import chosen
from zcnas.predictors.transfer.selection import GRID
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture

SPACE = NASBench201()
Floats = npt.NDArray[np.float64]


def places(count: int, seed: int = 0) -> Places:
    rng = np.random.default_rng(seed)
    return Places.of(rng.standard_normal((count, 3)), rng.standard_normal((count, 4)) / 2)


def devices(count: int = 300) -> tuple[list[Architecture], Floats]:
    """Architectures, and latencies on five devices: positive mixtures of what operations cost, with noise."""
    rng = np.random.default_rng(3)
    archs = [SPACE.from_official_index(int(index)) for index in rng.choice(15625, count, replace=False)]
    counts = np.array([[arch.genome.count(op) for op in range(1, 5)] for arch in archs], dtype=float)
    costs = rng.uniform(0.2, 1, (4, 5)) * np.array([[0.2], [1.0], [4.0], [0.7]])
    return archs, 3 + counts @ costs + 0.05 * rng.standard_normal((count, 5))


def test_a_kernel_is_its_formula() -> None:
    kernel, first, second = Kernel(0.3, 2.0, 0.7, 1.5, 0.1), places(3), places(5, 1)
    found = kernel(first, second)
    for i in range(3):
        for j in range(5):
            f, g = first.columns[i], second.columns[j]
            own = f @ g + np.exp(-((f - g) ** 2).sum() / (2 * 1.5**2))
            z = 2.0 * first.devices[i] @ second.devices[j]
            assert np.isclose(found[i, j], 4 + 0.3 * first.trend[i] * second.trend[j] + z + 0.35 * own)
    assert np.allclose(kernel.variances(first), np.diagonal(kernel(first, first)))


def test_a_process_is_a_conditional_normal_distribution() -> None:
    kernel, known, asked = Kernel(), places(6), places(4, 1)
    values = 20 + 3 * known.trend + np.random.default_rng(5).standard_normal(6)
    process = Process.of(kernel, known, values)
    own = kernel(known, known) + 0.1 * np.eye(6)

    def cost(scale: float) -> float:
        return -float(multivariate_normal.logpdf(values - values.mean(), scale * known.trend, scale**2 * own))

    best = minimize_scalar(cost, bounds=(0.1, 50), method="bounded", options={"xatol": 1e-6}).x
    assert np.isclose(process.scale, best, rtol=1e-3)  # The minimum is flat.
    mean, deviation = process(asked)
    inverse, cross = np.linalg.inv(own), kernel(asked, known)
    residuals = values - values.mean() - process.scale * known.trend
    assert np.allclose(mean, values.mean() + process.scale * asked.trend + cross @ inverse @ residuals)
    variance = np.diagonal(kernel(asked, asked) - cross @ inverse @ cross.T) + 0.1
    assert np.allclose(deviation, process.scale * np.sqrt(variance * 7 / 5))


def test_choices_are_greedy() -> None:
    kernel, pool, known = Kernel(), places(12), places(2, 1)

    def variance(picked: list[int]) -> float:
        """Summed over the pool, after measuring what is known and picked."""
        names = ("trend", "devices", "columns")
        there = Places(*(np.concatenate([getattr(known, name), getattr(pool, name)[picked]]) for name in names))
        inverse = np.linalg.inv(kernel(there, there) + kernel.noise * np.eye(len(there)))
        cross = kernel(pool, there)
        return float(np.trace(kernel(pool, pool) - cross @ inverse @ cross.T))

    expected: list[int] = []
    for _ in range(4):
        rest = [place for place in range(12) if place not in expected]
        expected.append(min(rest, key=lambda place: variance([*expected, place])))
    assert chosen(kernel, pool, 4, known) == expected


def test_references_know_architectures_that_nobody_measured() -> None:
    archs, latencies = devices()
    rows = DeviceTransfer(SPACE)._blocks
    facts = rows.learn(archs[:150])
    models = References.of(rows(archs[:150], facts), latencies[:150])
    found = models(rows(archs[150:], facts))
    assert min(spearmanr(found[:, place], latencies[150:, place]).statistic for place in range(5)) > 0.98
    assert np.allclose(models(models.columns).mean(axis=1).std(), models.spread)


def test_an_outlier_does_not_spoil_a_reference() -> None:
    archs, latencies = devices()
    hiccup = latencies.copy()
    hiccup[7] = 1e6
    rows = DeviceTransfer(SPACE)._blocks
    matrix = rows(archs, rows.learn(archs))
    assert spearmanr(References.of(matrix, hiccup)(matrix)[:, 0], latencies[:, 0]).statistic > 0.98


def test_six_measurements_are_enough_for_a_device_like_the_others() -> None:
    archs, latencies = devices()
    prior = DeviceTransfer(SPACE).meta_fit(archs, latencies[:, :4])
    assert prior._kernel in GRID
    new = latencies[:, 4]
    known = prior.choose(6, archs)
    assert prior.choose(2, archs) == known[:2]
    adapted = prior.adapt(known, [new[archs.index(arch)] for arch in known])
    mean, deviation = adapted.predict(archs)
    assert spearmanr(mean, new).statistic > 0.95
    assert spearmanr(mean, new).statistic > spearmanr(prior.predict(archs)[0], new).statistic
    assert np.mean(np.abs(new - mean) < 2 * deviation) > 0.8
    assert np.allclose(adapted.quantile(archs, 0.9), mean + norm.ppf(0.9) * deviation)
    # What was measured tells nothing new.
    assert not {*known} & {*adapted.choose(3, archs)}


def test_without_measurements_the_order_is_that_of_the_mean_device(tmp_path: Path) -> None:
    archs, latencies = devices()
    prior = DeviceTransfer(SPACE, seed=4).meta_fit(archs, latencies)
    mean, deviation = prior.predict(archs)
    assert spearmanr(mean, latencies.mean(axis=1)).statistic > 0.98
    assert np.isclose(mean.mean(), latencies.mean(), rtol=0.01)
    assert (deviation > 0).all()
    prior.save(tmp_path / "prior")
    again = load(tmp_path / "prior", SPACE)
    assert isinstance(again, DeviceTransfer)
    assert np.array_equal(again.predict(archs)[0], mean)
    known = archs[:5]
    first, second = (one.adapt(known, latencies[:5, 0]).predict(archs)[0] for one in (prior, again))
    assert np.array_equal(first, second)


def test_many_architectures_are_encoded_once_for_all_devices() -> None:
    archs, latencies = devices(1100)
    prior = DeviceTransfer(SPACE, references=50).meta_fit(archs, latencies)
    whole = prior.adapt(archs[:5], latencies[:5, 0]).predict(archs)[0]
    assert prior._seen
    assert np.allclose(prior.adapt(archs[:5], latencies[:5, 0]).predict(archs[:20])[0], whole[:20])
    prior.meta_fit(archs, -latencies)
    assert spearmanr(prior.adapt(archs[:5], -latencies[:5, 0]).predict(archs)[0], whole).statistic < -0.9


def test_a_device_alone_gives_the_usual_kernel() -> None:
    archs, latencies = devices(60)
    assert DeviceTransfer(SPACE).meta_fit(archs, latencies[:, :1])._kernel == Kernel()
    assert DeviceTransfer(SPACE).meta_fit(archs, np.ones((60, 2)))._kernel == Kernel()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ones(20), "a column of values for each device"),
        (np.ones((20, 0)), "a column of values for each device"),
        (np.ones((19, 2)), "a value for each of 20"),
        (np.full((20, 2), np.nan), "finite"),
    ],
)
def test_what_devices_gave_is_checked(values: Floats, words: str) -> None:
    archs, latencies = devices(20)
    prior = DeviceTransfer(SPACE).meta_fit(archs, latencies)
    before = prior.predict(archs)[0]
    with pytest.raises(InputError, match=words):
        prior.meta_fit(archs, values)
    assert np.array_equal(prior.predict(archs)[0], before)


def test_what_is_offered_twice_is_chosen_once() -> None:
    archs, latencies = devices(20)
    prior = DeviceTransfer(SPACE).meta_fit(archs, latencies)
    assert {*prior.choose(3, archs[:3] * 4)} == {*archs[:3]}
    with pytest.raises(InputError, match="expected 1 to 3 architectures to choose, got 4"):
        prior.choose(4, archs[:3] * 4)


def test_the_wrong_direction_is_suspected() -> None:
    archs, latencies = devices(40)
    prior = DeviceTransfer(SPACE).meta_fit(archs, latencies[:, :4])
    with pytest.warns(UserWarning, match="reverse order of what the other devices gave: give both with a minus"):
        prior.adapt(archs[:10], -latencies[:10, 4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prior.adapt(archs[:10], latencies[:10, 4])
        prior.adapt(archs[:9], -latencies[:9, 4])
        DeviceTransfer(SPACE).fit(archs[:10], latencies[:10, 0]).adapt(archs[:10], -latencies[:10, 4])


def test_arguments_are_checked() -> None:
    archs, latencies = devices(20)
    prior = DeviceTransfer(SPACE)
    for call in (lambda: prior.adapt(archs, latencies[:, 0]), lambda: prior.choose(2, archs)):
        with pytest.raises(InputError, match="fit"):
            call()
    prior.meta_fit(archs, latencies)
    with pytest.raises(InputError, match="expected 1 to 20 architectures to choose, got 21"):
        prior.choose(21, archs)
    with pytest.raises(InputError, match="probability"):
        prior.quantile(archs, 1.0)
    with pytest.raises(InputError, match="references"):
        DeviceTransfer(SPACE, references=1)
