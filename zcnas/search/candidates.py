"""Lists of architectures that a search chooses from."""

from __future__ import annotations

from collections.abc import Sequence

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
