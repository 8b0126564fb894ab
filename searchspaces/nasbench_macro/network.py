"""The benchmark's network: a stem, eight searched layers in three stages, a wide 1x1 convolution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import Tensor, nn

from zcnas.searchspaces.chain import Layer, working
from zcnas.searchspaces.nasbench_macro.blocks import OPS, Place, block, places

HEAD = 1280
"""Channels of the last map, as in MobileNetV2."""


def stem(in_channels: int, C: int) -> nn.Sequential:
    """Maps images ``(N, in_channels, H, W)`` to ``(N, C, H, W)``."""
    return nn.Sequential(nn.Conv2d(in_channels, C, 3, padding=1, bias=False), nn.BatchNorm2d(C), nn.ReLU())


def pooled(channels: int) -> nn.Sequential:
    """Maps ``(N, channels, H, W)`` to ``(N, HEAD, 1, 1)``."""
    widened = (nn.Conv2d(channels, HEAD, 1, bias=False), nn.BatchNorm2d(HEAD), nn.ReLU())
    return nn.Sequential(*widened, nn.AdaptiveAvgPool2d(1))


class Skeleton(nn.Module):
    """What surrounds the searched layers.

    Args:
        layers: Made one by one after the stem, so that weights are drawn in the order of execution.
        C: Channels of the stem.
        num_classes: Classes K.
        in_channels: Channels of the images.

    Attributes:
        last_map_name: The last map before global pooling, after batch norm and ReLU.
    """

    def __init__(self, layers: Iterable[nn.Module], *, C: int, num_classes: int, in_channels: int) -> None:
        super().__init__()
        self.stem = stem(in_channels, C)
        self.features = nn.Sequential(*layers)
        self.out = pooled(places(C)[-1].outputs)
        self.classifier = nn.Linear(HEAD, num_classes)
        self.last_map_name: str = "out.2"

    @property
    def block_names(self) -> tuple[str, ...]:
        """The stem and every layer in order, but for identities, which have no output of their own."""
        return ("stem", *working("features", self.features))

    def forward(self, x: Tensor) -> Tensor:
        """Maps images ``(N, in_channels, H, W)`` to logits ``(N, K)``."""
        pooled: Tensor = self.out(self.features(self.stem(x)))
        logits: Tensor = self.classifier(pooled.flatten(1))
        return logits


class MacroNetwork(Skeleton):
    """NAS-Bench-Macro's network (Su et al., 2021, arXiv:2103.11922, appendix).

    A 3x3 convolution of C channels; stages of two, three and three searched layers, the first of each with
    stride 2 and twice the channels; a 1x1 convolution to 1,280 channels; global average pooling; a linear
    classifier. Images may have any size. Parameters have the names and the order of the authors' code. For
    CIFAR-10, its parameters and multiply-adds are those that the benchmark records, for all 6,561 networks.

    Args:
        codes: Eight codes of :data:`OPS`.
        C: Channels of the stem.
        num_classes: Classes K.
        in_channels: Channels of the images.
    """

    def __init__(self, codes: Sequence[int], *, C: int = 32, num_classes: int = 10, in_channels: int = 3) -> None:
        layers = (block(code, place) for code, place in zip(codes, places(C), strict=True))
        super().__init__(layers, C=C, num_classes=num_classes, in_channels=in_channels)


class MacroSupernetwork(Skeleton):
    """The same with all three blocks in every layer; see :class:`MacroNetwork` for the arguments.

    The authors train one block of a layer at a time; here a layer gives the weighted sum of its blocks' outputs.
    """

    def __init__(self, *, C: int = 32, num_classes: int = 10, in_channels: int = 3) -> None:
        layers = (_layer(number, place) for number, place in enumerate(places(C)))
        super().__init__(layers, C=C, num_classes=num_classes, in_channels=in_channels)


def _layer(number: int, place: Place) -> Layer:
    return Layer(number, [block(code, place) for code in range(len(OPS))])
