"""Encodings side by side, each of which weighs the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.predictors.encoding.scores import Scores
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.features import Features
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


class Blocks:
    """Columns of several encodings, with a mean square of rows that is 1 over the examples.

    Args:
        space: Of the architectures.
        encodings: Of :data:`~zcnas.predictors.features.ENCODINGS`.
        vocabulary: Of operations.
        scores: By name: a block of their own.

    Raises:
        UnknownNameError: An unknown encoding.
        InputError: Neither encodings nor scores.
    """

    def __init__(
        self, space: SearchSpace, encodings: Sequence[str], vocabulary: Vocabulary | None, scores: Scores | None
    ) -> None:
        Features(space, encodings, vocabulary, scores)  # Checks them.
        self._parts = {name: Features(space, [name], vocabulary, None) for name in encodings}
        if scores:
            self._parts["scores"] = Features(space, [], vocabulary, scores)

    def learn(self, archs: Sequence[Architecture]) -> dict[str, Any]:
        """What :meth:`__call__` has to know of examples, as plain JSON."""
        facts = {}
        for name, part in self._parts.items():
            known = part.learn(archs)
            alive = int(part(archs, known).any(axis=0).sum())
            facts[name] = {"known": known, "scale": float(1 / np.sqrt(max(alive, 1) * len(self._parts)))}
        return facts

    def __call__(self, archs: Sequence[Architecture], facts: Mapping[str, Any]) -> Floats:
        """``(len(archs), D)``."""
        found = [facts[name]["scale"] * part(archs, facts[name]["known"]) for name, part in self._parts.items()]
        return np.concatenate(found, axis=1)
