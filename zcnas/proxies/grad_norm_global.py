"""Norm of the whole gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from zcnas.passes import LossGradients, ProxyContext, Request
from zcnas.proxies.base import TASK, Proxy
from zcnas.proxies.grad_norm import GradNorm


@dataclass(frozen=True, slots=True)
class GradNormGlobal(Proxy):
    r"""Euclidean norm of the concatenated loss gradient of all parameters, biases and norms included.

    The form that AZ-NAS's code compares with (Lee et al. 2024, arXiv:2403.19232).
    """

    name: ClassVar[str] = "grad_norm_global"
    paper: ClassVar[str] = GradNorm.paper
    needs_labels: ClassVar[bool] = True

    def passes(self) -> tuple[Request, ...]:
        return ((TASK, LossGradients(every=True)),)

    def score(self, context: ProxyContext) -> float:
        found = context.observe(TASK, LossGradients(every=True)).values()
        return math.hypot(*(weight.gradient.norm().item() for weight in found))
