"""Zero-cost proxies, and aggregates of them, as objectives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError, Undefined, UnknownNameError
from zcnas.initialisation import initialise
from zcnas.objectives.base import Evaluation, Goal, Objective
from zcnas.objectives.describe import of_batches, plain
from zcnas.provenance import digest, named, versions
from zcnas.proxies import Proxy, resolve
from zcnas.rank import AGGREGATES, Aggregate
from zcnas.scores import Score
from zcnas.scoring import Data, as_batches, score
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace


class ProxyObjective(Objective):
    """Scores of untrained networks, one goal for each proxy.

    Aggregates by rank are :class:`AggregateObjective`: their values exist among other architectures only.

    Args:
        space: Where networks are built.
        proxies: As for :func:`zcnas.score`.
        batch: The same for every architecture, as for :func:`zcnas.score`.
        seed: Of the weights, with the architecture's key, and of all that is random.
        build: Further arguments of the space's ``build``.
        init: How weights are drawn; see :func:`zcnas.initialise`.
        device: Where to compute.

    Raises:
        UnknownNameError: An unknown proxy.
        InputTypeError: A batch of the wrong type.
    """

    def __init__(
        self,
        space: SearchSpace,
        proxies: str | Proxy | Iterable[str | Proxy],
        batch: Data,
        *,
        seed: int = 0,
        build: Mapping[str, Any] | None = None,
        init: str = "default",
        device: str | None = None,
    ) -> None:
        self._space, self._proxies, self._batches = space, resolve(proxies), as_batches(batch)
        self._seed, self._build, self._init, self._device = seed, dict(build or {}), init, device
        self.goals = tuple(Goal(name, "", proxy.higher_is_better) for name, proxy in self._proxies.items())

    def evaluate(self, arch: Architecture) -> Evaluation:
        found = self.scores(arch)
        values = tuple(goal.turned(found[goal.name].value) for goal in self.goals)
        return Evaluation(values, math.fsum(one.seconds for one in found.values()))

    def scores(self, arch: Architecture) -> Mapping[str, Score]:
        """All scores of a network. Raises :class:`~zcnas.errors.Undefined` where one is missing."""
        network = self._space.build(arch, seed=self._seed, **self._build)
        network = initialise(network, self._init, derive_seed(self._seed, arch.key))
        chosen = self._proxies.values()
        found = score(network, chosen, batch=self._batches, seed=self._seed, device=self._device).details
        missing = [f"{name}: {one.reason}" for name, one in found.items() if one.status != "ok"]
        if missing:
            raise Undefined("; ".join(missing))
        return found

    def settings(self) -> dict[str, Any]:
        return {
            "objective": "proxy",
            "space": named(self._space),
            "proxies": [repr(proxy) for proxy in self._proxies.values()],
            "batch": of_batches(self._batches),
            "seed": self._seed,
            "build": plain(self._build),
            "init": self._init,
            "torch": versions()["torch"],
        }


class AggregateObjective(Objective):
    """An aggregate of proxies by rank, among a fixed set of other architectures.

    Aggregates rank within a set, and adding to the set changes every value, so that a value among those proposed so far
    would depend on when it was asked. Here it is the value that the aggregate gives an architecture when that is added
    to the reference, each by itself: it depends on the architecture alone.

    Args:
        aggregate: One of :data:`zcnas.rank.AGGREGATES`, or an :class:`~zcnas.rank.Aggregate`.
        reference: Columns of scores of the reference by proxy name, in the proxies' own directions: what
            :func:`zcnas.score_space` gives for a sample of the space. For an aggregate of all proxies, those here.
        space: As for :class:`ProxyObjective`, like ``batch`` and ``options``: give what the reference was scored with.

    Raises:
        UnknownNameError: An unknown aggregate, or a member that the reference lacks.
        InputError: An empty reference.
    """

    def __init__(
        self,
        aggregate: str | Aggregate,
        reference: Mapping[str, npt.NDArray[np.float64]],
        space: SearchSpace,
        batch: Data,
        **options: Any,
    ) -> None:
        if isinstance(aggregate, str) and aggregate not in AGGREGATES:
            raise UnknownNameError("aggregate", aggregate, AGGREGATES)
        self._aggregate = AGGREGATES[aggregate] if isinstance(aggregate, str) else aggregate
        members = self._aggregate.members or tuple(reference)
        missing = [name for name in members if name not in reference]
        if missing:
            raise UnknownNameError("column of the reference", missing[0], reference)
        self._scored = ProxyObjective(space, members, batch, **options)
        goals = self._scored.goals
        self._columns = {goal.name: (1 if goal.higher_is_better else -1) * reference[goal.name] for goal in goals}
        if not all(map(len, self._columns.values())):
            raise InputError("reference: expected scores of at least one architecture, got none")
        self.goals = (Goal(aggregate if isinstance(aggregate, str) else "aggregate"),)

    def evaluate(self, arch: Architecture) -> Evaluation:
        own = self._scored.evaluate(arch)
        values = {goal.name: value for goal, value in zip(self._scored.goals, own.values, strict=True)}
        return Evaluation((self._aggregate.beside(self._columns, values),), own.seconds)

    def settings(self) -> dict[str, Any]:
        reference = {name: digest([column]) for name, column in self._columns.items()}
        return {**self._scored.settings(), "objective": repr(self._aggregate), "reference": reference}
