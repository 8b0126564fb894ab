"""How a prior sees architectures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.dense import dense
from zcnas.predictors.encoding.graphs import GraphEncoder
from zcnas.predictors.encoding.memory import Memory
from zcnas.predictors.encoding.vocabulary import TYPES
from zcnas.predictors.meta import deep_kernel, plain
from zcnas.predictors.meta.posterior import Beliefs
from zcnas.predictors.prior import Prior
from zcnas.space import Architecture, SearchSpace

Array = npt.NDArray[Any]

_AT_ONCE = 512
"""Graphs that go through the network at a time: more leave the cache and are slower."""
_MANY = 1000


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Architectures as features.

    Attributes:
        mean: ``(N,)``: what the prior predicts.
        features: ``(N, D)``, those of its network, in float32.
        genes: ``(N, P)``, the first that nothing was learned for; see :mod:`zcnas.predictors.meta.plain`.
        counts: Likewise the second.
        pairs: Likewise the third.
    """

    mean: Array
    features: Array
    genes: Array
    counts: Array
    pairs: Array

    def arrays(self) -> dict[str, Array]:
        """By name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def plain(self) -> tuple[Array, ...]:
        """Those that nothing was learned for."""
        return self.genes, self.counts, self.pairs

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
        self._space, self._graphs = space, Memory(space, encoder)
        self._last: tuple[Prior, tuple[Architecture, ...], View] | None = None

    def __call__(self, prior: Prior, archs: Sequence[Architecture], columns: Sequence[Mapping[str, Any]]) -> View:
        """The view of ``archs``; ``columns`` are of :func:`zcnas.predictors.meta.plain.learn`."""
        if not archs:
            width = len(prior.parameters["head.weight"])
            blocks = [np.empty((0, len(block["kept"]))) for block in columns]
            return View(np.empty(0), np.empty((0, width), np.float32), *blocks)
        if len(archs) < _MANY:
            return self._made(prior, archs, columns)
        if self._last is None or self._last[0] is not prior or self._last[1] != tuple(archs):
            self._last = prior, tuple(archs), self._made(prior, archs, columns)
        return self._last[2]

    def _made(self, prior: Prior, archs: Sequence[Architecture], columns: Sequence[Mapping[str, Any]]) -> View:
        batch = self._graphs(archs)
        features = _features(prior, batch)
        return View(_mean(prior, features), features, *plain.columns(self._space, archs, batch, len(TYPES), columns))


def beliefs(prior: Prior, asked: View, known: View) -> Beliefs:
    """What the prior says of some architectures beside others."""
    given = prior.parameters
    first, second = torch.from_numpy(asked.features), torch.from_numpy(known.features)
    kernels = [plain.kernel(*pair) for pair in zip(asked.plain, known.plain, strict=True)]
    deep, own = deep_kernel.kernels(given, first, second).double().numpy(), deep_kernel.own(given, first)
    variances = np.stack([own.double().numpy(), *map(plain.own, asked.plain)])
    return Beliefs(asked.mean, np.stack([deep, *kernels]), variances)


def _features(prior: Prior, batch: GraphBatch) -> Array:
    places, numbers = batch.distinct()
    # Those of equal size together, so that little is padded.
    order = torch.bincount(batch.graphs)[places].argsort(stable=True)
    found = torch.empty(len(places), len(prior.parameters["head.weight"]))
    with torch.inference_mode():
        for part, graphs in zip(order.split(_AT_ONCE), batch.select(places[order]).split(_AT_ONCE), strict=True):
            found[part] = prior.network(dense(graphs))
    return found[numbers].numpy()


def _mean(prior: Prior, features: Array) -> Array:
    mean = torch.from_numpy(features) @ prior.parameters["head.weight"] + prior.parameters["head.bias"]
    return mean.double().numpy()
