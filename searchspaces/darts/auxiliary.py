"""The second classifier, which helps training."""

from __future__ import annotations

from torch import Tensor, nn

from zcnas.errors import InputError

_POOLED = (2, 2)


class AuxiliaryHead(nn.Module):
    """Pools to 2x2, and classifies with a 1x1 and a 2x2 convolution and a linear layer.

    Args:
        channels: Channels C of the map.
        num_classes: Classes K.
        stride: Of the pool: 3 for maps of 8x8, which CIFAR's images of 32x32 give; 2 for 7x7, from ImageNet's
            224x224. DARTS's head for ImageNet has no second norm, by a slip on which its figures depend.
    """

    def __init__(self, channels: int, num_classes: int, stride: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.ReLU(),
            nn.AvgPool2d(5, stride, count_include_pad=False),
            nn.Conv2d(channels, 128, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, 768, 2, bias=False),
            *([nn.BatchNorm2d(768)] if stride == 3 else []),
            nn.ReLU(),
        )
        self.classifier = nn.Linear(768, num_classes)
        self._stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, 8, 8)`` or ``(N, C, 7, 7)`` to logits ``(N, K)``."""
        pooled = tuple((size - 5) // self._stride + 1 for size in x.shape[-2:])
        if pooled != _POOLED:
            wanted = "8x8, from images of 32x32" if self._stride == 3 else "7x7, from images of 224x224"
            raise InputError(
                f"auxiliary head: expected maps of {wanted}; got {x.shape[-2]}x{x.shape[-1]}; give images of that "
                "size, or build with auxiliary=False"
            )
        logits: Tensor = self.classifier(self.features(x).flatten(1))
        return logits
