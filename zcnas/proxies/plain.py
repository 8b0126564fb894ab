"""Plain saliency: weight times gradient, signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from zcnas.passes import WeightGradient
from zcnas.proxies.base import Saliency


@dataclass(frozen=True, slots=True)
class Plain(Saliency):
    r"""The slope of the loss when all weights are scaled together.

    .. math:: S = \sum_l \langle W_l, \partial L / \partial W_l \rangle = \partial L(s\theta) / \partial s \,|_{s=1}

    The terms cancel, so the sign is unstable: a baseline, not a recommendation.

    Reference: Mozer and Smolensky, Skeletonization, NeurIPS 1988; as a proxy Abdelfattah et al. 2021,
    arXiv:2101.08134. Deviations: none. Disconnected networks: the classifier's weights alone can
    contribute, and they see a constant; 0 where features are 0.
    """

    name: ClassVar[str] = "plain"
    paper: ClassVar[str] = "Mozer and Smolensky, Skeletonization, NeurIPS 1988"

    def layer(self, weight: WeightGradient) -> Tensor:
        return (weight.value * weight.gradient).sum()
