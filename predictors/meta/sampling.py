"""Draws small tasks from large ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from zcnas.errors import InputError
from zcnas.predictors import scale
from zcnas.predictors.encoding.dense import DenseGraphs, dense, largest
from zcnas.predictors.encoding.graphs import GraphEncoder
from zcnas.predictors.meta.conditions import Conditions
from zcnas.predictors.meta.episodes import Episode, Examples, stacked
from zcnas.predictors.meta.shift import balanced
from zcnas.predictors.meta.tasks import Task
from zcnas.seeding import generator

Floats = npt.NDArray[np.float64]

_UNTOLD = 0.25
"""Share of episodes whose task's features are left out, so that predictions without them are learned, too."""
_MULTIPLE = 8
"""Numbers of nodes are padded to multiples of it, so that tasks of several spaces have equal shapes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """A task with its graphs, its values as normal quantiles of their ranks among all, and what networks are told."""

    graphs: DenseGraphs
    values: Floats
    targets: Floats
    condition: Tensor


class Sampler:
    """Episodes of a step, in groups of graphs padded to equal size.

    A support has a random number of examples, whose targets are normal quantiles of ranks among them alone, as will be
    when a new task is adapted to. Targets of the query are quantiles among all of the task.

    Args:
        tasks: What to draw from; tasks with equal ``archs`` share their graphs.
        encoder: Of graphs.
        conditions: What turns features of tasks into what networks are told; by default they are told nothing.
        episodes: How many a step.
        support: The smallest and the largest support.
        query: Examples of a query.
        shares: ``(T,)`` probabilities of tasks, as from :func:`~zcnas.predictors.meta.shift.near`; by default
            :func:`~zcnas.predictors.meta.shift.balanced`.
        seed: Of all draws; those of a step do not depend on other steps.

    Raises:
        InputError: No tasks, or one with fewer architectures than an episode has.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        *,
        encoder: GraphEncoder | None = None,
        conditions: Conditions | None = None,
        episodes: int = 8,
        support: tuple[int, int] = (0, 50),
        query: int = 64,
        shares: Floats | None = None,
        seed: int = 0,
    ) -> None:
        least = support[1] + query
        if not tasks or min(len(task.archs) for task in tasks) < least:
            raise InputError(f"expected tasks of at least {least} architectures, got {list(tasks)}")
        self._pools = _pools(tasks, encoder or GraphEncoder(fold_skips=True), conditions or Conditions({}))
        self.shares = balanced(tasks) if shares is None else shares
        self.episodes, self.support, self.query, self.seed = episodes, support, query, seed

    def __call__(self, step: int) -> list[Episode]:
        """Stacked episodes of a step."""
        rng = generator("episodes", self.seed, step)
        drawn = rng.choice(len(self._pools), self.episodes, p=self.shares)
        groups: dict[int, list[Episode]] = {}
        for pool in (self._pools[place] for place in drawn):
            groups.setdefault(pool.graphs.types.shape[1], []).append(self._episode(pool, rng))
        return [stacked(group) for group in groups.values()]

    def _episode(self, pool: _Pool, rng: np.random.Generator) -> Episode:
        most = self.support[1]
        places = rng.choice(len(pool.values), most + self.query, replace=False)
        number = int(rng.integers(self.support[0], most + 1))
        targets = np.zeros(most)
        if number:
            targets[:number] = scale.targets(pool.values[places[:number]], ranks=True)
        weights = (np.arange(most) < number).astype(np.float64)
        query = places[most:]
        told = pool.condition
        if len(told) and rng.random() < _UNTOLD:
            told = torch.zeros_like(told)
        known, asked = (pool.graphs.select(torch.from_numpy(some)).told(told) for some in (places[:most], query))
        return Episode(
            Examples(known, _floats(targets), _floats(weights)),
            Examples(asked, _floats(pool.targets[query]), torch.ones(self.query)),
        )


def _pools(tasks: Sequence[Task], encoder: GraphEncoder, conditions: Conditions) -> list[_Pool]:
    known: dict[int, DenseGraphs] = {}
    for task in tasks:
        if id(task.archs) not in known:
            batch = encoder([task.space.graph(arch) for arch in task.archs])
            known[id(task.archs)] = dense(batch, -(-largest(batch) // _MULTIPLE) * _MULTIPLE)
    return [
        _Pool(
            known[id(task.archs)],
            task.values,
            scale.targets(task.values, ranks=True),
            _floats(conditions(task.features if len(conditions) else None)),
        )
        for task in tasks
    ]


def _floats(values: Floats) -> Tensor:
    return torch.from_numpy(values).float()
