"""How a prior sees architectures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.dense import dense
from zcnas.predictors.encoding.graphs import GraphEncoder
from zcnas.predictors.encoding.vectors import graphs_of
from zcnas.predictors.meta import deep_kernel, plain
from zcnas.predictors.meta.posterior import Beliefs
from zcnas.predictors.prior import Prior
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace

Array = npt.NDArray[Any]
Columns = Mapping[str, Any]

_AT_ONCE = 512
"""Graphs that go through the network at a time: more leave the cache and are slower."""
_MANY = 1000
_LIKE_ALL = 512
"""Random architectures that tell what features are like in a space."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Architectures as features.

    Attributes:
        mean: ``(N,)``: what the prior predicts.
        features: ``(N, D)``, those of its network, in float32.
        genes: ``(N, P)``, and so on: see :mod:`zcnas.predictors.meta.plain`.
        counts: See above.
        weights: See above.
        pairs: See above.
        spelled: See above, with skips as nodes.
        states: ``(N, P)``, of nodes in the prior's network.
    """

    mean: Array
    features: Array
    genes: Array
    counts: Array
    weights: Array
    pairs: Array
    spelled: Array
    states: Array

    def arrays(self) -> dict[str, Array]:
        """By name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def blocks(self) -> list[Array]:
        """All but the first two."""
        return list(self.arrays().values())[2:]

    def split(self, size: int) -> Iterator[View]:
        """All, ``size`` at a time."""
        for start in range(0, len(self.mean), size):
            yield View(*(array[start : start + size] for array in self.arrays().values()))


class Views:
    """Makes views; of many architectures at a time it remembers the last.

    Args:
        space: Of the architectures.
        encoder: Of their graphs.
    """

    def __init__(self, space: SearchSpace, encoder: GraphEncoder) -> None:
        self._space, self._encoders = space, (encoder, replace(encoder, fold_skips=False))
        self._last: tuple[Prior, list[float], tuple[Architecture, ...], View] | None = None

    def learn(self, prior: Prior, features: Array | None = None) -> Columns:
        """What features are like over the space, as plain JSON: of random architectures; and those of a task.

        Raises:
            InputError: Another number of the task's features than the prior was learned with.
        """
        told = prior.conditions(features).tolist()
        rng = generator("plain features", self._space.name)
        archs = [self._space.sample(rng) for _ in range(_LIKE_ALL)]
        batches = self._batches(archs)
        columns = {"pairs": plain.known_pairs(batches), **({"conditions": told} if told else {})}
        return {**columns, "blocks": plain.learn(self._features(prior, archs, batches, columns)[1])}

    def __call__(self, prior: Prior, archs: Sequence[Architecture], columns: Columns) -> View:
        """The view of ``archs``; ``columns`` are of :meth:`learn`."""
        if not archs:
            width = len(prior.parameters["head.weight"])
            blocks = [np.empty((0, sum(len(part["kept"]) for part in parts))) for parts in columns["blocks"]]
            return View(np.empty(0), np.empty((0, width), np.float32), *blocks)
        if len(archs) < _MANY:
            return self._made(prior, archs, columns)
        told, asked = _conditions(columns), tuple(archs)
        if self._last is None or self._last[0] is not prior or self._last[1:3] != (told, asked):
            self._last = prior, told, asked, self._made(prior, archs, columns)
        return self._last[3]

    def _made(self, prior: Prior, archs: Sequence[Architecture], columns: Columns) -> View:
        features, blocks = self._features(prior, archs, self._batches(archs), columns)
        return View(_mean(prior, features), features, *plain.columns(blocks, columns["blocks"]))

    def _batches(self, archs: Sequence[Architecture]) -> plain.Batches:
        graphs = graphs_of(self._space, archs)
        folded, spelled = (encoder(graphs) for encoder in self._encoders)
        return folded, spelled

    def _features(
        self, prior: Prior, archs: Sequence[Architecture], batches: plain.Batches, columns: Columns
    ) -> tuple[Array, list[plain.Parts]]:
        features, states = _watched(prior, batches[0], torch.tensor(_conditions(columns)))
        return features, [*plain.raw(self._space, archs, batches, columns["pairs"]), (states,)]


def beliefs(prior: Prior, asked: View, known: View) -> Beliefs:
    """What the prior says of some architectures beside others."""
    given = prior.parameters
    first, second = torch.from_numpy(asked.features), torch.from_numpy(known.features)
    kernels = [plain.kernel(*pair) for pair in zip(asked.blocks(), known.blocks(), strict=True)]
    deep, own = deep_kernel.kernels(given, first, second).double().numpy(), deep_kernel.own(given, first)
    variances = np.stack([own.double().numpy(), *map(plain.own, asked.blocks())])
    return Beliefs(asked.mean, np.stack([deep, *kernels]), variances)


def _conditions(columns: Columns) -> list[float]:
    """What the network is told of the task."""
    return list(columns.get("conditions", ()))


def _watched(prior: Prior, batch: GraphBatch, condition: Tensor) -> tuple[Array, Array]:
    """Features, and states of nodes."""
    places, numbers = batch.distinct()
    # Those of equal size together, so that little is padded.
    order = torch.bincount(batch.graphs)[places].argsort(stable=True)
    with torch.inference_mode():
        some = (dense(graphs).told(condition) for graphs in batch.select(places[order]).split(_AT_ONCE))
        parts = [*map(prior.network.watched, some)]
    features, states = (torch.cat(several)[order.argsort()[numbers]].numpy() for several in zip(*parts, strict=True))
    return features, states


def _mean(prior: Prior, features: Array) -> Array:
    mean = torch.from_numpy(features) @ prior.parameters["head.weight"] + prior.parameters["head.bias"]
    return mean.double().numpy()
