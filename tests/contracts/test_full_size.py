"""The four usual networks at full size, once, with the proxies that are cheap."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models._api import WeightsEnum

import zcnas
from zcnas.testing.snapshot import changes, snapshot

PROXIES = ["params", "flops", "l2_norm", "grad_norm", "snip", "fisher", "jacob_cov", "nwot"]
# What torchvision documents of each network: millions of multiply-adds and parameters.
NETWORKS: dict[str, tuple[Callable[..., nn.Module], WeightsEnum]] = {
    "resnet18": (models.resnet18, models.ResNet18_Weights.IMAGENET1K_V1),
    "mobilenet_v3_small": (models.mobilenet_v3_small, models.MobileNet_V3_Small_Weights.IMAGENET1K_V1),
    "vit_b_16": (models.vit_b_16, models.ViT_B_16_Weights.IMAGENET1K_V1),
    "swin_t": (models.swin_t, models.Swin_T_Weights.IMAGENET1K_V1),
}


def build(name: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        model = NETWORKS[name][0](weights=None)
        if name == "vit_b_16":
            # Torchvision starts with a head of zeros, behind which every gradient is zero.
            nn.init.normal_(model.get_parameter("heads.head.weight"), std=0.02)
    return model


# In one test, because scoring takes seconds and tests may run in different processes.
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_usual_size(name: str) -> None:
    model, images = build(name), torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    before = snapshot(model)
    found = zcnas.score(model, PROXIES, batch=(images, torch.tensor([3, 7])))
    assert changes(before, snapshot(model)) == []

    documented = NETWORKS[name][1].meta
    assert found["params"] == documented["num_params"]
    # Documented in units of 10^9, with three digits after the point.
    assert found["flops"] / 1e9 == pytest.approx(documented["_ops"], abs=0.0006)

    piecewise_linear = name in ("resnet18", "mobilenet_v3_small")
    expected = {proxy: "ok" if proxy != "nwot" or piecewise_linear else "undefined" for proxy in PROXIES}
    assert {proxy: found.status(proxy) for proxy in PROXIES} == expected
    assert all(found[proxy] > 0 for proxy in ("l2_norm", "grad_norm", "snip", "fisher"))
