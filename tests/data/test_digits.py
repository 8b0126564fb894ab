"""The embedded default."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from zcnas.data import ImageSet, load
from zcnas.data.digits import read_digits
from zcnas.errors import InputError


def test_digits_are_scikit_learns() -> None:
    images = load("digits")
    assert isinstance(images, ImageSet)
    held = load_digits()
    assert np.array_equal(images.images[:, 0].numpy() * 16, held.images)
    assert np.array_equal(images.labels.numpy(), held.target)


def test_digits_are_normalised_over_the_whole_set() -> None:
    inputs = read_digits().batch(range(1797)).inputs
    # The constants have four decimals.
    assert abs(float(inputs.mean())) < 2e-4
    assert abs(float(inputs.std()) - 1) < 2e-4


def test_digits_in_other_sizes_and_in_colour() -> None:
    images = read_digits(size=16, channels=3).images
    assert images.shape == (1797, 3, 16, 16)
    assert torch.equal(images[:, 0], images[:, 2])
    # Bilinear doubling keeps the mean of the picture up to its edges.
    torch.testing.assert_close(images.mean(), read_digits().images.mean(), rtol=0.01, atol=0)


@pytest.mark.parametrize("options", [{"size": 0}, {"channels": 2}])
def test_bad_options(options: dict[str, int]) -> None:
    with pytest.raises(InputError, match=r"expected size >= 1 and channels 1 or 3"):
        read_digits(**options)
