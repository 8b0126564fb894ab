"""What must hold by mathematics: conservation, homogeneity, and how the loss's scale tells."""

from __future__ import annotations

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import zcnas
from tests.theorem_networks import CLASSES, IMAGE, chain, close, images, layers, scaled, seeded, value
from zcnas.proxies import PROXIES


@pytest.mark.parametrize("norm", [False, True])
def test_synflow_is_conserved_from_layer_to_layer(norm: bool) -> None:
    network = chain(norm=norm)
    positive = copy.deepcopy(chain())
    with torch.no_grad():
        for weight in positive.parameters():
            weight.abs_()
        total = positive(torch.ones(1, *IMAGE).double()).sum().item()
    parts = layers(network, "synflow")
    assert len(parts) == 4
    assert all(part == close(total) for part in parts.values())
    assert value(network, "log_synflow") == close(math.log(4 * total))


def test_synflow_knows_no_signs_and_is_linear_in_every_layer() -> None:
    network = chain()
    for index in range(4):
        changed = scaled(network, -2.5, slice(index, index + 1))
        assert value(changed, "synflow") == close(2.5 * value(network, "synflow"))


def test_synflow_of_a_single_layer_is_the_sum_of_its_weights() -> None:
    network = seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(72, CLASSES)))
    assert value(network, "synflow") == close(network[1].weight.abs().sum().item())  # type: ignore[index, union-attr]


def test_plain_is_the_slope_of_the_loss_when_all_weights_grow() -> None:
    network, batch, step = chain(bias=True, norm=True), images(), 1e-5

    def loss(factor: float) -> float:
        logits = scaled(network, factor).train()(batch.inputs)
        return F.cross_entropy(logits, batch.targets).item()

    slope = (loss(1 + step) - loss(1 - step)) / (2 * step)
    assert value(network, "plain") == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_plain_by_eulers_theorem() -> None:
    """Without biases the logits are homogeneous of degree 1 in every layer."""
    network, batch = chain(), images()
    total = network(batch.inputs).sum().item()
    parts = layers(network, "plain", loss=lambda logits, _: logits.sum())
    assert all(part == close(total) for part in parts.values())
    assert value(network, "plain", loss=lambda logits, _: logits.sum()) == close(4 * total)


def test_snip_is_the_gradient_of_a_mask() -> None:
    network, batch = chain(bias=True, norm=True), images()
    masks = {name: torch.ones_like(w, requires_grad=True) for name, w in network.named_parameters() if w.ndim >= 2}
    masked = {name: network.get_parameter(name).detach() * mask for name, mask in masks.items()}
    logits = torch.func.functional_call(network.train(), masked, (batch.inputs,))
    F.cross_entropy(logits, batch.targets).backward()
    parts = layers(network, "snip")
    assert parts.keys() == masks.keys()
    for name, mask in masks.items():
        assert mask.grad is not None
        assert parts[name] == close(mask.grad.abs().sum().item())


def test_snip_bounds_plain() -> None:
    network = chain(bias=True)
    snip, plain = layers(network, "snip"), layers(network, "plain")
    assert all(abs(plain[name]) <= snip[name] for name in snip)


def test_fisher_of_one_sample_and_one_channel_is_half_the_square_of_plain() -> None:
    """There the summed product of activation and gradient is that of weight and gradient."""
    network = seeded(
        lambda: nn.Sequential(nn.Conv2d(2, 1, 3, bias=False), nn.Tanh(), nn.Flatten(), nn.Linear(16, CLASSES))
    )
    batch = images(size=1)
    fisher, plain = (layers(network, name, batch=batch)["0.weight"] for name in ("fisher", "plain"))
    assert fisher == close(plain**2 / 2)
    assert fisher > 0


def invariant_network() -> nn.Module:
    """Every weight is followed by a batch norm without epsilon, so its scale does not matter."""
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3),
            nn.BatchNorm2d(4, eps=0.0),
            nn.Tanh(),
            nn.Conv2d(4, 3, 3, stride=2),
            nn.BatchNorm2d(3, eps=0.0),
            nn.Tanh(),
            nn.Flatten(),
            nn.Linear(3, CLASSES),
            nn.BatchNorm1d(CLASSES, eps=0.0, affine=False),
        )
    )


def test_grasp_of_a_scale_invariant_network_is_the_squared_gradient() -> None:
    """L(sW) = L(W): so <W, g> = 0 in every layer, and its derivative gives HW = -g."""
    network = invariant_network()
    norms = layers(network, "grad_norm").values()
    assert value(network, "grasp") == close(sum(norm**2 for norm in norms), rel=1e-8)
    for name, part in layers(network, "plain").items():
        assert abs(part) < 1e-10 * layers(network, "snip")[name]


def test_grad_norm_falls_as_weights_grow_where_their_scale_does_not_matter() -> None:
    network = invariant_network()
    assert value(scaled(network, 2.0), "grad_norm") == close(value(network, "grad_norm") / 2, rel=1e-8)


DEGREE = {
    "grad_norm": 1,
    "grad_norm_global": 1,
    "snip": 1,
    "plain": 1,
    "grasp": 2,
    "fisher": 2,
    "fisher_released": 2,
    "zico": 0,
    "zico_released": 0,
    "gradsign": 0,
    "gradsign_released": 0,
}


def test_only_these_depend_on_the_loss() -> None:
    network = chain(bias=True, norm=True)
    data = [images(0), images(1)]
    names = list(PROXIES)
    usual = zcnas.score(network, names, batch=data)
    other = zcnas.score(network, names, batch=data, loss=lambda logits, _: (logits.exp() * torch.ones(5)).sum())
    changed = {name for name in names if dict(usual)[name] != pytest.approx(dict(other)[name], nan_ok=True)}
    assert changed == set(DEGREE)


@pytest.mark.parametrize("name", DEGREE)
def test_how_a_loss_three_times_as_large_tells(name: str) -> None:
    network = chain(bias=True, norm=True)
    larger = value(network, name, loss=lambda logits, targets: 3 * F.cross_entropy(logits, targets))
    assert larger == close(3 ** DEGREE[name] * value(network, name))
