"""Crops, mirror images and cutout against loops, and what they depend on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.helpers import pictures
from zcnas.training import Recipe
from zcnas.training.augmentation import Draws, augmented, cropped, cut, draws

CPU = torch.device("cpu")
MUCH = Recipe(1, 4, 0.1, padding=4, flip=True, cutout=16)


def crop_slowly(image: Tensor, drawn: Draws, padding: int, flip: bool) -> Tensor:
    _, height, width = image.shape
    down, across = (int(number * (2 * padding + 1)) - padding for number in drawn[:2])
    out = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            place = width - 1 - column if flip and drawn[2] < 0.5 else column
            y, x = row + down, place + across
            if 0 <= y < height and 0 <= x < width:
                out[:, row, column] = image[:, y, x]
    return out


def cut_slowly(image: Tensor, drawn: Draws, side: int) -> Tensor:
    """As cnn/utils.py of DARTS has it."""
    _, height, width = image.shape
    y, x = int(drawn[0] * height), int(drawn[1] * width)
    y1, y2 = np.clip([y - side // 2, y + side // 2], 0, height)
    x1, x2 = np.clip([x - side // 2, x + side // 2], 0, width)
    out = image.clone()
    out[:, y1:y2, x1:x2] = 0
    return out


@pytest.mark.parametrize(("padding", "flip"), [(4, True), (2, False), (0, True)])
def test_crops_are_those_of_a_loop(padding: int, flip: bool) -> None:
    images, drawn = pictures(6).images[..., :10], draws(6, 0, 0)[:, :3]
    expected = [crop_slowly(image, numbers, padding, flip) for image, numbers in zip(images, drawn, strict=True)]
    assert torch.equal(cropped(images, drawn, padding, flip), torch.stack(expected))


@pytest.mark.parametrize("side", [16, 3, 40, 1])
def test_cutout_is_that_of_a_loop(side: int) -> None:
    images, drawn = torch.ones(9, 2, 32, 24), draws(9, 1, 0)[:, 3:]
    drawn[0], drawn[1] = 0.0, 0.999
    expected = [cut_slowly(image, numbers, side) for image, numbers in zip(images, drawn, strict=True)]
    assert torch.equal(cut(images, drawn, side), torch.stack(expected))


def test_all_shifts_and_both_sides_come_up_equally_often() -> None:
    drawn = draws(20_000, 0, 0)
    _, counts = np.unique((drawn[:, 0] * 9).astype(int), return_counts=True)
    # Nine shifts: a deviation of 47 for counts of 2,222; five of them.
    assert len(counts) == 9
    assert abs(counts - 20_000 / 9).max() < 235
    assert abs((drawn[:, 2] < 0.5).mean() - 0.5) < 0.02


def test_an_image_is_changed_by_seed_epoch_and_place_alone() -> None:
    data = pictures()
    whole = augmented(data, torch.arange(8), draws(8, 3, 2), MUCH, CPU)
    assert torch.equal(augmented(data, torch.tensor([5, 1]), draws(8, 3, 2), MUCH, CPU), whole[[5, 1]])
    assert np.array_equal(draws(5, 3, 2), draws(8, 3, 2)[:5])
    assert not np.array_equal(draws(8, 3, 1), draws(8, 3, 2))
    assert not np.array_equal(draws(8, 4, 2), draws(8, 3, 2))


def test_nothing_but_normalisation_where_nothing_is_asked_for() -> None:
    data = pictures()
    found = augmented(data, torch.arange(8), draws(8, 0, 0), Recipe(1, 4, 0.1), CPU)
    assert torch.equal(found, data.batch(range(8)).inputs)


def test_what_comes_in_at_the_borders_is_black_and_what_is_cut_is_the_mean() -> None:
    data, drawn = pictures(1), np.array([[0.0, 0.0, 0.9, 0.5, 0.5]])
    image = augmented(data, torch.tensor([0]), drawn, MUCH, CPU)[0]
    assert (image[:, :4] == -2).all(), "(0 - .5) / .25"
    assert (image[:, 8:24, 8:24] == 0).all()
    assert not (image[:, 4:8, 24:] == 0).all()
