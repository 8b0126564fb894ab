"""Every architecture of a space, in its order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from zcnas.algorithm import Trial
from zcnas.search.history import Free, HistorySearch
from zcnas.space import Architecture


class ExhaustiveSearch(HistorySearch):
    """Proposes all architectures, the last gene running fastest; nothing is random.

    >>> from zcnas.testing import ToySpace
    >>> ExhaustiveSearch(ToySpace()).ask(100) == list(ToySpace())
    True
    """

    name = "exhaustive"

    def _forget(self) -> None:
        super()._forget()
        self._rest = iter(self.space)
        # Those that were proposed and not told yet, so that asking does not go through the space again and again.
        self._ahead: deque[Architecture] = deque()

    def _proposals(self, _rng: np.random.Generator, _free: Free, /) -> Iterator[Architecture]:
        yield from list(self._ahead)
        for arch in self._rest:
            self._ahead.append(arch)
            yield arch

    def _learn(self, _: Trial, /) -> None:
        while self._ahead and self.identity(self._ahead[0]) in self._seen:
            self._ahead.popleft()
