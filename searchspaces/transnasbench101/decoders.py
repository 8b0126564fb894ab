"""What follows the encoder, by kind of task."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn

_MOST_HALVINGS = 6  # Two in the stem, and up to four in the macro space.
_ALWAYS, _NEVER = 2, _MOST_HALVINGS + 1


class Linear(nn.Module):
    """Global average pooling and a linear map, for classes and numbers."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, channels, H, W)`` to ``(N, outputs)``."""
        out: Tensor = self.fc(self.avgpool(x).flatten(1))
        return out


def segmentation(channels: int, halvings: int, outputs: int) -> nn.Sequential:
    """Eight layers that give every pixel of the input a score for every class.

    A convolution to 1,024 channels, five layers that halve the channels, one that keeps them, and a convolution to
    the scores. As many of the first seven as undo the encoder's halvings double the size: the last ones.
    """
    width = 1024
    layers = [_convolution(channels, width)]
    for place in range(_MOST_HALVINGS - 1):
        grows = place >= _MOST_HALVINGS - halvings
        layers.append((_doubling if grows else _convolution)(width, width // 2))
        width //= 2
    return nn.Sequential(*layers, _doubling(width, width), nn.Conv2d(width, outputs, 3, padding=1))


_TRANSLATION = (
    *((1024, _NEVER), (1024, _NEVER), (512, 6), (512, _NEVER), (256, 5), (128, _NEVER), (64, 4), (64, _NEVER)),
    *((32, 3), (32, _NEVER), (16, _ALWAYS), (32, _NEVER), (16, _ALWAYS)),
)
"""Channels of every layer, and from how many halvings of the encoder on it doubles the size."""


def translation(channels: int, halvings: int, outputs: int) -> nn.Sequential:
    """Fourteen layers that turn the encoder's output into an image as large as the input, values from -1 to 1.

    It is the generator that the benchmark trains against a discriminator, which is no part of the network.
    """
    layers = []
    for width, doubles_from in _TRANSLATION:
        layers.append((_doubling if halvings >= doubles_from else _convolution)(channels, width))
        channels = width
    return nn.Sequential(*layers, nn.Conv2d(channels, outputs, 3, padding=1), nn.Tanh())


Make = Callable[[int, int, int], nn.Module]
"""Takes the encoder's channels, how often it halves the size, and the number of outputs."""

DECODERS: Mapping[str, Make] = {
    "linear": lambda channels, _, outputs: Linear(channels, outputs),
    "jigsaw": lambda channels, _, outputs: Linear(9 * channels, outputs),
    "segmentation": segmentation,
    "translation": translation,
}
"""Kind of decoder -> what makes it; a jigsaw is told from the features of its nine pieces."""


def _convolution(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2))


def _doubling(inputs: int, outputs: int) -> nn.Module:
    convolution = nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2))
