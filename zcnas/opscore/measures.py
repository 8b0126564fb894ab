"""What is measured on a masked supernet: proxies, aggregates of proxies, accuracy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from zcnas.batch import Batch
from zcnas.errors import Undefined
from zcnas.passes import Memo
from zcnas.passes.inventory import Inventory
from zcnas.passes.manners import prepared
from zcnas.proxies import Proxy, resolve
from zcnas.rank import AGGREGATES, Aggregate
from zcnas.scoring import score

Values = npt.NDArray[np.float64]
Columns = Mapping[str, Values]


class Measure(Protocol):
    """A number for every one of several networks, higher where the network is better."""

    @property
    def batches(self) -> int:
        """How many batches one measurement takes."""

    def columns(
        self, network: nn.Module, batches: Sequence[Batch], seed: int, memo: Memo | None = None, /
    ) -> dict[str, float]:
        """What is to be known of one network; NaN where there is no value, with the reason logged.

        Args:
            network: A masked supernet, or a network of its own.
            batches: As many as :attr:`batches` says.
            seed: Of what is random.
            memo: What other networks that share blocks computed on these batches.
        """

    def join(self, columns: Columns) -> Values:
        """``(M,)`` values of M networks from their columns; NaN where one of a network's columns is NaN."""


@dataclass(frozen=True, slots=True)
class ProxyMeasure:
    """A zero-cost proxy, with the sign that makes more better, or an aggregate of several.

    Attributes:
        proxies: What is scored.
        aggregate: Joins them by ranks among the networks that are compared; ``None`` for a single proxy.
    """

    proxies: tuple[Proxy, ...]
    aggregate: Aggregate | None = None

    @property
    def batches(self) -> int:
        """ZiCo needs as many as its gradients are compared over."""
        return max(1, *(getattr(proxy, "batches", 1) for proxy in self.proxies))

    def columns(
        self, network: nn.Module, batches: Sequence[Batch], seed: int, memo: Memo | None = None
    ) -> dict[str, float]:
        """Signed scores by proxy name."""
        found = score(network, self.proxies, batch=list(batches), seed=seed, memo=memo)
        signs = {name: 1.0 if one.higher_is_better else -1.0 for name, one in found.details.items()}
        return {name: signs[name] * value for name, value in found.items()}

    def join(self, columns: Columns) -> Values:
        """The column itself, or the aggregate of those networks that have all scores."""
        if self.aggregate is None:
            ((_, values),) = columns.items()
            return values
        defined = ~np.any([np.isnan(values) for values in columns.values()], axis=0)
        joined = np.full(len(defined), math.nan)
        if defined.any():
            joined[defined] = self.aggregate({name: values[defined] for name, values in columns.items()})
        return joined


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of images that a trained supernet classifies correctly, in eval mode.

    Attributes:
        batches: Over how many batches it is taken.
    """

    batches: int = 1

    def columns(
        self, network: nn.Module, batches: Sequence[Batch], seed: int, _: Memo | None = None
    ) -> dict[str, float]:
        """The accuracy, between 0 and 1."""
        right, count = 0, 0
        parts = Inventory.of(network)
        device = next((value.device for value in parts.parameters.values()), torch.device("cpu"))
        with prepared(parts, train=False, grad=False, seed=seed, device=device):
            for batch in batches:
                if batch.targets is None:
                    raise Undefined("accuracy needs labels: use images with labels")
                found = network(batch.inputs.to(device)).argmax(1)
                right, count = right + int((found == batch.targets.to(device)).sum()), count + len(batch)
        return {"accuracy": right / count}

    def join(self, columns: Columns) -> Values:
        """The accuracies themselves."""
        return columns["accuracy"]


def measure(what: str | Proxy | Measure) -> Measure:
    """The measure of this name: an aggregate's, a proxy's, or ``accuracy``.

    ``tenas`` is what TE-NAS ranks by (Chen et al., ICLR 2021, arXiv:2102.11535): the sum of the ranks of the
    condition number of the tangent kernel and of the number of linear regions.

    Raises:
        UnknownNameError: No such proxy or aggregate.
    """
    if isinstance(what, Proxy):
        return ProxyMeasure((what,))
    if not isinstance(what, str):
        return what
    if what == "accuracy":
        return Accuracy()
    if what == "tenas":
        members: Sequence[str] = ("ntk_condition", "linear_regions")
        return ProxyMeasure(tuple(resolve(members).values()), AGGREGATES["rank_sum"])
    if what in AGGREGATES and AGGREGATES[what].members:
        return ProxyMeasure(tuple(resolve(AGGREGATES[what].members or ()).values()), AGGREGATES[what])
    (proxy,) = resolve([what]).values()
    return ProxyMeasure((proxy,))
