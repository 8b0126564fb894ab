"""Weights that are no numbers, or numbers of an unusual kind."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from tests.faults.helpers import CLASSES, network, refused, score, two_batches
from zcnas.errors import ModelError
from zcnas.proxies import PROXIES


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["0.weight", "1.bias", "6.weight"])
@pytest.mark.parametrize("proxy", ["snip", "params", "synflow"])
def test_weights_that_are_no_numbers_are_named(name: str, bad: float, proxy: str) -> None:
    model = network()
    model.get_parameter(name).data.view(-1)[-1] = bad
    refused(ModelError, f"parameter '{name}' holds NaN or infinite values", "re-initialise", model=model, proxies=proxy)


def test_huge_weights_are_numbers() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, CLASSES))
    nn.init.constant_(model[1].weight, 3e38)
    assert score(model, "params")["params"] == 147


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(kind: torch.dtype) -> None:
    half = network().to(kind)
    single = network().to(kind).float()
    names = [name for name in PROXIES if not name.startswith(("swap", "zen"))]
    found, expected = (score(model, names, batch=two_batches(16)) for model in (half, single))
    assert dict(found) == dict(expected)
    assert {found.status(name) for name in names} == {"ok"}


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_every_proxy_copes_with_every_precision(kind: torch.dtype) -> None:
    found = score(network().to(kind), list(PROXIES), batch=two_batches(16))
    assert {name: found.details[name].reason for name in found if found.status(name) != "ok"} == {}


def test_complex_weights_are_refused() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, CLASSES, dtype=torch.complex64))
    refused(ModelError, "parameter '1.weight' is complex", "real weights", model=model)


class Tabled(nn.Module):
    """Holds integers as parameters, as quantised and window-attention models do."""

    def __init__(self) -> None:
        super().__init__()
        self.order = nn.Parameter(torch.arange(48).flip(0).view(6, 8), requires_grad=False)
        self.body = nn.Linear(48, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.body(x.flatten(1)[:, self.order.flatten()])
        return logits


def test_integer_parameters_are_no_weights() -> None:
    found = score(Tabled(), list(PROXIES), batch=two_batches(16))
    assert [name for name in found if found.status(name) == "failed"] == []
    model = Tabled()
    assert score(model, "l2_norm")["l2_norm"] == pytest.approx(model.body.weight.norm().item())
    assert set(score(model, "snip", per_layer=True).details["snip"].layers or {}) == {"body.weight"}


def test_frozen_parameters_score_like_others() -> None:
    frozen = network().requires_grad_(False)
    found, expected = (score(model, list(PROXIES), batch=two_batches(16)) for model in (frozen, network()))
    assert dict(found) == dict(expected)
    assert not any(parameter.requires_grad for parameter in frozen.parameters())


def test_weights_made_in_inference_mode_score_like_others() -> None:
    with torch.inference_mode():
        model = network()
    names = ["snip", "grasp", "gradsign", "synflow", "nwot", "jacob_cov"]
    assert dict(score(model, names)) == dict(score(network(), names))
