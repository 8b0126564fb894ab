"""GraSP: gradient signal preservation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from zcnas.passes import LossGradients, Pass, Request, WeightGradient
from zcnas.proxies.base import Saliency


@dataclass(frozen=True, slots=True)
class GraSP(Saliency):
    r"""How removing weights would change the gradient's norm, to first order.

    .. math:: S = -\sum_l \langle W_l, (H g)_l \rangle, \qquad g = \nabla L,\; H = \nabla^2 L

    Reference: Wang et al., Picking Winning Tickets Before Training by Preserving Gradient Flow, ICLR 2020,
    arXiv:2002.07376; as a proxy Abdelfattah et al. 2021, arXiv:2101.08134, whose sign we keep. The released
    code says that it put the minus sign in after seeing that accuracy was negatively correlated.
    Deviations: temperature 1, one batch, and gradient and Hessian of all of it (when released code splits a
    batch, it keeps the last part's gradient only). Attention runs in its plain form, because fused kernels
    have no second derivative. Theorem (tested): where every weight is followed by a batch norm with epsilon 0,
    the loss does not depend on the weights' scale and :math:`S = \sum_l \lVert g_l \rVert^2`.
    Disconnected networks: 0.
    """

    name: ClassVar[str] = "grasp"
    paper: ClassVar[str] = "Wang et al., GraSP, ICLR 2020, arXiv:2002.07376"

    def passes(self) -> tuple[Request, ...]:
        return ((Pass(second_order=True), LossGradients()),)

    def layer(self, weight: WeightGradient) -> Tensor:
        if weight.curvature is None:
            return torch.zeros(())
        return -(weight.value * weight.curvature).sum()
