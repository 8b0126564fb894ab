"""scikit-learn's digits: real images that need no download."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from zcnas.data.imageset import ImageSet
from zcnas.errors import InputError

MEAN, STD = 0.3053, 0.3760
"""Over all pixels of all 1,797 images."""


def read_digits(*, size: int = 8, channels: int = 1) -> ImageSet:
    """1,797 handwritten digits of 8 by 8 pixels (Alpaydin and Kaynak, 1998), which scikit-learn brings along.

    Args:
        size: Height and width; other sizes than 8 are interpolated bilinearly.
        channels: 1, or 3 equal ones for networks that expect colour.

    Raises:
        InputError: ``size`` below 1, or other ``channels`` than 1 and 3.
    """
    if size < 1 or channels not in (1, 3):
        raise InputError(f"digits: expected size >= 1 and channels 1 or 3, got size={size} and channels={channels}")
    from sklearn.datasets import load_digits

    held = load_digits()
    # Grey values are 0 to 16.
    images = torch.as_tensor(held.images, dtype=torch.float32).unsqueeze(1) / 16
    if size != 8:
        images = F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    return ImageSet(
        name="digits",
        images=images.expand(-1, channels, -1, -1).contiguous(),
        labels=torch.as_tensor(held.target, dtype=torch.int64),
        classes=tuple(str(digit) for digit in range(10)),
        mean=(MEAN,) * channels,
        std=(STD,) * channels,
    )
