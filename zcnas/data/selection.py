"""Which images make up batches and parts of a set: by name and seed, whatever was drawn before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zcnas.data.imageset import ImageSet
from zcnas.errors import InputError
from zcnas.seeding import generator

Indices = npt.NDArray[np.int64]


def shuffled(images: ImageSet, batch_size: int, count: int, seed: int) -> list[Indices]:
    """The first ``count`` batches of a shuffle; no image comes twice.

    A batch does not depend on how many follow it.

    Raises:
        InputError: There are not that many images.
    """
    if batch_size * count > len(images):
        raise InputError(
            f"{images.name}: expected at least {count} x {batch_size} images, there are {len(images)}; "
            "ask for fewer or smaller batches"
        )
    order = generator("data-shuffle", seed).permutation(len(images))
    return [order[start : start + batch_size] for start in range(0, count * batch_size, batch_size)]


def per_class(images: ImageSet, each: int, count: int, seed: int) -> list[Indices]:
    """``count`` batches of ``each`` images of every class, sorted by class; no image comes twice.

    A batch does not depend on how many follow it.

    Raises:
        InputError: A class has not that many images.
    """
    labels = images.labels.numpy()
    order = generator("data-shuffle", seed).permutation(len(images))
    members = [order[labels[order] == label] for label in range(len(images.classes))]
    fewest = min(range(len(members)), key=lambda label: len(members[label]))
    if each * count > len(members[fewest]):
        raise InputError(
            f"{images.name}: expected at least {count} x {each} images per class, class "
            f"{images.classes[fewest]!r} has {len(members[fewest])}; ask for fewer"
        )
    starts = range(0, count * each, each)
    return [np.concatenate([found[start : start + each] for found in members]) for start in starts]


def divide(images: ImageSet, shares: Sequence[float] = (0.5, 0.5), seed: int = 0) -> list[ImageSet]:
    """Parts of a shuffle that share no image, by their share of it; what is left over is in none.

    Raises:
        InputError: Shares that are not above 0 or exceed 1 together, or a part without an image.

    >>> from zcnas.data import load
    >>> [len(part) for part in divide(load("digits"), (0.8, 0.2))]
    [1437, 359]
    """
    # Sums of shares such as .7, .2 and .1 may exceed 1 by rounding.
    if not shares or min(shares) <= 0 or sum(shares) > 1 + 1e-9:
        raise InputError(f"{images.name}: expected shares above 0 with a sum of at most 1, got {tuple(shares)}")
    order = generator("data-division", seed).permutation(len(images))
    sizes = [int(len(images) * share + 1e-9) for share in shares]
    if min(sizes) < 1:
        raise InputError(f"{images.name}: expected an image in every part, got {sizes} of {len(images)}; ask for fewer")
    ends = np.cumsum(sizes)
    starts = ends - sizes
    return [
        images.part(order[start:end].tolist(), f"{images.name}, part {place} of {tuple(shares)}, seed {seed}")
        for place, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]
