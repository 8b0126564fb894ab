"""What is measured on a masked supernet: proxies, aggregates of proxies, accuracy."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from zcnas.batch import Batch
from zcnas.errors import InputError, InputTypeError, Undefined, UnknownNameError
from zcnas.passes import Memo
from zcnas.passes.inventory import Inventory
from zcnas.passes.manners import prepared
from zcnas.proxies import PROXIES, Proxy, resolve
from zcnas.rank import AGGREGATES, Aggregate
from zcnas.scoring import score

LOG = logging.getLogger(__name__)

Values = npt.NDArray[np.float64]
Columns = Mapping[str, Values]


def defined_first(value: float) -> tuple[bool, float]:
    """A key to sort by: NaN lies below all else, minus infinity too."""
    return (False, 0.0) if math.isnan(value) else (True, value)


def strongest(values: Values) -> tuple[bool, float]:
    """The key of the highest of several."""
    return max(map(defined_first, values.tolist()))


@runtime_checkable
class Measure(Protocol):
    """A number for every one of several networks, higher where the network is better.

    What it is set to is told by its ``repr``, in journals.
    """

    @property
    def batches(self) -> int:
        """How many batches one measurement takes."""

    def columns(self, network: nn.Module, batches: Sequence[Batch], seed: int) -> dict[str, float]:
        """What is to be known of one network, equally named for all; NaN where there is no value."""

    def join(self, columns: Columns) -> Values:
        """``(M,)`` values of M networks from their columns; NaN where one of a network's columns is NaN."""


@dataclass(frozen=True, slots=True)
class ProxyMeasure:
    """A zero-cost proxy, with the sign that makes more better, or an aggregate of several.

    Attributes:
        proxies: What is scored.
        aggregate: Joins them by ranks among the networks that are compared; ``None`` for a single proxy.

    Raises:
        InputError: No proxy, or several that nothing joins.
    """

    proxies: tuple[Proxy, ...]
    aggregate: Aggregate | None = None

    def __post_init__(self) -> None:
        if not self.proxies or (self.aggregate is None and len(self.proxies) > 1):
            raise InputError(f"expected one proxy, or several and an aggregate; got {self}")

    @property
    def batches(self) -> int:
        """ZiCo needs as many as its gradients are compared over."""
        return max(1, *(getattr(proxy, "batches", 1) for proxy in self.proxies))

    def columns(
        self, network: nn.Module, batches: Sequence[Batch], seed: int, memo: Memo | None = None
    ) -> dict[str, float]:
        """Signed scores by proxy name; the reason why one is undefined or failed is logged, once a process.

        ``memo`` knows what other networks that share blocks computed on these batches.
        """
        found = score(network, self.proxies, batch=list(batches), seed=seed, memo=memo)
        for name, one in found.details.items():
            if one.status != "ok":
                _tell(f"{name}: {one.status}: {one.reason}")
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

    def __post_init__(self) -> None:
        if self.batches < 1:
            raise InputError(f"accuracy: expected at least 1 batch, got {self.batches}")

    def columns(self, network: nn.Module, batches: Sequence[Batch], seed: int) -> dict[str, float]:
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
    """The measure of this name: an aggregate's, a proxy's, or ``accuracy``; or what is one already.

    ``tenas`` is what TE-NAS ranks by (Chen et al., ICLR 2021, arXiv:2102.11535): the sum of the ranks of the
    condition number of the tangent kernel and of the number of linear regions.

    Raises:
        UnknownNameError: No such proxy or aggregate; patterns and ``all`` name several, which nothing joins.
        InputTypeError: Something else, such as a list.
    """
    if isinstance(what, Proxy):
        return ProxyMeasure((what,))
    if not isinstance(what, str):
        return _as_it_is(what)
    if what == "accuracy":
        return Accuracy()
    if what in _JOINED:
        return ProxyMeasure(tuple(resolve(_JOINED[what].members or ()).values()), _JOINED[what])
    if what not in PROXIES:
        raise UnknownNameError("proxy or aggregate", what, [*PROXIES, *_JOINED, "accuracy"])
    return ProxyMeasure((PROXIES.create(what),))


_JOINED: Mapping[str, Aggregate] = {
    **{name: one for name, one in AGGREGATES.items() if one.members},
    "tenas": Aggregate(
        AGGREGATES["rank_sum"].rule,
        ("ntk_condition", "linear_regions"),
        "Chen et al., Neural Architecture Search on ImageNet in Four GPU Hours, ICLR 2021, arXiv:2102.11535",
    ),
}
"""Aggregates that say which proxies they join."""


def _as_it_is(what: Any) -> Measure:
    if isinstance(what, type) or not isinstance(what, Measure):
        came = f"the class {what.__name__}, which must be called" if isinstance(what, type) else type(what).__name__
        raise InputTypeError(f"expected a proxy or aggregate, its name, or a Measure; got {came}")
    return what


@lru_cache(maxsize=256)
def _tell(reason: str) -> None:
    # A search meets the same reason in hundreds of networks.
    LOG.warning("%s", reason)
