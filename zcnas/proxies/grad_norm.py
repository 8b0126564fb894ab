"""Gradient norm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from zcnas.passes import LossGradients, ProxyContext, Request, WeightGradient
from zcnas.proxies.base import TASK, Proxy, Saliency

_PAPER = "Abdelfattah et al., Zero-Cost Proxies for Lightweight NAS, ICLR 2021, arXiv:2101.08134"


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
    paper: ClassVar[str] = _PAPER

    def layer(self, weight: WeightGradient) -> Tensor:
        norm: Tensor = weight.gradient.norm()
        return norm


@dataclass(frozen=True, slots=True)
class GradNormGlobal(Proxy):
    r"""Euclidean norm of the concatenated loss gradient of all parameters, biases and norms included.

    The form that AZ-NAS's code compares with (Lee et al. 2024, arXiv:2403.19232).
    """

    name: ClassVar[str] = "grad_norm_global"
    paper: ClassVar[str] = _PAPER
    needs_labels: ClassVar[bool] = True

    def passes(self) -> tuple[Request, ...]:
        return ((TASK, LossGradients(every=True)),)

    def score(self, context: ProxyContext) -> float:
        found = context.observe(TASK, LossGradients(every=True)).values()
        return math.hypot(*(weight.gradient.norm().item() for weight in found))
