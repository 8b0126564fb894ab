"""The benchmark's network: a stem, eight searched layers in three stages, a wide 1x1 convolution."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from zcnas.searchspaces.nasbench_macro.blocks import block, places

HEAD = 1280
"""Channels of the last map, as in MobileNetV2."""


class MacroNetwork(nn.Module):
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

    Attributes:
        block_names: The stem and every layer in order, but for identities, which have no output of their own.
        last_map_name: The last map before global pooling, after batch norm and ReLU.
    """

    def __init__(self, codes: Sequence[int], *, C: int = 32, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(in_channels, C, 3, padding=1, bias=False), nn.BatchNorm2d(C), nn.ReLU())
        layers = places(C)
        self.features = nn.Sequential(*(block(code, place) for code, place in zip(codes, layers, strict=True)))
        self.out = nn.Sequential(
            nn.Conv2d(layers[-1].outputs, HEAD, 1, bias=False), nn.BatchNorm2d(HEAD), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        )
        self.classifier = nn.Linear(HEAD, num_classes)
        working = [index for index, layer in enumerate(self.features) if not isinstance(layer, nn.Identity)]
        self.block_names: tuple[str, ...] = ("stem", *(f"features.{index}" for index in working))
        self.last_map_name: str = "out.2"

    def forward(self, x: Tensor) -> Tensor:
        """Maps images ``(N, in_channels, H, W)`` to logits ``(N, K)``."""
        pooled: Tensor = self.out(self.features(self.stem(x)))
        logits: Tensor = self.classifier(pooled.flatten(1))
        return logits
