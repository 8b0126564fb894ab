"""The history of a search on disk: whatever happens, what was finished is not done again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from zcnas.algorithm import SearchAlgorithm
from zcnas.errors import DataError, InputError
from zcnas.journal import Journal
from zcnas.space import Architecture
from zcnas.study.attempt import Attempt, attempt

_STATE = "state"
"""The piece with what the algorithm knew after its first ``ask``, where some do their costly work."""


class History:
    """Attempts by round and place, in a :class:`~zcnas.journal.Journal`.

    A journal and not the store of scores: what a search needs is an order, several values and reasons, and a line that
    a killed process cut short is the only damage that an append can do.

    A search goes on by being done again: rounds that are complete need neither ``ask`` nor evaluation, for ``ask``
    learns nothing; the algorithm is told again what it was told. So histories hold no state beyond that of the start.

    Args:
        path: The file; ``None`` keeps everything in memory.
        settings: What attempts depend on.

    Raises:
        InputError: The file belongs to another search, or cannot be read or written.
        DataError: It is no history, or was garbled.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: Mapping[str, Any]) -> None:
        # What nobody can go on from is not kept at all.
        self._journal = None if path is None else Journal(path, settings)
        self._name = "" if path is None else os.fspath(path)
        self._rounds: dict[int, dict[int, Attempt]] = {}
        pieces = {} if self._journal is None else {key: self._journal[key] for key in self._journal}
        for key in pieces.keys() - {_STATE}:
            self._read(key, pieces[key])
        self.resumed = sum(map(len, self._rounds.values()))

    def __getitem__(self, round_: int) -> Mapping[int, Attempt]:
        """What is finished of a round, by place."""
        return self._rounds.get(round_, {})

    @property
    def last(self) -> int:
        """The last round of which anything is known; -1 where there is none."""
        return max(self._rounds, default=-1)

    def whole(self, round_: int, batch: int) -> list[Architecture] | None:
        """All that was proposed in a round; ``None`` where that is not known."""
        places = self[round_]
        # The last round may have been interrupted, and others lack what a person took out of the file.
        if round_ >= self.last or set(places) != set(range(batch)):
            return None
        return [places[place].arch for place in range(batch)]

    def add(self, place: int, done: Attempt) -> None:
        """Keeps an attempt. Raises :class:`InputError` if it cannot be written."""
        if self._journal is not None:
            self._journal.add(f"{done.round}.{place}", done.plain())

    def begin(self, algorithm: SearchAlgorithm, batch: int) -> list[Architecture] | None:
        """Brings an algorithm to where it was after its first ``ask``, if there was one; else asks, and keeps that.

        Returns:
            What it proposed, if it was asked.

        Raises:
            InputError: It proposes what the history does not have.
        """
        if self._journal is None:
            return None
        if _STATE in self._journal:
            algorithm.load_state_dict(self._journal[_STATE])
            asked = algorithm.ask(batch) if self[0] else None
            self.compare(0, asked or ())
            return asked
        asked = algorithm.ask(batch)
        self._journal.add(_STATE, algorithm.state_dict())
        return asked

    def compare(self, round_: int, asked: Sequence[Architecture]) -> None:
        """Raises :class:`InputError` if this is not what was proposed in that round."""
        for place, done in self[round_].items():
            proposed = asked[place] if place < len(asked) else None
            if proposed != done.arch:
                raise InputError(
                    f"{self._name}: expected an algorithm that proposes {done.arch.key} in round {round_}, "
                    f"got one that proposes {proposed.key if proposed else 'nothing'} there; make it with the same "
                    "arguments and seed, or name another path"
                )

    def _read(self, key: str, plain: Any) -> None:
        round_, _, place = key.partition(".")
        try:
            found = attempt(plain, int(round_))
            self._rounds.setdefault(int(round_), {})[int(place)] = found
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{self._name}: expected the history of a search, got {key!r} ({error!r}); name another path"
            ) from error
