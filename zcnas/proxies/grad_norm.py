"""Gradient norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from zcnas.passes import WeightGradient
from zcnas.proxies.base import Saliency


@dataclass(frozen=True, slots=True)
class GradNorm(Saliency):
    r"""Sum over weight tensors of the Euclidean norm of their loss gradient.

    .. math:: S = \sum_l \lVert \partial L / \partial W_l \rVert_2

    Reference: Abdelfattah et al. 2021, arXiv:2101.08134.
    Deviations: none; like the released code it sums the norms of tensors and does not take the norm of the
    concatenated gradient (see :class:`GradNormGlobal`).
    Disconnected networks: 0 for every weight that the loss does not depend on.
    """

    name: ClassVar[str] = "grad_norm"
    paper: ClassVar[str] = "Abdelfattah et al., Zero-Cost Proxies for Lightweight NAS, ICLR 2021, arXiv:2101.08134"

    def layer(self, weight: WeightGradient) -> Tensor:
        norm: Tensor = weight.gradient.norm()
        return norm
