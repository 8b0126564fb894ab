"""Scores of untrained networks, computed when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError, UnknownNameError
from zcnas.objectives.describe import of_batches, plain
from zcnas.provenance import named
from zcnas.proxies import PROXIES, Proxy, resolve
from zcnas.rank import AGGREGATES, Aggregate
from zcnas.scoring import Data, as_batches
from zcnas.search import RandomSearch
from zcnas.searchspaces import get
from zcnas.space import Architecture, SearchSpace
from zcnas.sweep import score_space

_MANY = 50
"""So many architectures are worth a progress bar, and starting workers."""
_NEUTRAL = {"store", "workers", "devices", "retry_failed", "progress"}
"""Options that change no value."""


class ProxyScores:
    """A proxy, or an aggregate of several by rank, as a score function for warm-ups and moves.

    Each architecture is scored once, by :func:`zcnas.score_space`, when it is first asked for. Its score depends on the
    arguments and on the architecture alone: not on what else is asked for, in what order, or by how many workers. One
    that cannot be scored is NaN, and ranks last.

    An aggregate ranks among others. It is the value that it gives to the architecture when that is added to a sample of
    the space, each by itself.

    Args:
        space: A space or its name.
        proxy: A proxy, its name, or the name of one of :data:`zcnas.rank.AGGREGATES`.
        batch: As for :func:`zcnas.score`.
        reference: Architectures in an aggregate's sample, which are scored first.
        options: As for :func:`zcnas.score_space`: ``build``, ``seed``, ``init``; ``store="scores.sqlite"`` keeps
            scores, and finds those of a sweep with equal settings; ``workers`` start where 50 or more are to be scored.

    Raises:
        UnknownNameError: No such space, proxy, aggregate or option.
        InputError: No reference.

    >>> import torch
    >>> scores = ProxyScores("nasbench201", "params", torch.zeros(1, 3, 8, 8), build={"C": 4, "N": 1})
    >>> scores([Architecture("nasbench201", (3,) * 6)])
    [23374.0]
    """

    def __init__(
        self, space: SearchSpace | str, proxy: str | Proxy, batch: Data, *, reference: int = 100, **options: Any
    ) -> None:
        known = signature(score_space).parameters.keys() - {"archs", "proxies", "batch", "space", "shard"}
        if unknown := options.keys() - known:
            raise UnknownNameError("option of ProxyScores", min(unknown), sorted(known))
        if reference < 1:
            raise InputError(f"reference: expected at least 1 architecture, got {reference}")
        self._space = get(space) if isinstance(space, str) else space
        self._aggregate, self._proxies = _members(proxy)
        self._batches, self._reference, self._options = as_batches(batch), reference, options
        self._known: dict[Architecture, float] = {}

    def __call__(self, archs: Sequence[Architecture]) -> list[float]:
        """A score for each; higher is better.

        Raises:
            InputError: None of the first could be scored at all; the message has a reason.
        """
        if new := [arch for arch in dict.fromkeys(archs) if arch not in self._known]:
            self._known.update(zip(new, self._values(new), strict=True))
        return [self._known[arch] for arch in archs]

    def settings(self) -> dict[str, Any]:
        """All that scores depend on."""
        told = {key: value for key, value in self._options.items() if key not in _NEUTRAL}
        return {
            "space": named(self._space),
            "proxies": [repr(proxy) for proxy in self._proxies.values()],
            "aggregate": None if self._aggregate is None else [repr(self._aggregate), self._reference],
            "batch": of_batches(self._batches),
            "options": plain(told),
        }

    def _values(self, archs: Sequence[Architecture]) -> Sequence[float]:
        aggregate = self._aggregate
        if aggregate is None:
            (column,) = self._columns(archs).values()
            return [float(value) for value in column]
        others, columns = self._others, self._columns(archs)
        rows = ({name: column[place] for name, column in columns.items()} for place in range(len(archs)))
        return [aggregate.beside(others, row) for row in rows]

    @cached_property
    def _others(self) -> Mapping[str, npt.NDArray[np.float64]]:
        return self._columns(RandomSearch(self._space, seed=self._options.get("seed", 0)).ask(self._reference))

    def _columns(self, archs: Sequence[Architecture]) -> dict[str, npt.NDArray[np.float64]]:
        """By proxy, higher is better."""
        many = len(archs) >= _MANY
        options = {"progress": many, **self._options}
        options["workers"] = options.get("workers", 1) if many else 1
        chosen = self._proxies.values()
        found = score_space(archs, chosen, batch=self._batches, space=self._space, **options)
        if not self._known and all(record.status == "failed" for record in found.records.values()):
            reason = next(iter(found.records.values())).reason
            raise InputError(f"expected networks that can be scored, got {len(archs)} that cannot: {reason}")
        return {name: found[name] if proxy.higher_is_better else -found[name] for name, proxy in self._proxies.items()}


def _members(proxy: str | Proxy) -> tuple[Aggregate | None, dict[str, Proxy]]:
    """An aggregate, if it is one, and what is to be computed."""
    if isinstance(proxy, str) and proxy in AGGREGATES:
        return AGGREGATES[proxy], resolve(AGGREGATES[proxy].members or "all")
    if isinstance(proxy, str) and proxy not in PROXIES:
        raise UnknownNameError("proxy or aggregate", proxy, [*PROXIES, *AGGREGATES])
    return None, resolve(proxy)
