"""Random architectures that were not seen yet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zcnas.space import Architecture, SearchSpace

_ATTEMPTS = 100
_ENUMERABLE = 1_000_000
"""Spaces up to this size are searched for what is left once draws find nothing new."""


def draw(space: SearchSpace, rng: np.random.Generator, free: Callable[[Architecture], bool]) -> Architecture | None:
    """A random architecture that is free; ``None`` if there is none.

    Of a space with more than a million architectures, ``None`` if 100 draws find none.
    """
    for _ in range(_ATTEMPTS):
        if free(arch := space.sample(rng)):
            return arch
    left = [arch for arch in space if free(arch)] if space.size <= _ENUMERABLE else []
    return left[int(rng.integers(len(left)))] if left else None
