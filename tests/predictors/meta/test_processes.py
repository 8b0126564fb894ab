"""Gaussian processes against inverses of whole matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import multivariate_normal

from tests.predictors.meta.problems import WIDTH, episodes, features, single
from zcnas.predictors.meta import DeepKernel, plain
from zcnas.predictors.meta.posterior import Beliefs, Posterior, Setting, spread
from zcnas.predictors.meta.selection import picked

Floats = npt.NDArray[np.float64]


def whole(kernel: Floats, mean: Floats, targets: Floats, noise: float) -> tuple[Floats, Floats]:
    """Means and covariance of all, of which the first have targets."""
    count = len(targets)
    inverse = np.linalg.inv(kernel[:count, :count] + noise * np.eye(count))
    gain = kernel[:, :count] @ inverse
    return mean + gain @ (targets - mean[:count]), kernel - gain @ kernel[:count]


def test_a_deep_kernel_is_a_gaussian_process_on_features() -> None:
    learner = DeepKernel(features(), WIDTH, projected=3)
    support, query = single(episodes(), 0)
    known = {name: value.detach() for name, value in learner.meta.items()}
    x = learner.embed(known, torch.cat([support.inputs, query.inputs])).detach().numpy()
    projected = x @ known["kernel.projection"].numpy().T
    apart = ((projected[:, None] - projected[None]) ** 2).sum(axis=2)
    kernel = 1 + x @ x.T / WIDTH + np.exp(-1.0) * np.exp(-apart / 6)
    noise = np.exp(-1.0) + 1e-4
    mean, covariance = whole(kernel, x @ known["head.weight"].numpy(), support.targets.numpy(), noise)
    adapted = learner.adapted(known, support)
    found, variance = learner.posterior(adapted, torch.from_numpy(x[6:]))
    assert np.allclose(found.detach(), mean[6:])
    assert np.allclose(variance.detach(), np.diag(covariance)[6:] + noise)
    assert torch.allclose(learner.outputs(adapted, query.inputs), found)


def test_its_meta_gradient_is_a_loop() -> None:
    learner, many = DeepKernel(features(), WIDTH), episodes()
    slopes, loss = learner.meta_gradient(many)
    losses = [learner.episode_loss(learner.meta, single(many, place)) / 3 for place in range(3)]
    torch.stack(losses).sum().backward()
    assert torch.allclose(loss, torch.stack(losses).sum())
    assert all(torch.allclose(slopes[name], value.grad) for name, value in learner.meta.items())


def test_deep_kernels_are_learned() -> None:
    learner, new = DeepKernel(features(), WIDTH), episodes(tasks=10, seed=99)
    before = learner.meta_gradient(new)[1]
    learner.meta_fit(lambda step: [episodes(tasks=4, seed=step)], steps=100, learning_rate=0.02)
    assert learner.meta_gradient(new)[1] < before - 0.5


def problem(count: int = 6, others: int = 5) -> tuple[Floats, Floats, Floats]:
    """Four kernels, means of all, targets of the first."""
    rng = np.random.default_rng(0)
    roots = rng.standard_normal((4, count + others, 20)) / 4
    return roots @ roots.transpose(0, 2, 1), rng.standard_normal(count + others), rng.standard_normal(count)


def beliefs(kernels: Floats, mean: Floats, count: int) -> tuple[Beliefs, Beliefs]:
    known = Beliefs(mean[:count], kernels[:, :count, :count])
    return known, Beliefs(mean, kernels[:, :, :count], np.stack([np.diag(one) for one in kernels]))


def kernel_of(kernels: Floats, mean: Floats, one: Setting) -> Floats:
    kernel: Floats = sum(factor * own for factor, own in zip(one.factors, kernels, strict=True))
    return kernel + one.trust * np.outer(mean, mean) + 1


def density(kernels: Floats, mean: Floats, targets: Floats, one: Setting) -> float:
    count = len(targets)
    covariance = kernel_of(kernels, mean, one)[:count, :count] + 0.3 * one.noise * np.eye(count)
    return float(multivariate_normal.pdf(targets, mean[:count], covariance))


def test_a_posterior_is_a_mixture_of_processes() -> None:
    kernels, mean, targets = problem()
    known, asked = beliefs(kernels, mean, len(targets))
    posterior = Posterior(known, targets, 0.3)
    found, variance = posterior.predict(asked)
    settings = spread(3)
    densities = np.array([density(kernels, mean, targets, one) for one in settings])
    shares = densities / densities.sum()
    assert np.allclose(posterior.weights, shares)
    assert posterior.likeliest == settings[int(shares.argmax())]
    parts = [whole(kernel_of(kernels, mean, one), mean, targets, 0.3 * one.noise) for one in settings]
    expected = sum(share * part for share, (part, _) in zip(shares, parts, strict=True))
    square = sum(share * (np.diag(own) + part**2) for share, (part, own) in zip(shares, parts, strict=True))
    assert np.allclose(found, expected)
    assert np.allclose(variance, square - expected**2, rtol=1e-4)
    noises = sum(share * one.noise for share, one in zip(shares, settings, strict=True))
    assert np.isclose(posterior.mean_setting.noise, noises)


def test_columns_that_are_constant_but_for_rounding_are_left_out() -> None:
    rng = np.random.default_rng(0)
    part = np.stack([rng.standard_normal(50), 3 + 1e-6 * rng.standard_normal(50), np.ones(50)], axis=1)
    facts = plain.learn([(part,)])
    assert facts[0][0]["kept"] == [0]
    (found,) = plain.columns([(part,)], facts)
    assert np.isclose((found**2).sum(axis=1).mean(), 1)


def test_settings_are_spread_over_orders_of_magnitude() -> None:
    settings = spread(2)
    factors = np.array([one.factors for one in settings])
    assert len(set(settings)) == 128
    assert factors.shape == (128, 3)
    assert np.all((factors[:, 1:] > 0.0299) & (factors[:, 1:] < 2.0001))
    middle = np.log10(0.03 * 2) / 2
    assert abs(np.median(np.log10(factors[:, 1:]), axis=0) - middle).max() < 0.1


def test_a_prior_that_is_wrong_is_not_trusted() -> None:
    rng = np.random.default_rng(0)
    truth = rng.standard_normal(40)
    features = np.concatenate([truth[:, None], rng.standard_normal((40, 3))], axis=1)
    kernels = np.stack([0.1 * np.eye(40), features @ features.T / 4, np.zeros((40, 40)), np.zeros((40, 40))])
    known, asked = beliefs(kernels, -truth, 15)
    found, _ = Posterior(known, truth[:15], 0.3).predict(asked)
    assert np.corrcoef(found[15:], truth[15:])[0, 1] > 0.8


def test_what_was_picked_tells_of_what_is_like_it() -> None:
    (deep, *_), mean, _ = problem()
    settings: dict[str, Any] = {"noise": 0.2, "free": np.ones(11, dtype=bool)}
    places = picked(mean, np.diag(deep).copy(), lambda place: deep[place], number=4, boldness=1.5, **settings)
    expected: list[int] = []
    for _ in range(4):
        left = deep
        if expected:
            gain = deep[:, expected] @ np.linalg.inv(deep[np.ix_(expected, expected)] + 0.2 * np.eye(len(expected)))
            left = deep - gain @ deep[expected]
        score = mean + 1.5 * np.sqrt(np.diag(left))
        score[expected] = -np.inf
        expected.append(int(score.argmax()))
    assert places == expected
    best = picked(mean, np.diag(deep).copy(), lambda place: deep[place], number=11, boldness=0, **settings)
    assert np.array_equal(best, np.argsort(-mean))
    settings["free"][best[:3]] = False
    rest = picked(mean, np.diag(deep).copy(), lambda place: deep[place], number=11, boldness=0, **settings)
    assert rest == best[3:]
