"""The blocks that the rule finds are those that a user would name by hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import pytest
import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models.regnet import BlockParams, RegNet
from torchvision.ops import Conv2dNormActivation

import zcnas
from zcnas.passes.blocks import block_names, named_block

# Classes in order of definition, from stem to head, neighbours of one class counted.
TORCHVISION = {
    "resnet18": "Conv2d, 8 BasicBlock, Linear",
    "resnet50": "Conv2d, 16 Bottleneck, Linear",
    "mobilenet_v2": "Conv2dNormActivation, 17 InvertedResidual, Conv2dNormActivation, Sequential",
    "mobilenet_v3_small": "Conv2dNormActivation, 11 InvertedResidual, Conv2dNormActivation, 2 Linear",
    "efficientnet_b0": "Conv2dNormActivation, 16 MBConv, Conv2dNormActivation, Sequential",
    "efficientnet_v2_s": "Conv2dNormActivation, 10 FusedMBConv, 30 MBConv, Conv2dNormActivation, Sequential",
    "convnext_tiny": "Conv2dNormActivation, 3 CNBlock, Sequential, 3 CNBlock, Sequential, 9 CNBlock, Sequential,"
    " 3 CNBlock, Sequential",
    "shufflenet_v2_x0_5": "Sequential, 16 InvertedResidual, Sequential, Linear",
    "densenet121": "Conv2d, _DenseBlock, _Transition, _DenseBlock, _Transition, _DenseBlock, _Transition,"
    " _DenseBlock, Linear",
    "vgg11": "8 Conv2d, 3 Linear",
    "vgg11_bn": "8 Conv2d, 3 Linear",
    "alexnet": "5 Conv2d, 3 Linear",
    "vit_b_16": "Conv2d, 12 EncoderBlock, Sequential",
    "swin_t": "Sequential, 2 SwinTransformerBlock, PatchMerging, 2 SwinTransformerBlock, PatchMerging,"
    " 6 SwinTransformerBlock, PatchMerging, 2 SwinTransformerBlock, Linear",
    "swin_v2_t": "Sequential, 2 SwinTransformerBlockV2, PatchMergingV2, 2 SwinTransformerBlockV2, PatchMergingV2,"
    " 6 SwinTransformerBlockV2, PatchMergingV2, 2 SwinTransformerBlockV2, Linear",
    "googlenet": "3 BasicConv2d, 9 Inception, Linear",
    "inception_v3": "5 BasicConv2d, 3 InceptionA, InceptionB, 4 InceptionC, InceptionD, 2 InceptionE, Linear",
    "squeezenet1_1": "Conv2d, 8 Fire, Sequential",
    "mnasnet0_5": "3 Conv2d, 16 _InvertedResidual, Conv2d, Sequential",
}
WITHOUT_AUXILIARY_HEADS = {"aux_logits": False, "init_weights": False}


def described(network: nn.Module) -> str:
    classes = [type(named_block(network, name)).__name__ for name in block_names(network)]
    runs = [(kind, len(list(run))) for kind, run in groupby(classes)]
    return ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in runs)


@pytest.mark.parametrize("name", TORCHVISION)
def test_networks_of_torchvision(name: str) -> None:
    options = WITHOUT_AUXILIARY_HEADS if name in ("googlenet", "inception_v3") else {}
    with torch.device("meta"):
        network = models.get_model(name, weights=None, **options)
    assert described(network) == TORCHVISION[name]


@pytest.mark.parametrize(
    ("depths", "expected"),
    [
        ((1, 3, 2, 1), "SimpleStemIN, 7 ResBottleneckBlock, Linear"),
        ((1, 1, 1, 1), "SimpleStemIN, 4 ResBottleneckBlock, Linear"),
    ],
)
def test_stages_are_opened_whatever_their_depth(depths: tuple[int, ...], expected: str) -> None:
    assert described(RegNet(BlockParams(depths, [8] * 4, [8] * 4, [1.0] * 4, [2] * 4))) == expected


class Wrapped(nn.Module):
    """A body that somebody put into a class of his own, before a new head."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body, self.head = body, nn.Linear(8, 5)


