"""What must hold by mathematics: invariance, closed forms and bounds."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import zcnas
from tests.theorem_networks import CLASSES, IMAGE, N, chain, close, images, layers, linear, scaled, seeded, value
from zcnas.passes import Pass, ProxyContext
from zcnas.passes.rectifiers import CodeKernel
from zcnas.proxies import PROXIES
from zcnas.proxies.zen import Zen


class Louder(nn.Module):
    """The same logits, larger."""

    def __init__(self, network: nn.Module, factor: float) -> None:
        super().__init__()
        self.network, self.factor = network, factor

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x) * self.factor


@pytest.mark.parametrize("name", ["jacob_cov", "epe_nas", "ntk_condition", "nwot"])
def test_the_scale_of_the_logits_does_not_matter(name: str) -> None:
    network = chain(bias=True)
    assert value(Louder(network, -7.0), name) == close(value(network, name), rel=1e-8)


@pytest.mark.parametrize("name", ["nwot", "linear_regions", "linear_regions_released"])
def test_codes_do_not_depend_on_the_scale_of_weights(name: str) -> None:
    network = chain()
    # A power of two, so that rounding is the same.
    assert value(scaled(network, 0.25), name) == value(network, name)


def test_the_order_of_samples_does_not_matter() -> None:
    network = chain(bias=True, norm=True)
    order = torch.randperm(N, generator=torch.Generator().manual_seed(1))
    data = [images(0), images(1)]
    shuffled = [zcnas.Batch(batch.inputs[order], batch.targets[order]) for batch in data if batch.targets is not None]
    one, other = (dict(zcnas.score(network, list(PROXIES), batch=batch)) for batch in (data, shuffled))
    assert other == pytest.approx(one, rel=1e-8, nan_ok=True)


DATA_FREE = {
    *("params", "flops", "flops_released", "l2_norm", "synflow", "log_synflow", "synflow_bn"),
    *("synflow_released", "zen", "zen_released"),
    *("az_expressivity", "az_progressivity", "az_trainability", "meco", "meco_released"),
    *("linear_regions", "linear_regions_released"),
}


def test_only_these_do_without_data() -> None:
    network = chain(bias=True, norm=True)
    one, other = (zcnas.score(network, list(PROXIES), batch=[images(i), images(i + 1)]) for i in (0, 2))
    defined = {name for name in PROXIES if one.status(name) == "ok"}
    # Counts of patterns on data, which may agree by chance.
    same = {name for name in defined if one[name] == other[name]} - {"swap", "swap_regularised"}
    assert same == DATA_FREE & defined
    assert {"synflow", "zen", "az_trainability", "linear_regions"} <= same


def test_labels_are_needed_where_a_proxy_says_so() -> None:
    network = chain(bias=True, norm=True)
    data = [images(0), images(1)]
    bare = [zcnas.Batch(batch.inputs) for batch in data]
    with_labels, without = (zcnas.score(network, list(PROXIES), batch=batch) for batch in (data, bare))
    for name, factory in PROXIES.items():
        if factory().needs_labels:
            assert "label" in without.details[name].reason
        else:
            assert without[name] == pytest.approx(with_labels[name], rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", ["zen", "zen_released", "swap", "params", "flops"])
def test_redrawn_weights_stand_for_the_given_ones(name: str) -> None:
    network = chain(bias=True, norm=True)
    assert value(scaled(network, 5.0), name) == value(network, name)


def test_nwots_kernel() -> None:
    """Its diagonal is the number of units; it is symmetric, and at most its diagonal elsewhere."""
    network, batch = chain(bias=True), images()
    kernel, units = ProxyContext(network, [batch]).observe(Pass(), CodeKernel())
    assert units == 4 * 36 + 6 * 4 + 7
    assert torch.equal(kernel.diagonal(), torch.full((N,), float(units), dtype=torch.float64))
    assert torch.equal(kernel, kernel.mT)
    assert float(kernel.min()) >= 0
    assert float(kernel.max()) <= units
    assert float(torch.linalg.eigvalsh(kernel)[0]) > 0


def test_jacob_cov_of_a_linear_network() -> None:
    """All Jacobians are equal: one eigenvalue is N, the others are 0."""
    k = 1e-5
    expected = -(math.log(N + k) + 1 / (N + k)) - (N - 1) * (math.log(k) + 1 / k)
    assert value(linear(), "jacob_cov") == close(expected, rel=1e-8)


def test_epe_nas_of_a_linear_network() -> None:
    sizes = torch.bincount(images().targets).tolist()  # type: ignore[arg-type]
    assert value(linear(), "epe_nas") == close(sum(size**2 * math.log(1 + 1e-5) for size in sizes), rel=1e-8)


def test_ntk_condition_of_a_linear_network() -> None:
    """Its tangent kernel is the number of classes times the inputs' Gram matrix."""
    rows = images().inputs.flatten(1)
    values = torch.linalg.eigvalsh(rows @ rows.mT)
    assert value(linear(), "ntk_condition") == close((values[-1] / values[0]).item(), rel=1e-8)


