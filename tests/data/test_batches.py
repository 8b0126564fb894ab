"""Which images make up a batch, and how they are normalised."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from zcnas.data import ImageSet, Noise, batches, load
from zcnas.errors import InputError, InputTypeError, UnknownNameError


def numbered(count: int = 40, classes: int = 4) -> ImageSet:
    """Images whose single pixel is their number, so that batches show which were taken."""
    return ImageSet(
        name="numbered",
        images=torch.arange(count, dtype=torch.float32).view(-1, 1, 1, 1),
        labels=torch.arange(count) % classes,
        classes=tuple("abcd"[:classes]),
        mean=(0.0,),
        std=(1.0,),
    )


def taken(**options: int) -> list[list[int]]:
    return [batch.inputs.flatten().int().tolist() for batch in batches(numbered(), **options)]


@pytest.mark.parametrize("selection", [{"batch_size": 8}, {"per_class": 2}])
def test_selection_depends_on_the_seed_alone(selection: dict[str, int]) -> None:
    first = taken(**selection, count=3, seed=5)
    torch.manual_seed(1)
    np.random.seed(1)
    assert taken(**selection, count=3, seed=5) == first
    assert taken(**selection, count=3, seed=6) != first
    assert taken(**selection, count=2, seed=5) == first[:2]


@pytest.mark.parametrize("selection", [{"batch_size": 8}, {"per_class": 2}])
def test_no_image_comes_twice(selection: dict[str, int]) -> None:
    numbers = [number for batch in taken(**selection, count=5) for number in batch]
    assert len(set(numbers)) == len(numbers) == 40


def test_per_class_gives_the_same_number_of_each_class_in_order() -> None:
    (batch,) = batches(numbered(), per_class=3, seed=2)
    assert batch.targets is not None
    assert batch.targets.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert (batch.inputs.flatten() % 4 == batch.targets).all()


@pytest.mark.parametrize("source", ["digits", "noise"])
def test_global_random_numbers_are_left_alone(source: str) -> None:
    def states() -> list[object]:
        return [random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()]

    before = states()
    batches(source, batch_size=4, count=2, seed=3)
    assert states() == before


def test_bytes_are_normalised_per_channel() -> None:
    pixels = torch.tensor([0, 255, 51], dtype=torch.uint8).view(1, 3, 1, 1)
    images = ImageSet("bytes", pixels, torch.zeros(1).long(), ("x",), (0.5, 0.5, 0.2), (0.5, 0.25, 1.0))
    torch.testing.assert_close(images.batch([0]).inputs.flatten(), torch.tensor([-1.0, 2.0, 0.0]))


def test_noise_is_standard_normal_and_reproducible() -> None:
    first, second = batches("noise", batch_size=64, count=2, seed=4, channels=2, size=16, num_classes=7)
    assert first.inputs.shape == (64, 2, 16, 16)
    # 32,768 values: the mean's deviation is 0.006, the variance's 0.008; five of them are allowed.
    assert abs(first.inputs.mean()) < 0.03
    assert abs(first.inputs.var() - 1) < 0.04
    assert first.targets is not None
    assert set(first.targets.tolist()) == set(range(7))
    again = batches(Noise(2, 16, 7), batch_size=64, seed=4)[0]
    assert torch.equal(again.inputs, first.inputs)
    assert not torch.equal(second.inputs, first.inputs)
    assert batches("noise")[0].targets is None


def test_batches_say_where_they_come_from() -> None:
    names = [batch.name for batch in batches("digits", batch_size=4, count=2, seed=9)]
    assert names == ["digits[0] seed 9", "digits[1] seed 9"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 41}, "at least 1 x 41 images, there are 40"),
        ({"per_class": 6, "count": 2}, "at least 2 x 6 images per class, class 'a' has 10"),
        ({"batch_size": 0}, "batch_size of at least 1, got 0"),
        ({"count": -1}, "count of at least 1, got -1"),
        ({"per_class": 0}, "per_class of at least 1, got 0"),
        ({"root": 1}, "no options beside a source, got root"),
    ],
)
def test_impossible_selections(options: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        batches(numbered(), **options)


def test_a_class_without_images_is_named() -> None:
    images = ImageSet("gap", torch.zeros(2, 1, 1, 1), torch.zeros(2).long(), ("full", "empty"), (0.0,), (1.0,))
    with pytest.raises(InputError, match="class 'empty' has 0"):
        batches(images, per_class=1)


def test_unknown_sources_and_options() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'cifar10'"):
        load("cifar11")
    with pytest.raises(InputError, match=r"data source 'digits'.*unexpected keyword argument 'rooot'"):
        load("digits", rooot="here")
    with pytest.raises(InputTypeError, match="expected a name, an ImageSet or Noise, got list"):
        batches([1, 2])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="noise has no classes"):
        batches("noise", per_class=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": torch.zeros(4, 8, 8)}, r"images \(n, C, H, W\)"),
        ({"labels": torch.zeros(3).long()}, r"got \(40, 1, 1, 1\) and \(3,\)"),
        ({"images": torch.zeros(40, 1, 1, 1).long()}, "uint8 or floats, got torch.int64"),
        ({"classes": ("a", "b")}, "labels from 0 to 1, got 0 to 3"),
        ({"std": (0.0,)}, "1 means and positive deviations"),
        ({"mean": (0.0, 0.0)}, "1 means and positive deviations"),
    ],
)
def test_image_sets_check_their_parts(change: dict[str, object], message: str) -> None:
    held = numbered()
    parts = {name: getattr(held, name) for name in ImageSet.__dataclass_fields__}
    with pytest.raises(InputError, match=message):
        ImageSet(**{**parts, **change})
