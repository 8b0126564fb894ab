"""What tells benchmarks apart that are published in files of one form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zcnas.errors import DataError, ZcnasError

_SPELLINGS = {
    "nasbench201": (re.compile(r"\|.*~\d\|"), "the topology space of 15,625 cells"),
    "natsbench_size": (re.compile(r"\d+(:\d+)+"), "the size space of NATS-Bench"),
}
"""Space -> what its spellings look like, and what messages call it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One benchmark.

    Attributes:
        space: Name of its search space.
        genomes: Gives all architectures, in the order of the files.
        index: Gives the place of a spelling in that order, and refuses what is none with a
            :class:`~zcnas.errors.ZcnasError`.
        epochs: Name of a training recipe -> its epochs.
    """

    space: str
    genomes: Callable[[], Sequence[tuple[int, ...]]]
    index: Callable[[Any], int]
    epochs: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.genomes())

    def row(self, text: object) -> int:
        """The place of a spelling. Raises :class:`~zcnas.errors.DataError`, which knows the other benchmarks."""
        for name, (pattern, called) in _SPELLINGS.items():
            if name != self.space and isinstance(text, str) and pattern.fullmatch(text):
                raise DataError(f"expected {_SPELLINGS[self.space][1]}, got {called}: convert it as {name}")
        try:
            return self.index(text)
        except ZcnasError as error:
            raise DataError(f"unknown architecture: {error}") from error

    def length(self, recipe: object) -> int:
        """Epochs of a training recipe. Raises :class:`~zcnas.errors.DataError`."""
        if recipe not in self.epochs:
            raise DataError(f"expected recipes {', '.join(self.epochs)}; got {recipe!r}")
        return self.epochs[str(recipe)]

    @property
    def shortest(self) -> int:
        """Epochs of the shortest training."""
        return min(self.epochs.values())
