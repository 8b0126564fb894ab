"""Ways to learn over tasks against explicit loops, closed forms and another library."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest
import torch
import torchopt
from sklearn.linear_model import Ridge
from torch import nn

from tests.predictors.meta.problems import WIDTH, episodes, features, single
from zcnas.errors import UnknownNameError
from zcnas.predictors.meta import (
    ANIL,
    MAML,
    ClosedForm,
    Episode,
    Examples,
    FineTuning,
    MetaCurvature,
    MetaLearner,
    MetaSGD,
    ProtoMAML,
    Reptile,
    stacked,
)

MAKERS: dict[str, Callable[[], MetaLearner]] = {
    "maml": lambda: MAML(features(), WIDTH),
    "maml, first order": lambda: MAML(features(), WIDTH, first_order=True),
    "maml, clipped": lambda: MAML(features(), WIDTH, clip=0.5),
    "anil, hinge": lambda: ANIL(features(), WIDTH, loss="pairwise_hinge"),
    "meta-sgd, list": lambda: MetaSGD(features(), WIDTH, steps=2, loss="list_net"),
    "meta-curvature": lambda: MetaCurvature(features(), WIDTH, steps=2),
    "protomaml": lambda: ProtoMAML(features(), WIDTH, steps=2),
    "closed form": lambda: ClosedForm(features(), WIDTH),
    "residual closed form": lambda: ClosedForm(features(), WIDTH, residual=True),
}
every = pytest.mark.parametrize("make", [*MAKERS.values()], ids=[*MAKERS])


@every
def test_tasks_at_once_are_a_loop_as_in_learn2learn(make: Callable[[], MetaLearner]) -> None:
    learner, many = make(), episodes()
    slopes, loss = learner.meta_gradient(many)
    losses = []
    for place in range(3):
        support, query = single(many, place)
        mine = learner.clone().adapt(support)
        losses.append(learner.loss(mine(query.inputs), query.targets, query.weights) / 3)
        losses[-1].backward()
    assert torch.allclose(loss, torch.stack(losses).sum())
    for name, value in learner.meta.items():
        expected = torch.zeros_like(value) if value.grad is None else value.grad
        assert torch.allclose(slopes[name], expected, atol=1e-12), name  # float64, sums in another order


@pytest.mark.parametrize("kind", [MAML, ANIL])
def test_the_meta_gradient_of_maml_is_torchopts(kind: type[MAML]) -> None:
    learner, many = kind(features(), WIDTH, steps=3, learning_rate=0.05), episodes()
    slopes, _ = learner.meta_gradient(many)
    body, head = features(), nn.Linear(WIDTH, 1).double()
    with torch.no_grad():
        head.weight.copy_(learner.meta["head.weight"][None])
        head.bias.zero_()
    network = nn.Sequential(body, head)
    moving = head if kind is ANIL else network
    optimiser = torchopt.MetaSGD(moving, lr=0.05)
    begun, state = torchopt.extract_state_dict(moving), torchopt.extract_state_dict(optimiser)
    parameters = dict(network.named_parameters())
    for place in range(3):
        support, query = single(many, place)
        for _ in range(3):
            optimiser.step(((network(support.inputs)[:, 0] - support.targets) ** 2).mean())
        (((network(query.inputs)[:, 0] - query.targets) ** 2).mean() / 3).backward()
        torchopt.recover_state_dict(moving, begun)
        torchopt.recover_state_dict(optimiser, state)
    for name, value in parameters.items():
        own = f"features.{name[2:]}" if name.startswith("0.") else f"head.{name[2:]}"
        assert value.grad is not None
        assert torch.allclose(slopes[own], value.grad.reshape(slopes[own].shape), atol=1e-12), name


@pytest.mark.parametrize("first_order", [False, True])
def test_a_quadratic_has_a_closed_form(first_order: bool) -> None:
    """With x = 1 the loss is (s - c)^2 for s = w + b, so that a step leads to s - 4 eta (s - c)."""
    learner = MAML(nn.Identity(), 1, steps=2, learning_rate=0.1, first_order=first_order)
    one = torch.ones(1)
    many = stacked([Episode(Examples(one[:, None], 3 * one, one), Examples(one[:, None], 2 * one, one))])
    slopes, loss = learner.meta_gradient(many)
    start = float(learner.meta["head.weight"].detach())
    after = 3 + (start - 3) * 0.6**2
    assert np.isclose(float(loss), (after - 2) ** 2)
    # Of second order, the steps' own dependence on s comes in: 1 - 4 eta for each.
    assert np.isclose(float(slopes["head.weight"][0]), 2 * (after - 2) * (1 if first_order else 0.6**2))


def test_orders_differ_by_products_with_the_hessian() -> None:
    many = episodes(tasks=1)
    support, query = single(many, 0)
    first = MAML(features(), WIDTH, steps=1, first_order=True)
    second = MAML(features(), WIDTH, steps=1)
    names = [*second.meta]
    adapted = second.adapted(second.meta, support)
    moved = {name: adapted[name].detach().requires_grad_() for name in names}
    outer = torch.autograd.grad(second.judged(moved, query), list(moved.values()))
    inner = torch.autograd.grad(second.judged(second.meta, support), list(second.meta.values()), create_graph=True)
    product = torch.autograd.grad(inner, list(second.meta.values()), grad_outputs=outer)
    for name, slope, curved in zip(names, outer, product, strict=True):
        assert torch.allclose(first.meta_gradient(many)[0][name], slope, atol=1e-12)
        assert torch.allclose(second.meta_gradient(many)[0][name], slope - 0.1 * curved, atol=1e-12)


@every
def test_padding_has_no_influence(make: Callable[[], MetaLearner]) -> None:
    learner = make()
    support, query = single(episodes(), 0)
    cut = Examples(support.inputs[:4], support.targets[:4], support.weights[:4])
    weights = torch.tensor([1.0] * 4 + [0.0] * 2, dtype=torch.float64)
    padded = Examples(support.inputs, support.targets, weights)
    found = learner.clone().adapt(padded)(query.inputs)
    assert torch.allclose(found, learner.clone().adapt(cut)(query.inputs), atol=1e-12)


@every
def test_without_examples_predictions_are_finite(make: Callable[[], MetaLearner]) -> None:
    learner = make()
    support, query = single(episodes(), 0)
    nothing = support._replace(weights=torch.zeros_like(support.weights))
    assert learner.clone().adapt(nothing)(query.inputs).isfinite().all()


def test_the_closed_form_is_scikit_learns() -> None:
    learner = ClosedForm(features(), WIDTH, penalty=0.7)
    support, query = single(episodes(), 0)
    found = learner.clone().adapt(support)(query.inputs).detach().numpy()
    with torch.no_grad():
        x, new = (learner.embed(learner.meta, one.inputs).numpy() for one in (support, query))
    expected = Ridge(alpha=0.7, fit_intercept=False).fit(x, support.targets.numpy()).predict(new)
    assert np.allclose(found, expected)


def test_reptile_falls_to_where_adaptation_leads() -> None:
    learner, many = Reptile(features(), WIDTH, steps=3), episodes()
    slopes, _ = learner.meta_gradient(many)
    ends = []
    for place in range(3):
        support, query = single(many, place)
        both = Examples(*(torch.cat([one, other]) for one, other in zip(support, query, strict=True)))
        ends.append(learner.clone().adapt(both).parameters)
    for name, value in learner.meta.items():
        expected = value - torch.stack([end[name] for end in ends]).mean(dim=0)
        assert torch.allclose(slopes[name], expected, atol=1e-12)


def test_steps_are_cut_to_a_norm() -> None:
    support, _ = single(episodes(), 0)
    learner = MAML(features(), WIDTH, steps=1)
    slopes = torch.autograd.grad(learner.judged(learner.meta, support), list(learner.meta.values()))
    norm = float(torch.cat([slope.flatten() for slope in slopes]).norm())
    for clip, size in ((norm / 3, norm / 3), (norm * 3, norm), (None, norm)):
        found = MAML(features(), WIDTH, steps=1, clip=clip).clone().adapt(support).parameters
        moved = torch.cat([(learner.meta[name] - value).flatten() for name, value in found.items()])
        assert np.isclose(float(moved.norm().detach()), 0.1 * size)
        assert torch.allclose(moved / moved.norm(), torch.cat([slope.flatten() for slope in slopes]) / norm)


@pytest.mark.parametrize("kind", [MetaSGD, MetaCurvature])
def test_what_learns_steps_begins_as_maml(kind: type[MAML]) -> None:
    many = episodes()
    found, maml = kind(features(), WIDTH).meta_gradient(many)[0], MAML(features(), WIDTH).meta_gradient(many)[0]
    assert len(found) > len(maml)
    assert all(torch.allclose(found[name], one) for name, one in maml.items())


def test_meta_curvature_multiplies_slopes_by_kronecker_products() -> None:
    rng = torch.Generator().manual_seed(0)
    body = nn.Sequential(nn.Unflatten(1, (1, 1, 3)), nn.Conv2d(1, 2, (1, 2)), nn.Tanh(), nn.Flatten()).double()
    learner = MetaCurvature(body, WIDTH, steps=1, learning_rate=0.3)
    for name, value in learner.meta.items():
        if name.startswith("steps."):
            value.data = torch.randn(value.shape, generator=rng, dtype=torch.float64)
    support, _ = single(episodes(), 0)
    found = learner.clone().adapt(support).parameters
    own = {name: value for name, value in learner.meta.items() if not name.startswith("steps.")}
    slopes = torch.autograd.grad(learner.judged(learner.meta, support), list(own.values()))
    for (name, value), slope in zip(own.items(), slopes, strict=True):
        several = [one for key, one in learner.meta.items() if key.startswith(f"steps.{name}.")]
        whole = reduce(torch.kron, several)
        assert torch.allclose(found[name], value - 0.3 * (whole @ slope.flatten()).reshape(value.shape)), name
    assert learner.meta["steps.features.1.weight.2"].shape == (2, 2)


def test_joint_training_is_adapted_as_maml() -> None:
    many = episodes()
    joint = FineTuning(features(), WIDTH)
    _, loss = joint.meta_gradient(many)
    parts = [joint.judged(joint.meta, examples) for place in range(3) for examples in single(many, place)]
    weights = [6, 8] * 3
    mean = sum(weight * part for weight, part in zip(weights, parts, strict=True)) / sum(weights)
    assert torch.allclose(loss, mean)
    support, query = single(many, 0)
    expected = MAML(features(), WIDTH).clone().adapt(support)(query.inputs)
    assert torch.allclose(joint.clone().adapt(support)(query.inputs), expected)


@pytest.mark.parametrize("name", ["maml", "maml, first order", "closed form"])
def test_new_tasks_are_learned_better_after_old_ones(name: str) -> None:
    learner, new = MAKERS[name](), episodes(tasks=10, seed=99)
    before = learner.meta_gradient(new)[1]
    state = torch.get_rng_state()
    assert learner.meta_fit(lambda step: [episodes(tasks=4, seed=step)], steps=150, learning_rate=0.02) is learner
    assert torch.equal(torch.get_rng_state(), state)
    assert learner.meta_gradient(new)[1] < before / 3


def test_unknown_losses_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mse'"):
        MAML(features(), WIDTH, loss="msee")


def test_a_clone_does_not_change_what_it_came_from() -> None:
    learner = MAML(features(), WIDTH)
    support, query = single(episodes(), 0)
    one = learner.clone()
    before = one(query.inputs)
    one.clone().adapt(support)
    assert torch.equal(one(query.inputs), before)
    assert torch.equal(learner.clone()(query.inputs), before)
