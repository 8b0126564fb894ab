"""Scores of a sweep that was done before."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zcnas.errors import UnknownNameError
from zcnas.proxies import PROXIES
from zcnas.rank import AGGREGATES
from zcnas.space import Architecture
from zcnas.store import ScoreStore


def stored_scores(store: ScoreStore | str | Path, name: str, settings: str | None = None) -> dict[Architecture, float]:
    """What a store holds of a proxy or an aggregate, higher being better: a score for warm-ups and moves.

    An aggregate ranks among all architectures that the store has every member of; what is undefined ranks last there.

    Args:
        store: What ``zcnas sweep`` or :func:`zcnas.score_space` wrote.
        name: Of a proxy, or one of :data:`zcnas.rank.AGGREGATES`.
        settings: A fingerprint, where the store has scores of several settings.

    Raises:
        UnknownNameError: No such scores.
        InputError: Scores of several settings.
        DataError: No store.
    """
    if not isinstance(store, ScoreStore):
        with ScoreStore(store, read_only=True) as opened:
            return stored_scores(opened, name, settings)
    names = store.names()
    if name in names or name not in AGGREGATES:
        return {Architecture.of_key(key): value for key, value in _turned(store, name, settings).items()}
    aggregate = AGGREGATES[name]
    members = aggregate.members or tuple(names)
    if missing := [one for one in members if one not in names]:
        raise UnknownNameError(f"score, which {name} joins,", missing[0], names)
    columns = {one: _turned(store, one, settings) for one in members}
    keys = [key for key in columns[members[0]] if all(key in column for column in columns.values())]
    values = aggregate({one: np.array([column[key] for key in keys]) for one, column in columns.items()})
    return {Architecture.of_key(key): float(value) for key, value in zip(keys, values, strict=True)}


def _turned(store: ScoreStore, name: str, settings: str | None) -> dict[str, float]:
    higher = name not in PROXIES or PROXIES.create(name).higher_is_better
    return {key: value if higher else -value for key, value in store.values(name, settings).items()}
