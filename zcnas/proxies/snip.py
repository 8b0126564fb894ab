"""SNIP: single-shot network pruning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from zcnas.passes import WeightGradient
from zcnas.proxies.base import Saliency


@dataclass(frozen=True, slots=True)
class SNIP(Saliency):
    r"""How much the loss would change if weights were removed, to first order, in absolute value.

    .. math:: S = \sum_l \sum_{w \in W_l} \left| w \, \partial L / \partial w \right|

    Reference: Lee et al., SNIP, ICLR 2019, arXiv:1810.02340; as a proxy Abdelfattah et al. 2021,
    arXiv:2101.08134.
    Deviations: the released code differentiates a mask of ones with frozen weights, which is the same number.
    Disconnected networks: 0.
    """

    name: ClassVar[str] = "snip"
    paper: ClassVar[str] = "Lee et al., SNIP, ICLR 2019, arXiv:1810.02340"

    def layer(self, weight: WeightGradient) -> Tensor:
        return (weight.value * weight.gradient).abs().sum()
