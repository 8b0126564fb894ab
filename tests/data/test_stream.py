"""Streams: endless batches by number, from seeded shuffles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from zcnas.data import Noise, load
from zcnas.data.imageset import ImageSet
from zcnas.data.stream import Stream
from zcnas.errors import InputError, InputTypeError


def numbered(count: int) -> ImageSet:
    """Images of one pixel each, whose value is their number."""
    images = torch.arange(count, dtype=torch.float64).view(-1, 1, 1, 1)
    return ImageSet("numbers", images, torch.arange(count) % 2, ("even", "odd"), (0.0,), (1.0,))


def chosen(stream: Stream, seed: int, number: int) -> list[int]:
    return [int(value) for value in stream.batch(seed, number).inputs.flatten()]


@pytest.mark.parametrize(("count", "size"), [(12, 3), (11, 3), (5, 5), (7, 1), (7, 4)])
def test_no_image_comes_twice_within_a_round(count: int, size: int) -> None:
    stream, per_round = Stream(numbered(count), size), count // size
    for round_ in range(4):
        numbers = range(round_ * per_round, (round_ + 1) * per_round)
        drawn = [image for number in numbers for image in chosen(stream, 0, number)]
        assert len(set(drawn)) == len(drawn) == per_round * size
        assert set(drawn) <= set(range(count))


def test_rounds_differ_and_leave_out_different_images() -> None:
    stream = Stream(numbered(11), 10)
    rounds = [chosen(stream, 0, number) for number in range(30)]
    assert len(set(map(tuple, rounds))) == 30
    assert {*range(11)} == {image for drawn in rounds for image in {*range(11)} - {*drawn}}


@pytest.mark.parametrize("source", [numbered(10), Noise(1, 2, 5), Noise(1, 2)], ids=["images", "labels", "noise"])
def test_a_batch_depends_on_seed_and_number_alone(source: ImageSet | Noise) -> None:
    first, other = Stream(source, 3), Stream(source, 3)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index]
    wanted = {number: first.batch(7, number) for number in range(8)}
    for number in reversed(range(8)):
        other.batch(8, number)
        again = other.batch(7, number)
        assert torch.equal(again.inputs, wanted[number].inputs)
        if again.targets is not None:
            assert torch.equal(again.targets, wanted[number].targets)  # type: ignore[arg-type]
        assert again.name == wanted[number].name
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tolist()  # type: ignore[index]
    assert len({batch.inputs.numpy().tobytes() for batch in wanted.values()}) == 8
    assert not torch.equal(first.batch(8, 0).inputs, wanted[0].inputs)


def test_labels_are_those_of_the_images() -> None:
    batch = Stream(numbered(10), 4).batch(0, 5)
    assert batch.targets is not None
    assert batch.targets.tolist() == [int(value) % 2 for value in batch.inputs.flatten()]
    assert batch.name == "numbers stream 0[5]"


def test_images_are_normalised() -> None:
    digits = load("digits")
    assert isinstance(digits, ImageSet)
    batch = Stream(digits, 1000).batch(0, 0)
    # The mean over 64,000 of all 115,008 pixels.
    assert abs(float(batch.inputs.mean())) < 0.02


def test_all_images_may_be_one_batch() -> None:
    assert sorted(chosen(Stream(numbered(6), 6), 0, 9)) == [*range(6)]


@pytest.mark.parametrize("size", [0, -1])
@pytest.mark.parametrize("source", [numbered(6), Noise()], ids=["images", "noise"])
def test_a_batch_has_an_image(source: ImageSet | Noise, size: int) -> None:
    with pytest.raises(InputError, match=rf"{source.name}: expected a batch size of at least 1, got {size}"):
        Stream(source, size)


def test_a_batch_has_no_more_than_there_are() -> None:
    with pytest.raises(InputError, match="numbers: expected a batch size of at most its 6 images, got 7"):
        Stream(numbered(6), 7)


@pytest.mark.parametrize("source", ["digits", torch.zeros(3, 3, 8, 8), None])
def test_other_sources_are_refused(source: Any) -> None:
    with pytest.raises(InputTypeError, match=r"stream: expected an ImageSet or Noise, got .*zcnas\.data\.load"):
        Stream(source, 2)
