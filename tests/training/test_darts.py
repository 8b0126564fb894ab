"""DARTS's gradients against autograd, and supernets that are trained by them."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from tests.training.helpers import digits, state
from tests.training.supernets import HOW, batch, prepared, smooth
from tests.training.test_resume import Stop, numbers, stop_after
from zcnas.errors import InputError, InputTypeError
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture
from zcnas.supernet import Edge, Mixture, Node, Supernet
from zcnas.training import StrengthRecipe, SupernetTraining, recipe, train_supernet
from zcnas.training.architect import Architect
from zcnas.training.lesson import Lesson
from zcnas.training.relaxation import Relaxation, initial

QUICK = replace(HOW, padding=1)


def oracle(architect: Architect, lesson: Lesson, unrolled: bool) -> list[Tensor]:
    """Differentiates through the step of the weights itself."""
    images, targets = batch(lesson.data)
    others, labels = batch(architect.data)
    architect.supernet.mix(architect.relaxation())
    weights = dict(lesson.network.named_parameters())
    strengths = list(architect.relaxation.parameters())
    if unrolled:
        loss = F.cross_entropy(lesson.network(images), targets)
        slopes = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
        group = lesson.optimiser.param_groups[0]
        for (name, weight), slope in zip(list(weights.items()), slopes, strict=True):
            moving = lesson.optimiser.state.get(weight, {}).get("momentum_buffer", torch.zeros_like(weight))
            change = slope + group["weight_decay"] * weight + group["momentum"] * moving
            weights[name] = weight - group["lr"] * change
    found = F.cross_entropy(functional_call(lesson.network, weights, (others,)), labels)
    return list(torch.autograd.grad(found, strengths))


def distance(one: list[Tensor], other: list[Tensor]) -> float:
    """Relative to the length."""
    first, second = torch.cat(one), torch.cat(other)
    return float((first - second).norm() / second.norm())


def test_the_first_order_is_the_plain_gradient() -> None:
    architect, lesson = prepared(1)
    found = architect.gradients(lesson, batch(lesson.data), batch(architect.data))
    # The same operations in the same order.
    assert distance(found, oracle(architect, lesson, unrolled=False)) < 1e-14


@pytest.mark.parametrize("steps", [0, 3])
def test_the_second_order_differentiates_through_the_step(steps: int) -> None:
    errors = []
    for radius in (0.1, 0.01):
        architect, lesson = prepared(2, radius=radius, steps=steps)
        found = architect.gradients(lesson, batch(lesson.data), batch(architect.data))
        exact = oracle(architect, lesson, unrolled=True)
        errors.append(distance(found, exact))
    # A central difference of a smooth function is off by the square of the radius; .01 is the paper's.
    assert errors[1] < 1e-4
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.1)
    first = oracle(architect, lesson, unrolled=False)
    assert distance(first, exact) > 100 * errors[1], "else this would show nothing"


def test_a_step_of_the_strengths_is_adams_and_leaves_the_network_alone() -> None:
    architect, lesson = prepared(2)
    before, buffers = state(lesson.network), copy.deepcopy(dict(lesson.network.named_buffers()))
    start = [row.detach().clone() for row in architect.relaxation.parameters()]
    torch.manual_seed(3)
    random = torch.get_rng_state()
    architect(lesson, 0, 0, batch(lesson.data))
    assert state(lesson.network) == before
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(value, buffers[name]) for name, value in lesson.network.named_buffers())
    assert all(weight.grad is None for weight in lesson.network.parameters())
    for old, new in zip(start, architect.relaxation.parameters(), strict=True):
        # The first step of Adam is of the rate's length in every direction.
        assert torch.allclose((new - old).abs(), torch.full_like(old, 3e-4), rtol=1e-3)
    for mixture, row in zip(architect.supernet.mixtures(), architect.relaxation(), strict=True):
        assert torch.equal(torch.as_tensor(mixture.weights), row)
        assert not torch.as_tensor(mixture.weights).requires_grad


def test_statistics_of_norms_are_those_of_the_weights_steps() -> None:
    supernet, (train, other) = NASBench201().supernet(seed=0, C=4, N=1, in_channels=1), digits()
    train_supernet(supernet, train, other, recipe("darts_search", epochs=1, padding=0), order=2)
    counts = {int(value) for name, value in supernet.network.named_buffers() if name.endswith("num_batches_tracked")}
    assert counts == {3}, "150 images, 64 at a time"


def test_noise_loses_against_what_carries_something() -> None:
    train, other = digits()
    fast = StrengthRecipe(learning_rate=0.05)
    done = train_supernet(smooth(noise=True), train, other, replace(HOW, epochs=8), order=1, how=fast)
    assert all(row[2] < min(row[:2]) for row in done.strengths)
    assert all(row[2] < 0.2 for row in done.mixing)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_an_interrupted_search_ends_as_one_that_was_not(
    order: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, other = digits()

    def run(folder: str) -> tuple[SupernetTraining, dict[str, bytes]]:
        supernet = NASBench201().supernet(seed=0, C=4, N=1, in_channels=1)
        how = recipe("darts_search", epochs=2, padding=1, flip=False)
        done = train_supernet(supernet, train, other, how, order=order, folder=tmp_path / folder)
        return done, state(supernet.network)

    whole, weights = run("whole")
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(Stop):
            run("parts")
    resumed, again = run("parts")
    assert resumed.training.resumed == 1
    assert weights == again
    assert (resumed.strengths, resumed.mixing) == (whole.strengths, whole.mixing)
    assert numbers(resumed.training) == numbers(whole.training)


def test_another_order_is_another_training(tmp_path: Path) -> None:
    train, other = digits()
    train_supernet(smooth(), train, other, QUICK, order=1, folder=tmp_path)
    with pytest.raises(InputError, match="order is 1 there, 2 here"):
        train_supernet(smooth(), train, other, QUICK, order=2, folder=tmp_path)


def test_weights_alone_leave_the_strengths_and_need_no_other_images() -> None:
    supernet, strengths = smooth(), [[0.0, 1.0, 2.0], [0.5, 0.0, 0.0]]
    before = state(supernet.network)
    done = train_supernet(supernet, digits()[0], None, QUICK, order=0, strengths=strengths)
    assert [list(row) for row in done.strengths] == strengths
    assert done.mixing[0] == pytest.approx(torch.tensor(strengths[0]).double().softmax(0).tolist(), rel=1e-12)
    assert state(supernet.network) != before


def test_mixtures_have_their_weights_again_also_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    supernet, (train, other) = smooth(), digits()
    supernet.mix(((0.0, 0.5, 0.5), (1.0, 0.0, 0.0)))
    train_supernet(supernet, train, other, QUICK)
    monkeypatch.setattr(Architect, "__call__", lambda *_: 1 / 0)
    with torch.inference_mode(), pytest.raises(Exception, match="division by zero"):
        train_supernet(supernet, train, other, QUICK)
    assert [mixture.weights for mixture in supernet.mixtures()] == [(0.0, 0.5, 0.5), (1.0, 0.0, 0.0)]


def test_it_starts_as_the_supernet_draws() -> None:
    supernet = NASBench201().supernet(seed=0, C=4, N=1)
    start = initial(supernet, 0)
    relaxation = Relaxation(supernet, start, torch.zeros(0, dtype=torch.float64))
    drawn = np.array(relaxation.mixing())
    assert drawn == pytest.approx(np.array(supernet.uniform()), rel=0.01)
    assert start != initial(supernet, 1)
    # 30 numbers of a deviation of 1e-3.
    assert 5e-4 < np.array(start).std() < 2e-3


def test_lone_edges_share_their_node() -> None:
    layers = [Mixture(edge, [torch.nn.Identity()]) for edge in range(3)]
    edges = [Edge(f"from{place}", ("reads",)) for place in range(3)]
    nodes = [Node("sum", (0, 1, 2), 2)]
    supernet = Supernet(torch.nn.Sequential(*layers), edges, lambda _: Architecture("mine", ()), nodes)
    strengths = [np.array([value]) for value in (0.1, -0.3, 0.7)]
    relaxation = Relaxation(supernet, [row.tolist() for row in strengths], torch.zeros(0, dtype=torch.float64))
    assert relaxation.mixing() == tuple(pytest.approx(row) for row in supernet._softmax(strengths))
    assert sum(row[0] for row in relaxation.mixing()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"order": 3}, InputError, "expected 2, 1, or 0"),
        ({"validation": None}, InputError, "or order=0"),
        ({"supernet": smooth().network}, InputTypeError, "got Sequential"),
        ({"strengths": [[1.0]]}, InputError, r"\[3, 3\] finite numbers"),
        ({"strengths": [[0.0, 0.0, float("nan")], [0.0] * 3]}, InputError, "finite numbers"),
        ({"order": 2, "recipe": replace(QUICK, nesterov=True)}, InputError, "not Nesterov's"),
        ({"recipe": replace(QUICK, precision="bfloat16")}, InputError, "got bfloat16"),
    ],
)
def test_bad_arguments_are_told(change: dict[str, Any], error: type[Exception], told: str) -> None:
    given = {"supernet": smooth(), "validation": digits()[1], "recipe": QUICK, **change}
    supernet, validation, how = (given.pop(key) for key in ("supernet", "validation", "recipe"))
    with pytest.raises(error, match=told):
        train_supernet(supernet, digits()[0], validation, how, **given)
