"""Matrices for predictors that take vectors: encodings side by side, and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError, UnknownNameError
from zcnas.predictors.encoding.adjacency import Adjacency
from zcnas.predictors.encoding.counts import Counts, Operations
from zcnas.predictors.encoding.paths import Paths
from zcnas.predictors.encoding.scores import Scores, learn_scale, scaled, score_matrix
from zcnas.predictors.encoding.vectors import Encoding, Genome
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]

ENCODINGS = ("genome", "adjacency", "paths", "counts", "operations")
"""Those that can be named."""


class Features:
    """Columns of several encodings and of scores; what they take from examples is plain JSON.

    Args:
        space: Of the architectures.
        encodings: Of :data:`ENCODINGS`, side by side.
        vocabulary: Of operations.
        scores: By name.

    Raises:
        UnknownNameError: An unknown encoding.
        InputError: Neither encodings nor scores.
    """

    def __init__(
        self, space: SearchSpace, encodings: Sequence[str], vocabulary: Vocabulary | None, scores: Scores | None
    ) -> None:
        if isinstance(encodings, str) or not (encodings or scores):
            raise InputError(f"expected a list of encodings of {', '.join(ENCODINGS)}, or scores; got {encodings!r}")
        self._space, self._scores = space, scores or {}
        self._encodings = {name: _encoding(name, vocabulary) for name in encodings}

    def learn(self, archs: Sequence[Architecture]) -> dict[str, Any]:
        """What :meth:`__call__` has to know of examples."""
        known = {name: encoding.learn(self._space, archs) for name, encoding in self._encodings.items()}
        return {"known": known, "columns": learn_scale(self._raw(archs, known))}

    def __call__(self, archs: Sequence[Architecture], facts: Mapping[str, Any]) -> Floats:
        """``(len(archs), D)``; columns have mean 0 and deviation 1 over the examples, or are 0 if they are constant.

        Raises:
            InputError: Other encodings or another number of scores than was learned from.
            UnknownNameError: A score that is not known, or an operation.
        """
        return scaled(self._raw(archs, facts["known"]), facts["columns"])

    def _raw(self, archs: Sequence[Architecture], known: Mapping[str, Any]) -> Floats:
        encoded = [encoding(self._space, archs, known[name]) for name, encoding in self._encodings.items()]
        return np.concatenate([*encoded, score_matrix(self._scores, archs)], axis=1)


def _encoding(name: str, vocabulary: Vocabulary | None) -> Encoding:
    match name:
        case "genome":
            return Genome()
        case "adjacency":
            return Adjacency(vocabulary)
        case "paths":
            return Paths(vocabulary)
        case "counts":
            return Counts(vocabulary)
        case "operations":
            return Operations(vocabulary)
    raise UnknownNameError("encoding", name, ENCODINGS)
