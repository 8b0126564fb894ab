"""Parts of a set of images."""

from __future__ import annotations

import pytest
import torch

from tests.data.test_batches import numbered
from zcnas.data import divide
from zcnas.errors import InputError


def test_parts_share_no_image_and_repeat() -> None:
    first, second, third = divide(numbered(), (0.5, 0.3, 0.2), seed=3)
    pixels = [part.images.flatten().int().tolist() for part in (first, second, third)]
    assert [len(part) for part in pixels] == [20, 12, 8]
    assert sorted(number for part in pixels for number in part) == list(range(40))
    again = divide(numbered(), (0.5, 0.1), seed=3)
    assert torch.equal(again[0].images, first.images)
    assert again[1].images.flatten().int().tolist() == pixels[1][:4]
    assert not torch.equal(divide(numbered(), seed=4)[0].images, first.images)
    assert first.labels.tolist() == [number % 4 for number in pixels[0]]
    assert len({first.name, second.name, third.name, numbered().name}) == 4


@pytest.mark.parametrize(
    ("shares", "told"),
    [((), "above 0"), ((0.5, 0), "above 0"), ((0.7, 0.4), "at most 1"), ((0.5, 0.01), r"got \[20, 0\] of 40")],
)
def test_other_shares_are_refused(shares: tuple[float, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        divide(numbered(), shares)
