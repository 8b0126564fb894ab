"""Layers by themselves make up the networks, whatever the space."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from zcnas.errors import InputError
from zcnas.searchspaces import get
from zcnas.space import Layer, LayerBuilder, Layered

Options = dict[str, Any]

CHAINS: list[tuple[str, Options]] = [
    ("proxylessnas", {"num_classes": 4}),
    ("proxylessnas", {"num_classes": 4, "skeleton": "mobile_14"}),
    ("fbnet", {"num_classes": 4}),
    ("fbnet", {"num_classes": 4, "skeleton": "imagenet"}),
    ("ofa_mobilenetv3", {"num_classes": 4, "width": 1.2}),
    ("ofa_mobilenetv3", {"num_classes": 4, "width": 0.5}),
    ("nasbench_macro", {"num_classes": 4, "C": 4}),
    ("transnasbench101_macro", {"num_classes": 4, "C": 4}),
]
SPACES: list[tuple[str, Options]] = [*CHAINS, ("natsbench_size", {"num_classes": 4})]


def pieces(name: str, options: Options, size: int, seed: int = 0) -> tuple[nn.Module, list[Layer]]:
    """The network of a random architecture, and its layers."""
    space: Any = get(name)
    arch = space.sample(np.random.default_rng(seed))
    layers = [space.layer(key, seed=0) for key in space.layers(arch, resolution=size, **options)]
    return space.build(arch, seed=0, **options), layers


def shapes(module: nn.Module) -> list[tuple[int, ...]]:
    return sorted(tuple(one.shape) for one in module.parameters())


@pytest.mark.parametrize(("name", "options"), SPACES)
def test_layers_have_the_networks_parameters(name: str, options: Options) -> None:
    space = get(name)
    assert isinstance(space, Layered)
    assert isinstance(space, LayerBuilder)
    network, layers = pieces(name, options, 32)
    assert shapes(nn.ModuleList(one.module for one in layers)) == shapes(network)


@pytest.mark.parametrize(("name", "options"), CHAINS)
@pytest.mark.parametrize("size", [32, 27])
def test_layers_in_a_row_are_the_network(name: str, options: Options, size: int) -> None:
    """Each takes what the one before gives, and with the network's weights they give its logits."""
    network, layers = pieces(name, options, size, seed=size)
    row = nn.Sequential(*(one.module for one in layers)).eval()
    with torch.no_grad():
        for ours, theirs in zip(row.parameters(), network.parameters(), strict=True):
            ours.copy_(theirs)
        images = x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
        for module, (taken,), _ in layers:
            assert x.shape[1:] == taken
            x = module(x)
        # Float32 of the same operations in the same order.
        torch.testing.assert_close(x, network.eval()(images))


def test_cells_of_one_width_sum_up() -> None:
    """Three sums and five convolutions a cell, of which the skip is a layer where channels change."""
    space: Any = get("natsbench_size")
    keys = space.layers(space.parse("8:8:8:16:24"))
    kinds = [key.partition("-")[0] for key in keys]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "stem": 1,
        "nor_conv_3x3": 15,
        "add": 9,
        "reduction": 2,
        "projection": 1,
        "head": 1,
    }
    for key in set(keys):
        module, taken, _ = space.layer(key)
        out = module(*(torch.zeros(2, *shape) for shape in taken))
        told = [int(number) for number in key.rpartition("output:")[2].split("x")]
        assert list(out.shape) == [2, told[-1], *told[:-1]]


BLOCK = "expanded_conv-input:14x14x80-output:{}-expand:{}-kernel:5-stride:1-idskip:{}"


@pytest.mark.parametrize(
    ("name", "key", "near"),
    [
        ("proxylessnas", BLOCK.format("7x7x80", 6, 1), BLOCK.format("14x14x80", 6, 1)),
        ("proxylessnas", BLOCK.format("14x14x96", 6, 1), BLOCK.format("14x14x96", 6, 0)),
        ("proxylessnas", BLOCK.format("14x14x96", 6, 2), "expanded_conv-input:{size}x{size}x{before}-output"),
        ("proxylessnas", "Conv_1-input:7x8x320-output:7x7x1280", "Conv_1-input:{size}x{size}x{before}-output"),
        ("ofa_mobilenetv3", "Conv_3-input:1x1x960-output:1x1x1280", "Conv_2-input:1x1x{before}-output"),
        ("fbnet", "0/skip", "Skip_H{size}_W{size}_Cin{before}_Cout{after}_stride{stride}"),
        ("fbnet", "AvgP_H4_W4_Cin8_Cout16_kernel2_stride1", "AvgP_H4_W4_Cin8_Cout8_kernel4_stride1"),
        ("fbnet", "ConvBlock_H4_W4_Cin9_Cout16_exp1_kernel3_stride1_group2", "divisible by groups"),
        ("nasbench_macro", "mb3_k3-input:8x8x4-output:8x8x8", "mb3_k3-input:8x8x4-output:4x4x8"),
        ("transnasbench101_macro", "stem-input:8x8x3-output:8x8x4", "stem-input:8x8x3-output:2x2x4"),
        ("natsbench_size", "head-input:0x0x8-output:10", "head-input:{size}x{size}x{before}-output:{after}"),
    ],
)
def test_errors_name_the_nearest_layer(name: str, key: str, near: str) -> None:
    space: Any = get(name)
    with pytest.raises(InputError) as told:
        space.layer(key)
    assert f"expected a layer of {name}, as its 'layers' spells them, got {key!r}; nearest: " in str(told.value)
    assert near in str(told.value).partition("nearest: ")[2]