class LeNet(nn.Module):
    """Layers as attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.three(self.two(self.one(x).relu()).relu()).mean((2, 3))
        return out


class Separable(nn.Sequential):
    """A pair of convolutions, as Xception's blocks have several of in a chain."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8))


class Cell(nn.Module):
    """Composed operations of one class, in a chain and side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = nn.Sequential(nn.ReLU(), Separable(), nn.ReLU(), Separable())
        self.branches = nn.ModuleList([Separable(), Separable()])

    def forward(self, x: Tensor) -> Tensor:
        return x + sum(branch(self.chain(x)).mean() for branch in self.branches)


class Few(nn.Module):
    """Cells as attributes, fewer weights than elsewhere in the network."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Cell(), Cell()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(self.first(x))
        return out


class Split(nn.Module):
    """Branches that are plain chains."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Sequential(*Separable()), nn.Sequential(*Separable())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.left(x) + self.right(x)
        return out


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(48, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 5))


def stem() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())


def encoder() -> nn.Module:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)


def long_stem() -> nn.Module:
    return nn.Sequential(*(nn.Conv2d(3, 3, 3) for _ in range(20)))


BY_HAND: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "an MLP": (mlp, "3 Linear"),
    "a wrapped MLP": (lambda: Wrapped(mlp()), "4 Linear"),
    "a wrapped ResNet": (lambda: Wrapped(models.resnet18()), "Conv2d, 8 BasicBlock, 2 Linear"),
    "twice wrapped": (
        lambda: Wrapped(nn.Sequential(models.mobilenet_v2().features)),
        "Conv2dNormActivation, 17 InvertedResidual, Conv2dNormActivation, Linear",
    ),
    "wrapped layers": (lambda: Wrapped(LeNet()), "3 Conv2d, Linear"),
    "cells": (lambda: nn.Sequential(stem(), Cell(), nn.ModuleList([Cell(), Cell()])), "Sequential, 3 Cell"),
    "cells in few of the weights": (lambda: nn.Sequential(long_stem(), Few()), "20 Conv2d, 2 Cell"),
    "branches": (lambda: nn.Sequential(long_stem(), Split()), "20 Conv2d, Split"),
    "pairs in a chain": (lambda: nn.Sequential(stem(), *(Separable() for _ in range(3))), "Sequential, 3 Separable"),
    "a list of one": (lambda: nn.Sequential(stem(), nn.ModuleList([stem()])), "2 Sequential"),
    "torch's encoder": (lambda: nn.Sequential(long_stem(), encoder()), "20 Conv2d, 2 TransformerEncoderLayer"),
    "a recurrent layer": (lambda: Wrapped(nn.GRU(8, 8)), "GRU, Linear"),
    "attention": (lambda: nn.Sequential(nn.MultiheadAttention(8, 2)), "MultiheadAttention"),
    "a single wrapper": (lambda: nn.Sequential(Conv2dNormActivation(3, 8)), "Conv2dNormActivation"),
    "no weights": (lambda: nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)), ""),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_networks_made_by_hand(name: str) -> None:
    build, expected = BY_HAND[name]
    with torch.device("meta"):
        assert described(build()) == expected


class Branches(nn.Module):
    """Two convolutions side by side, which the rule takes for neighbours."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.head = nn.Conv2d(3, 8, 3), nn.Conv2d(3, 8, 3), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head((self.left(x) + self.right(x)).relu().mean((2, 3)))
        return logits


class NamedBranches(Branches):
    block_names = ("left", "right")
    last_map_name = "right"


def test_blocks_without_a_path_between_them_have_no_trainability() -> None:
    batch = (torch.randn(8, 3, 6, 6), torch.arange(8) % 5)
    found = zcnas.score(Branches(), "az_*", batch=batch)
    assert [found.status(name) for name in ("az_expressivity", "az_progressivity")] == ["ok", "ok"]
    assert found.status("az_trainability") == "undefined"
    assert "no path leads from block 'left' to block 'right'" in found.details["az_trainability"].reason
    # A model that names its blocks is taken at its word, and gets the authors' value.
    assert zcnas.score(NamedBranches(), "az_trainability", batch=batch)["az_trainability"] == pytest.approx(2 - 1e6)
