"""Scores of architectures that a caller's function or mapping gives, each asked for once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zcnas.errors import InputError, UnknownNameError
from zcnas.provenance import digest, named
from zcnas.space import Architecture

Score = Callable[[Sequence[Architecture]], Sequence[float]] | Mapping[Architecture, float]
"""Higher is better; NaN is worse than all else.

A function that depends on more than its name tells this by a method ``settings``, as plain JSON.
"""


class Scored:
    """Remembers scores, so that asking an algorithm twice costs nothing.

    Args:
        score: A function of many architectures, such as a proxy or a ranking by several, that depends on each alone;
            or a mapping.
    """

    def __init__(self, score: Score) -> None:
        self._score = score
        self._known: dict[Architecture, float] = {}

    def __call__(self, archs: Sequence[Architecture]) -> list[float]:
        """A score for every architecture.

        Raises:
            InputError: The function returned another number of scores.
            UnknownNameError: The mapping has no such architecture.
        """
        if new := [arch for arch in dict.fromkeys(archs) if arch not in self._known]:
            self._known.update(zip(new, map(_ordered, self._ask(new)), strict=True))
        return [self._known[arch] for arch in archs]

    def ranked(self, archs: Sequence[Architecture]) -> list[Architecture]:
        """Best first; equal ones in the order in which they came."""
        scores = self(archs)
        return [archs[index] for index in sorted(range(len(archs)), key=lambda index: -scores[index])]

    def settings(self) -> Any:
        """What tells the scores from others: of a mapping what it holds, of a function its settings or its name."""
        if isinstance(self._score, Mapping):
            return digest(sorted((arch.key, float(value)) for arch, value in self._score.items()))
        own = getattr(self._score, "settings", None)
        return own() if callable(own) else named(self._score)

    def _ask(self, archs: Sequence[Architecture]) -> Sequence[float]:
        if isinstance(self._score, Mapping):
            for arch in archs:
                if arch not in self._score:
                    raise UnknownNameError("score of", arch.key, [f"{len(self._score)} others"])
            return [self._score[arch] for arch in archs]
        scores = self._score(archs)
        if len(scores) != len(archs):
            raise InputError(f"score: expected a score for each of {len(archs)} architectures, got {len(scores)}")
        return scores


def _ordered(score: float) -> float:
    return -math.inf if math.isnan(score) else float(score)
