"""Networks: published sizes, and torchvision's or an obvious implementation with the same weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import MobileNetV2, MobileNetV3
from torchvision.models.mobilenetv3 import InvertedResidualConfig

import zcnas
from tests.searchspaces.mobilenet_naive import Naive
from tests.searchspaces.mobilenet_published import (
    FBNET_FLOPS,
    FBNET_SIZES,
    OFA,
    PROXYLESS,
    PROXYLESS_FLOPS,
    PROXYLESS_SIZES,
)
from zcnas.errors import InputError, UnknownNameError
from zcnas.features import HasFeatures
from zcnas.searchspaces.mobilenet import FBNet, MobileNetwork, OFAMobileNetV3, ProxylessNAS
from zcnas.searchspaces.mobilenet.fbnet import SKELETONS
from zcnas.space import Architecture

FBNET, OFA_SPACE, PROXYLESS_SPACE = FBNet(), OFAMobileNetV3(), ProxylessNAS()
SPACES = (FBNET, OFA_SPACE, PROXYLESS_SPACE)
STAGES = [range(1), *(range(start, start + 4) for start in range(1, 21, 4)), range(21, 22)]


def size(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def megaflops(network: nn.Module, pixels: int) -> float:
    return zcnas.score(network, ["flops"], batch=torch.zeros(1, 3, pixels, pixels))["flops"] / 1e6


def images(count: int = 2, pixels: int = 32) -> Tensor:
    return torch.randn(count, 3, pixels, pixels, generator=torch.Generator().manual_seed(0)).double()


def settled(network: MobileNetwork) -> MobileNetwork:
    """In evaluation mode, with running statistics that are not those of the start."""
    network = network.double()
    network(images(4))
    return network.eval()


def agree(ours: MobileNetwork, theirs: nn.Module, pixels: int) -> None:
    """The same outputs with the same weights, taken in order; theirs has a bias more."""
    weights = dict(theirs.double().eval().state_dict())
    spare = {name: torch.zeros_like(value) for name, value in weights.items() if name == "classifier.0.bias"}
    mine = [value.view(-1) for value in ours.state_dict().values()]
    names = [name for name in weights if name not in spare]
    shaped = {name: value.view_as(weights[name]) for name, value in zip(names, mine, strict=True)}
    theirs.load_state_dict({**shaped, **spare})
    with torch.no_grad():
        torch.testing.assert_close(ours(images(pixels=pixels)), theirs(images(pixels=pixels)))


@pytest.mark.parametrize("skeleton", PROXYLESS)
def test_proxylessnas_networks_are_the_published_ones(skeleton: str) -> None:
    network = PROXYLESS_SPACE.build(PROXYLESS_SPACE.parse(PROXYLESS[skeleton]), num_classes=1000, skeleton=skeleton)
    assert size(network) == PROXYLESS_SIZES[skeleton]
    if skeleton in PROXYLESS_FLOPS:
        assert round(megaflops(network, 224), 1) == PROXYLESS_FLOPS[skeleton]


@pytest.mark.parametrize("name", OFA)
def test_once_for_all_networks_are_the_published_ones(name: str) -> None:
    settings, parameters, flops = OFA[name]
    network = OFA_SPACE.build(OFA_SPACE.from_settings(settings), num_classes=1000)
    assert round(size(network) / 1e6, 1) == parameters
    assert round(megaflops(network, settings["r"])) == flops


def test_fbnet_networks_are_those_of_hw_nas_bench() -> None:
    for code, sizes in FBNET_SIZES.items():
        for (skeleton, frame), expected in zip(SKELETONS.items(), sizes, strict=True):
            network = FBNET.build(FBNET.from_ops(code), num_classes=frame.num_classes, skeleton=skeleton)
            assert size(network) == expected
    for names, flops in FBNET_FLOPS:
        # Within a hundredth: theirs have no convolution where a block does not expand, nor HW-NAS-Bench's last width.
        found = megaflops(FBNET.build(FBNET.from_ops(names.split()), num_classes=1000, skeleton="imagenet"), 224)
        assert found == pytest.approx(flops, rel=0.01)


def test_once_for_all_is_torchvisions_mobilenetv3() -> None:
    rng = np.random.default_rng(0)
    kinds = [("RE", False), ("RE", True), ("HS", False), ("HS", True), ("HS", True)]
    for arch in (OFA_SPACE.sample(rng) for _ in range(3)):
        found, before = OFA_SPACE.settings(arch), 16
        blocks = [InvertedResidualConfig(16, 3, 16, 16, False, "RE", 1, 1, 1.0)]
        for stage, (after, (act, squeeze)) in enumerate(zip((24, 40, 80, 112, 160), kinds, strict=True)):
            for place in range(found["d"][stage]):
                kernel, ratio = found["ks"][4 * stage + place], found["e"][4 * stage + place]
                stride = 1 if place or stage == 3 else 2
                blocks.append(
                    InvertedResidualConfig(before, kernel, ratio * before, after, squeeze, act, stride, 1, 1.0)
                )
                before = after
        norm = partial(nn.BatchNorm2d, eps=1e-5)
        theirs = MobileNetV3(blocks, last_channel=1280, num_classes=7, norm_layer=norm)
        agree(settled(OFA_SPACE.build(arch, num_classes=7, seed=0)), theirs, found["r"] // 2)


def test_small_kernels_of_proxylessnas_are_torchvisions_mobilenetv2() -> None:
    arch = PROXYLESS_SPACE.architecture((0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1))
    rows, stages = [[1, 16, 1, 1]], (24, 40, 80, 96, 192, 320)
    for place, gene in enumerate(arch.genome):
        rows.append([3 * (gene + 1), stages[place // 4], 1, 1 if place % 4 or place in (12, 20) else 2])
    theirs = MobileNetV2(7, inverted_residual_setting=rows, norm_layer=partial(nn.BatchNorm2d, eps=1e-3))
    agree(settled(PROXYLESS_SPACE.build(arch, num_classes=7, seed=0)), theirs, 64)


@pytest.mark.parametrize("seed", range(3))
def test_proxylessnas_is_as_an_obvious_implementation(seed: int) -> None:
    arch = PROXYLESS_SPACE.sample(np.random.default_rng(seed))
    names = [f"k{op[0]}_e{op[-1]}" for op in PROXYLESS_SPACE.format(arch).replace("Zero", "0x0_MBConv0").split(",")]
    stages = [["k3"], *([names[number - 1] for number in stage] for stage in STAGES[1:])]
    network = settled(PROXYLESS_SPACE.build(arch, seed=0))
    widths, strides = (16, 24, 40, 80, 96, 192, 320), (2, 1, 2, 2, 2, 1, 2, 1)
    live = [[name for name in stage if name != "k0_e0"] for stage in stages]
    with torch.no_grad():
        expected = Naive(network, "relu6").logits(live, widths, strides, images())
        torch.testing.assert_close(network(images()), expected)


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_fbnet_is_as_an_obvious_implementation(skeleton: str) -> None:
    rng, frame = np.random.default_rng(0), SKELETONS[skeleton]
    for arch in (FBNET.sample(rng) for _ in range(2)):
        ops = FBNET.ops(arch)
        network = settled(FBNET.build(arch, seed=0, skeleton=skeleton))
        naive = Naive(network, "relu")
        with torch.no_grad():
            stages = [[ops[number] for number in stage] for stage in STAGES]
            expected = naive.logits(stages, (16, 24, 32, 64, 112, 184, 352), (frame.stride, *frame.strides), images())
            torch.testing.assert_close(network(images()), expected)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_named_blocks_run_in_order_and_change_the_map(space: Any) -> None:
    network = space.build(space.sample(np.random.default_rng(2)), seed=0)
    assert isinstance(network, HasFeatures)
    seen: list[str] = []
    for name in (*network.block_names, network.last_map_name):
        network.get_submodule(name).register_forward_hook(lambda *_, name=name, seen=seen: seen.append(name))
    network(images(pixels=16).float())
    assert seen == [*network.block_names, network.last_map_name]
    assert not any(isinstance(block, nn.Identity) for block in network.blocks)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (3, 1, 15, 9), (4, 3, 1, 1)])
def test_any_size_classes_and_channels(space: Any, shape: tuple[int, ...]) -> None:
    network = space.build(space.sample(np.random.default_rng(0)), num_classes=7, in_channels=shape[1])
    logits = network(torch.randn(shape))
    assert logits.shape == (shape[0], 7)
    assert torch.isfinite(logits).all()


# Few and narrow blocks, which are quick. At 32 pixels and below, the last two have maps of one position, which a single
# image cannot normalise.
@pytest.mark.parametrize(
    ("space", "arch", "options", "pixels"),
    [
        (FBNET, FBNET.from_ops([8, *[0, 8, 8, 8] * 4, *[8, 5, 2, 8], 0]), {}, 16),
        (OFA_SPACE, OFA_SPACE.architecture((*[0] * 45, 24)), {"width": 0.5}, 64),
        (PROXYLESS_SPACE, PROXYLESS_SPACE.architecture((*[0, 6, 6, 6] * 4, *[2, 6, 6, 6], 0)), {}, 64),
    ],
)
def test_all_proxies_have_a_value(space: Any, arch: Architecture, options: dict[str, Any], pixels: int) -> None:
    x = images(16, pixels=pixels).float()
    batch = [zcnas.Batch(inputs, torch.arange(16) % 10) for inputs in (x, -x)]
    scores = zcnas.score(space.build(arch, seed=0, **options), batch=batch)
    reasons = {name: scores.details[name].reason for name in scores if scores.status(name) != "ok"}
    # Before training, gates and many norms make the answers to noise so alike that rounding decides on this.
    assert reasons in ({}, {"ntk_condition": "the tangent kernel is singular"})


def test_representatives_are_equal_networks() -> None:
    for space in SPACES:
        rng = np.random.default_rng(0)
        for arch in (space.sample(rng) for _ in range(2)):
            networks: list[MobileNetwork] = [space.build(one, seed=0) for one in (arch, space.representative(arch))]
            first, other = (list(network.state_dict().values()) for network in networks)
            assert [value.shape for value in first] == [value.shape for value in other]
            networks[1].load_state_dict(networks[0].state_dict())
            x = images(pixels=16).float()
            torch.testing.assert_close(networks[0].eval()(x), networks[1].eval()(x))


def test_wider_networks_of_once_for_all() -> None:
    arch = OFA_SPACE.from_settings({"ks": [3] * 20, "e": [3] * 20, "d": [2] * 5, "r": 160})
    network = OFA_SPACE.build(arch, width=1.2)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d) and module.groups == 1]
    assert {24, 32, 48, 96, 136, 192, 1152, 1536} <= {module.out_channels for module in convolutions}


@pytest.mark.parametrize(
    ("space", "options", "error", "message"),
    [
        (OFA_SPACE, {"width": 0}, InputError, "expected a factor above 0"),
        (FBNET, {"skeleton": "imagnet"}, UnknownNameError, "did you mean 'imagenet'"),
        (PROXYLESS_SPACE, {"skeleton": "mobil"}, UnknownNameError, "did you mean 'mobile'"),
    ],
)
def test_bad_arguments(space: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    arch: Architecture = space.sample(np.random.default_rng(0))
    for use in (space.build, space.layers):
        with pytest.raises(error, match=message):
            use(arch, **options)
