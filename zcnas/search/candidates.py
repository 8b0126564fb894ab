"""Lists of architectures that a search chooses from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from zcnas.errors import InputError
from zcnas.space import Architecture, SearchSpace


def distinct(name: str, space: SearchSpace, candidates: Sequence[Architecture]) -> list[Architecture]:
    """Candidates of a search. Raises :class:`~zcnas.errors.InputError` unless each is of the space, and there once."""
    if not candidates or len(set(candidates)) != len(candidates):
        raise InputError(
            f"{name}: expected candidates, each once; got {len(candidates)}, of which {len(set(candidates))} differ"
        )
    if foreign := [arch.key for arch in candidates if arch not in space]:
        raise InputError(f"{name}: expected candidates of {space.name}, got {foreign[0]} among {len(foreign)} others")
    return list(candidates)


class Pool:
    """Candidates of an iteration: the whole space where it is small, else some of it.

    Args:
        space: Where they come from.
        most: How many of a space that has more.
    """

    def __init__(self, space: SearchSpace, most: int) -> None:
        self._space, self._most = space, most
        self._members = list(space) if space.size <= most else None

    def __call__(self, rng: np.random.Generator, near: Iterable[Architecture] = ()) -> list[Architecture]:
        """All, or random ones, to which neighbours of those in ``near`` are added."""
        if self._members is not None:
            return self._members
        drawn = (self._space.sample(rng) for _ in range(self._most))
        return list(dict.fromkeys([*drawn, *(other for one in near for other in self._space.neighbours(one))]))
