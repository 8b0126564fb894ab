"""A small zoo: every class of model that proxies must cope with, at a size that scores in a fraction of a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from zcnas.batch import Batch
from zcnas.searchspaces.nasbench201 import NASBench201
from zcnas.testing.modules import (
    Checkpointed,
    EditsItsInput,
    Functional,
    Recurrent,
    Remembers,
    Tied,
    Tokens,
    TwoHeads,
    Unused,
    UsedTwice,
    Views,
)

SAMPLES = 16
CLASSES = 5
VOCABULARY = 11


@dataclass(frozen=True, slots=True)
class Case:
    """One class of model at a small size, and what it takes.

    Attributes:
        build: Makes the model, drawing its weights from torch's global random state.
        shape: Shape of one sample.
        integers: Whether samples are tokens below :data:`VOCABULARY` rather than real numbers.
        output: Picks the logits, where the model returns more.
        draws: Whether its forward pass draws random numbers in train mode.
    """

    build: Callable[[], nn.Module]
    shape: tuple[int, ...] = (3, 16, 16)
    integers: bool = False
    output: Callable[[Any], Any] | None = None
    draws: bool = False

    def model(self, seed: int = 0) -> nn.Module:
        """A fresh model, always with the same weights; the global random state stays as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            return self.build()

    def batches(self, size: int = SAMPLES) -> list[Batch]:
        """Two labelled batches, always the same."""
        generator = torch.Generator().manual_seed(0)
        return [Batch(self._inputs(size, generator), torch.arange(size) % CLASSES) for _ in range(2)]

    def _inputs(self, size: int, generator: torch.Generator) -> Tensor:
        if self.integers:
            return torch.randint(VOCABULARY, (size, *self.shape), generator=generator)
        return torch.randn(size, *self.shape, generator=generator)


def _resnet() -> nn.Module:
    from torchvision.models.resnet import BasicBlock, ResNet

    class Narrow(ResNet):  # type: ignore[misc]
        def _make_layer(self, block: Any, planes: int, blocks: int, stride: int = 1, dilate: bool = False) -> Any:
            return super()._make_layer(block, planes // 8, blocks, stride, dilate)

    model = Narrow(BasicBlock, [1, 1, 1, 1])
    # The stem that is usual for small images.
    model.conv1, model.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    model.fc = nn.Linear(64, CLASSES)
    return model


def _mobilenet() -> nn.Module:
    from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3

    layer = partial(InvertedResidualConfig, width_mult=1.0)
    layers = [
        layer(8, 3, 8, 8, True, "RE", 2, 1),
        layer(8, 3, 16, 8, False, "HS", 1, 1),
        layer(8, 5, 16, 16, True, "HS", 2, 1),
    ]
    model: nn.Module = MobileNetV3(layers, 32, num_classes=CLASSES)
    return model


def _vit() -> nn.Module:
    from torchvision.models import VisionTransformer

    model: nn.Module = VisionTransformer(16, 4, 2, 2, 8, 16, num_classes=CLASSES)
    # Torchvision starts with a head of zeros, behind which every gradient is zero.
    nn.init.normal_(model.get_parameter("heads.head.weight"))
    return model


def _swin() -> nn.Module:
    from torchvision.models import SwinTransformer

    model: nn.Module = SwinTransformer([2, 2], 8, [1, 1], [1, 2], [2, 2], num_classes=CLASSES)
    return model


def _dropout() -> nn.Module:
    body = [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout2d(0.2), nn.MaxPool2d(4)]
    return nn.Sequential(*body, nn.Flatten(), nn.Dropout(0.3), nn.Linear(128, CLASSES))


def _in_place() -> nn.Module:
    # Without a norm in between, the convolution's own output is overwritten; also through a flattened view.
    body = [nn.Conv2d(3, 8, 3, 2), nn.ReLU(inplace=True), nn.Conv2d(8, 4, 3, 2), nn.Flatten(), nn.ReLU(inplace=True)]
    return nn.Sequential(*body, nn.Linear(36, CLASSES))


def _norms() -> nn.Module:
    body = [nn.Conv2d(3, 8, 3, 2), nn.GroupNorm(2, 8), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.InstanceNorm2d(4, affine=True)]
    return nn.Sequential(*body, nn.ReLU(), nn.Flatten(), nn.LayerNorm(100), nn.Linear(100, CLASSES))


def _conv1d() -> nn.Module:
    body = [nn.Conv1d(3, 8, 5, 2), nn.BatchNorm1d(8), nn.ReLU(), nn.Conv1d(8, 8, 3), nn.ReLU()]
    return nn.Sequential(*body, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, CLASSES))


def _conv3d() -> nn.Module:
    body = [nn.Conv3d(2, 6, 3, padding=1), nn.BatchNorm3d(6), nn.ReLU(), nn.ConvTranspose3d(6, 4, 2), nn.ReLU6()]
    return nn.Sequential(*body, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, CLASSES))


def _reparametrised() -> nn.Module:
    layers = [weight_norm(nn.Linear(48, 16)), nn.LeakyReLU(), weight_norm(nn.Linear(16, CLASSES))]
    return nn.Sequential(nn.Flatten(), *layers)


def _cell(text: str) -> nn.Module:
    space = NASBench201()
    return space.build(space.parse(text), C=4, N=1, num_classes=CLASSES)


_CONNECTED = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_3x3~0|avg_pool_3x3~1|skip_connect~2|"
_DISCONNECTED = "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|none~1|none~2|"
_SMALL = (3, 4, 4)

CASES: dict[str, Case] = {
    "resnet": Case(_resnet),
    "mobilenet": Case(_mobilenet, draws=True),
    "vit": Case(_vit),
    "swin": Case(_swin, draws=True),
    "mlp": Case(lambda: nn.Sequential(nn.Flatten(), nn.Linear(48, 16), nn.ReLU(), nn.Linear(16, CLASSES)), _SMALL),
    "dropout": Case(_dropout, draws=True),
    "tied": Case(lambda: Tied(48, CLASSES), _SMALL),
    "unused": Case(lambda: Unused(8, CLASSES)),
    "used_twice": Case(lambda: UsedTwice(8, CLASSES)),
    "views": Case(lambda: Views(8, CLASSES)),
    "two_heads": Case(lambda: TwoHeads(48, CLASSES), _SMALL, output=itemgetter(0)),
    "in_place": Case(_in_place),
    "norms": Case(_norms),
    "functional": Case(lambda: Functional(8, CLASSES)),
    "conv1d": Case(_conv1d, (3, 32)),
    "conv3d": Case(_conv3d, (2, 4, 6, 6)),
    "tokens": Case(lambda: Tokens(VOCABULARY, 6, CLASSES), (6,), integers=True),
    "recurrent": Case(lambda: Recurrent(4, CLASSES), (6, 4)),
    "reparametrised": Case(_reparametrised, _SMALL),
    "edits_its_input": Case(lambda: EditsItsInput(48, CLASSES), _SMALL),
    "checkpointed": Case(lambda: Checkpointed(8, CLASSES)),
    "remembers": Case(lambda: Remembers(48, CLASSES), _SMALL),
    "cell": Case(partial(_cell, _CONNECTED)),
    "disconnected_cell": Case(partial(_cell, _DISCONNECTED)),
}
"""By name. Third parties may add theirs before their tests are collected."""
