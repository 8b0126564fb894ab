"""Random search without replacement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zcnas.search.drawing import draw
from zcnas.search.history import Free, HistorySearch
from zcnas.space import Architecture


class RandomSearch(HistorySearch):
    """Draws as the space samples, each architecture once.

    It learns nothing, so a warm-up alone decides in which order architectures are trained, which is what the paper
    of zero-cost warm-up does (Abdelfattah et al. 2021, arXiv:2101.08134).

    >>> from zcnas.testing import ToySpace
    >>> len(set(RandomSearch(ToySpace()).ask(100)))
    18
    """

    name = "random"

    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        while (arch := draw(self.space, rng, free)) is not None:
            yield arch
