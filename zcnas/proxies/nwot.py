"""NASWOT: how well binary activation codes tell the samples of a batch apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from zcnas.errors import Undefined
from zcnas.passes import Pass, ProxyContext, Request
from zcnas.passes.rectifiers import CodeKernel
from zcnas.proxies.base import Proxy


@dataclass(frozen=True, slots=True)
class NWOT(Proxy):
    r"""Logarithm of the determinant of the kernel of binary ReLU codes.

    .. math:: S = \log \det K, \qquad K_{ij} = \#\{\text{units in whose state samples } i, j \text{ agree}\}

    The diagonal of K is the number of units.

    Args:
        train: Batch statistics (default), or eval mode, as Zero-Cost-PT uses it.
        variant: ``paper`` counts each piecewise-linear unit once, in modules and in functional code; ``released``
            counts inputs of modules whose class name contains ``ReLU``, so that units inside a ReLUConvBN
            wrapper count twice.

    Reference: Mellor et al., Neural Architecture Search without Training, ICML 2021, arXiv:2006.04647. Deviations:
    the rule of the authors' code that only modules which received a gradient count is met on architectures
    whose dead edges are not computed, and left out otherwise. Minus infinity where two different samples
    share all codes, as in disconnected networks.
    """

    name: ClassVar[str] = "nwot"
    paper: ClassVar[str] = "Mellor et al., Neural Architecture Search without Training, ICML 2021, arXiv:2006.04647"
    train: bool = True
    variant: Literal["paper", "released"] = "paper"

    def passes(self) -> tuple[Request, ...]:
        return ((Pass(train=self.train), CodeKernel(by_name=self.variant == "released")),)

    def score(self, context: ProxyContext) -> float:
        ((spec, observation),) = self.passes()
        kernel, _ = context.observe(spec, observation)
        _refuse_twins(context)
        sign, logdet = torch.linalg.slogdet(kernel)
        return logdet.item() if sign.item() > 0 else float("-inf")


def _refuse_twins(context: ProxyContext) -> None:
    inputs = context.setting.batches[0].inputs.reshape(len(context.setting.batches[0]), -1)
    if len(torch.unique(inputs, dim=0)) < len(inputs):
        raise Undefined("two samples of the batch are identical: every network's kernel is singular")
