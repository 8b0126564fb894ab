"""Crops, mirror images and cutout, of many images at once.

What happens to an image depends on seed, epoch and its place in the data, and on nothing else.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from zcnas.data import ImageSet
from zcnas.seeding import generator
from zcnas.training.recipes import Recipe

Draws = npt.NDArray[np.float64]

_KINDS = 5
"""Numbers drawn for an image: crop down and across, mirror, cutout down and across."""


def draws(count: int, seed: int, epoch: int) -> Draws:
    """``(count, 5)`` uniform numbers from 0 to 1; row i does not depend on how many follow it."""
    return generator("training-augmentation", seed, epoch).random((count, _KINDS))


def augmented(data: ImageSet, places: Tensor, drawn: Draws, recipe: Recipe, device: torch.device) -> Tensor:
    """The images ``(N, C, H, W)`` at ``places`` of ``data``, changed and normalised, on ``device``.

    Args:
        data: All images.
        places: (N,) whole numbers.
        drawn: What :func:`draws` gave for all images.
        recipe: Says what is done.
        device: Where it is done.
    """
    images, numbers = data.images[places].to(device), drawn[places.numpy()]
    if recipe.padding or recipe.flip:
        images = cropped(images, numbers[:, :3], recipe.padding, recipe.flip)
    images = data.normalised(images)
    return cut(images, numbers[:, 3:], recipe.cutout) if recipe.cutout else images


def cropped(images: Tensor, drawn: Draws, padding: int, flip: bool) -> Tensor:
    """``images`` moved by up to ``padding`` pixels, with black coming in, half of them mirrored if ``flip``.

    Args:
        images: (N, C, H, W).
        drawn: (N, 3), from 0 to 1.
        padding: Most pixels.
        flip: Whether any is mirrored.
    """
    (count, _, height, width), device = images.shape, images.device
    padded = torch.nn.functional.pad(images, (padding,) * 4)
    top, left = (torch.as_tensor(shift, device=device) for shift in _whole(drawn[:, :2], 2 * padding + 1))
    columns = torch.arange(width, device=device).expand(count, -1)
    if flip:
        mirrored = torch.as_tensor(drawn[:, 2] < 0.5, device=device)
        columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    rows = top[:, None] + torch.arange(height, device=device)
    picked = padded[
        torch.arange(count, device=device)[:, None, None], :, rows[:, :, None], (left[:, None] + columns)[:, None]
    ]
    return picked.permute(0, 3, 1, 2).contiguous()


def cut(images: Tensor, drawn: Draws, side: int) -> Tensor:
    """``images`` with a square set to 0; its centre is any pixel, and what lies outside is lost.

    Args:
        images: (N, C, H, W), normalised, so that 0 is the mean colour.
        drawn: (N, 2), from 0 to 1.
        side: Of the square; an odd one is cut by a pixel, as in the released code of DARTS.
    """
    masks = []
    for numbers, size in zip(drawn.T, images.shape[-2:], strict=True):
        (centre,) = _whole(numbers[:, None], size)
        place = np.arange(size) - centre[:, None]
        masks.append(torch.as_tensor((-(side // 2) <= place) & (place < side // 2), device=images.device))
    inside = masks[0][:, None, :, None] & masks[1][:, None, None, :]
    return images.masked_fill(inside, 0.0)


def _whole(drawn: Draws, count: int) -> npt.NDArray[np.int64]:
    """Columns of whole numbers from 0 to below ``count``."""
    return (drawn * count).astype(np.int64).T