def test_ntk_condition_is_at_least_one() -> None:
    assert value(chain(bias=True), "ntk_condition") >= 1


def test_gradsign_of_equal_samples_is_their_number_for_every_weight() -> None:
    one = images(size=1)
    batch = zcnas.Batch(one.inputs.expand(6, *IMAGE), torch.zeros(6, dtype=torch.long))
    assert value(linear(), "gradsign_released", batch=batch) == 6
    assert value(linear(), "gradsign", batch=batch) == 6 * 72 * CLASSES
    assert value(chain(bias=True), "gradsign_released", batch=images()) <= N


def test_zico_of_gradients_that_differ_by_a_factor() -> None:
    """Mean over deviation of 1 and 3 is 2 for every weight, so each layer gives the logarithm of twice its weights."""
    network = linear()
    first = images()
    loss: Callable[[Tensor, Tensor], Tensor] = lambda logits, _: logits.sum()  # noqa: E731
    batches = [first, zcnas.Batch(3 * first.inputs, first.targets)]
    for name in ("zico", "zico_released"):
        assert value(network, name, batch=batches, loss=loss) == close(math.log(2 * 72 * CLASSES))


def test_zico_does_not_depend_on_the_order_of_batches() -> None:
    network = chain(bias=True, norm=True)
    assert value(network, "zico", batch=[images(1), images(0)]) == close(value(network, "zico"))


def test_a_rectified_layer_is_crossed_at_most_once_per_unit() -> None:
    network = seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(72, 9), nn.ReLU(), nn.Linear(9, CLASSES)))
    assert 1 < value(network, "linear_regions") <= 1 + 9
    assert 1 <= value(network, "swap") <= 9


def test_swap_is_at_most_the_number_of_sign_patterns() -> None:
    assert value(chain(), "swap") <= 4 * 36 + 6 * 4 + 7


def test_meco_lies_between_0_and_the_number_of_maps() -> None:
    parts = layers(chain(bias=True), "meco")
    assert len(parts) == 2
    assert all(-1e-12 <= part <= 1 for part in parts.values())


def test_az_expressivity_is_at_most_the_logarithm_of_the_channels() -> None:
    parts = layers(chain(bias=True), "az_expressivity")
    assert parts.keys() == {"0", "2"}
    assert 0 < parts["0"] <= math.log(4)
    assert 0 < parts["2"] <= math.log(6)


def test_az_trainability_is_at_most_0() -> None:
    """2 - s - 1/s is largest at s = 1."""
    assert value(chain(bias=True), "az_trainability") <= 1e-5


def test_zen_grows_by_the_logarithm_of_the_step() -> None:
    """A network of one convolution is linear, so a step ten times as long moves its map ten times as far."""
    network = seeded(lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    scores = [zcnas.score(network, Zen(alpha=alpha), batch=images())["zen"] for alpha in (0.01, 0.1)]
    assert scores[1] - scores[0] == pytest.approx(math.log(10), rel=1e-9)


def test_params_and_l2_norm_of_a_layer() -> None:
    network = linear()
    assert value(network, "params") == 73 * CLASSES
    assert value(scaled(network, -3.0), "l2_norm") == close(3 * value(network, "l2_norm"))
    assert value(network, "flops") == 72 * CLASSES
