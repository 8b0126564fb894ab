"""Which images make up the batches: by name and seed, whatever was drawn before."""

from __future__ import annotations

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
