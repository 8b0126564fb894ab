"""Oracles for what the defaults leave out: other settings and other data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import zcnas
from tests.oracles import features, gradients, kernels
from tests.oracles.draws import drawn_weights, line, noise, seeded
from tests.oracles.problems import Problem, problem
from zcnas.passes import Pass
from zcnas.passes.inputs import make_inputs
from zcnas.proxies import Proxy
from zcnas.proxies.az_expressivity import AZExpressivity
from zcnas.proxies.gradsign import GradSign
from zcnas.proxies.linear_regions import LinearRegions
from zcnas.proxies.ntk_condition import NTKCondition
from zcnas.proxies.nwot import NWOT
from zcnas.proxies.swap import SWAP
from zcnas.proxies.zen import Zen
from zcnas.proxies.zico import ZiCo


def value(given: Problem, proxy: Proxy | str, **settings: object) -> float:
    (score,) = zcnas.score(given.network, proxy, batch=given.batches, seed=given.seed, **settings).details.values()
    assert score.status == "ok", score
    return score.value


def close(expected: float) -> object:
    return pytest.approx(expected, rel=1e-9)


def relabelled(given: Problem, targets: Tensor) -> Problem:
    batches = tuple(dataclasses.replace(batch, targets=targets) for batch in given.batches)
    return dataclasses.replace(given, batches=batches)


def shortened(given: Problem, size: int) -> Problem:
    batches = tuple(zcnas.Batch(batch.inputs[:size], given.targets[:size]) for batch in given.batches)
    return dataclasses.replace(given, batches=batches)


@pytest.mark.parametrize("where", ["residual", "mlp", "tokens"])
def test_every_loss_works(where: str) -> None:
    given = problem(where)
    network = given.copy()
    loss: Callable[[Tensor, Tensor], Tensor] = lambda logits, targets: (logits**2).mean(dim=0)[targets].sum()  # noqa: E731
    loss(network(given.inputs), given.targets).backward()
    named = gradients.weights(network).values()
    assert value(given, "snip", loss=loss) == close(sum((w * w.grad).abs().sum().item() for w in named))


def test_nwot_in_eval_mode() -> None:
    for where in ("residual", "depthwise"):
        expected = kernels.nwot(problem(where), train=False)
        assert value(problem(where), NWOT(train=False)) == close(expected)
        assert expected != pytest.approx(kernels.nwot(problem(where)))


def test_nwot_of_fewer_units_than_tell_the_samples_apart() -> None:
    """Three units make eight codes, all different, and a kernel of rank 4: its determinant is 0, not rounding."""
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 3).double()
    network = nn.Sequential(nn.Linear(3, 3, bias=False), nn.ReLU())
    with torch.no_grad():
        network[0].weight.copy_(torch.eye(3))  # type: ignore[operator, union-attr]
    for order in range(4):
        batch = zcnas.Batch(corners[torch.randperm(8, generator=torch.Generator().manual_seed(order))])
        assert zcnas.score(network.double(), "nwot", batch=batch)["nwot"] == -math.inf


@pytest.mark.parametrize("size", [1, 5])
def test_gradsign_of_the_first_samples(size: int) -> None:
    assert value(problem("mlp"), GradSign(size=size)) == close(kernels.gradsign(shortened(problem("mlp"), size)))


def test_ntk_condition_of_the_first_samples() -> None:
    expected = kernels.ntk_condition(shortened(problem("residual"), 4))
    assert value(problem("residual"), NTKCondition(size=4)) == close(expected)


def test_ntk_condition_in_groups_of_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zcnas.proxies.ntk_condition._NUMBERS", 16 * 60)
    assert value(problem("residual"), "ntk_condition") == close(kernels.ntk_condition(problem("residual")))


def test_zico_of_three_batches() -> None:
    given = problem("residual")
    third = zcnas.Batch(given.batches[0].inputs.flip(1) * 2, given.targets)
    given = dataclasses.replace(given, batches=(*given.batches, third))
    found = [gradients.loss_gradients(given, batch) for batch in range(3)]
    expected = 0.0
    for name in gradients.weights(given.network):
        sizes = np.abs([one[name] for one in found])
        expected += math.log((sizes.mean(axis=0) / sizes.std(axis=0)).sum())
    assert value(given, ZiCo(batches=3)) == close(expected)


def test_linear_regions_of_two_lines() -> None:
    given, counts = problem("reused"), []
    for draw in range(2):
        with seeded(given, inputs="line", size=9, draw=draw):
            codes = kernels.codes(given.copy(), line(given, 9))
        counts.append(sum(a != b for pair in pairwise(codes) for a, b in zip(*pair, strict=True)))
    assert value(given, LinearRegions(samples=9, draws=2)) == close(1 + sum(counts) / 2)


def test_linear_regions_among_few_points() -> None:
    """Few enough units for samples to share a region."""
    given = problem("words")
    small = dataclasses.replace(given, network=Narrow().double(), batches=(zcnas.Batch(torch.randn(4, 3)),))
    with seeded(small, inputs="gaussian", size=100):
        codes = kernels.codes(small.network, noise(small, 100))
    expected = len(set(map(tuple, codes)))
    assert 1 < expected < 8
    assert value(small, LinearRegions(variant="released", samples=100)) == expected


class Narrow(kernels.Tiny):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(3, 2), nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.rectified(self.one(x)))


def test_swap_of_one_draw_and_five_samples() -> None:
    given = problem("residual")
    with seeded(given, size=5, weights="gaussian"):
        network = drawn_weights(given)
    patterns = len(set(zip(*kernels.codes(network, given.inputs[:5]), strict=True)))
    assert value(given, SWAP(samples=5, repeats=1)) == patterns
    factor = math.exp(-((sum(w.numel() for w in network.parameters()) / 1e6 - 0.5) ** 2) / 0.25)
    assert value(given, SWAP(samples=5, repeats=1, mu=0.5, sigma=0.25)) == close(patterns * factor)


def test_zen_averages_its_draws() -> None:
    given, draws = problem("residual"), []
    for draw in range(3):
        with seeded(given, inputs="gaussian", weights="gaussian", draw=draw):
            network, still = drawn_weights(given), noise(given)
            moved = still + 0.5 * torch.randn(still.shape).double()
        draws.append(features.zen_of(network, still, moved))
    assert value(given, Zen(repeats=3, alpha=0.5)) == close(sum(draws) / 3)


def test_zen_released_reads_a_running_average_without_momentum() -> None:
    """There torch takes the plain mean of all batches, without the initial 1."""
    given = dataclasses.replace(problem("residual"), network=problem("residual").copy())
    for module in given.network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    assert value(given, "zen_released") == close(features.zen(given, released=True))


def test_az_expressivity_on_data() -> None:
    given = problem("depthwise")
    expected = sum(features.entropies_of(given, given.inputs))
    assert value(given, AZExpressivity(inputs="data")) == close(expected)
    assert expected != pytest.approx(value(given, "az_expressivity"))


def test_epe_nas_with_classes_of_one_image() -> None:
    given = relabelled(problem("residual"), torch.tensor([0, 1, 2, 3] + [0] * 12))
    assert value(given, "epe_nas") == close(kernels.epe_nas(given))


@pytest.mark.parametrize("classes", [100, 101])
def test_epe_nas_counts_otherwise_beyond_100_classes(classes: int) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, classes)).double()
    targets = torch.cat([torch.arange(classes), torch.arange(30)])
    batch = zcnas.Batch(torch.randn(len(targets), 6).double(), targets)
    given = Problem("many", network, (batch,))  # type: ignore[arg-type]
    assert value(given, "epe_nas") == close(kernels.epe_nas(given))


def test_equal_images_give_jacob_cov_a_large_negative_value() -> None:
    given = problem("mlp")
    twins = zcnas.Batch(torch.cat([given.inputs, given.inputs[:1]]), torch.cat([given.targets, given.targets[:1]]))
    given = dataclasses.replace(given, batches=(twins,))
    found = value(given, "jacob_cov")
    # Of one eigenvalue, 0, comes 1 / (0 + 1e-5); rounding makes it 1e-15.
    assert found == pytest.approx(kernels.jacob_cov(given), rel=1e-8)
    assert found < -9e4


def test_an_output_that_is_a_tuple() -> None:
    class Tupled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = problem("residual").copy()

        def forward(self, x: Tensor) -> tuple[str, Tensor]:
            return "logits", self.inner(x)

    given = dataclasses.replace(problem("residual"), network=Tupled())  # type: ignore[arg-type]
    for name in ("snip", "jacob_cov", "gradsign"):
        expected = value(problem("residual"), name)
        assert value(given, name, output=lambda out: out[1]) == close(expected)


def test_synflow_drops_nothing_out() -> None:
    batch = problem("mlp").batches[0]
    torch.manual_seed(5)
    layers = [nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 4)]
    usual, dropping = nn.Sequential(*layers), nn.Sequential(layers[0], nn.Dropout(0.5), *layers[1:])
    one, other = (zcnas.score(network.double(), ["synflow", "snip"], batch=batch) for network in (usual, dropping))
    assert other["synflow"] == close(one["synflow"])
    assert other["snip"] != pytest.approx(one["snip"]), "train mode drops half of the units"


@pytest.mark.parametrize("size", [None, 5])
def test_inputs_that_passes_draw(size: int | None) -> None:
    given = problem("residual")
    count = size or len(given.inputs)
    batch, device = given.batches[0], torch.device("cpu")
    for spec, expected in (
        (Pass("gaussian", size=size), lambda: noise(given, count)),
        (Pass("line", size=size), lambda: line(given, count)),
        (Pass("ones", size=size), lambda: torch.ones(count, 2, 6, 6).double()),
        (Pass("data", size=size), lambda: given.inputs[:count]),
    ):
        with torch.random.fork_rng():
            torch.manual_seed(8)
            found = make_inputs(spec, batch, device, torch.float64)
            torch.manual_seed(8)
            torch.testing.assert_close(found, expected(), rtol=1e-6, atol=1e-6)


def test_functional_norms_are_bypassed_like_modules() -> None:
    class Normed(nn.Module):
        def __init__(self, functional: bool) -> None:
            super().__init__()
            torch.manual_seed(2)
            self.conv, self.head = nn.Conv2d(2, 4, 3), nn.Linear(4, 4)
            self.norm = nn.GroupNorm(2, 4)
            self.functional = functional

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            if self.functional:
                x = F.group_norm(x, 2, self.norm.weight, self.norm.bias)
                x = F.layer_norm(x, x.shape[1:])
                x = F.batch_norm(x, None, None, training=True)
                x = F.instance_norm(x)
            else:
                x = self.norm(x)
            return self.head(x.mean(dim=(2, 3)))

    batch = problem("residual").batches[0]
    one, other = (zcnas.score(Normed(how).double(), "synflow", batch=batch)["synflow"] for how in (True, False))
    assert one == close(other)
