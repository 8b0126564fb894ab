"""ZiCo: how steady gradients are from batch to batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import LossGradients, Pass, ProxyContext, Request
from zcnas.proxies.base import LayerwiseProxy


@dataclass(frozen=True, slots=True)
class ZiCo(LayerwiseProxy):
    r"""Sum over weight tensors of the logarithm of the summed inverse coefficients of variation of gradients.

    .. math:: S = \sum_l \log \sum_{w \in W_l} \operatorname{mean}_i |g_w^{(i)}| / \operatorname{std}_i |g_w^{(i)}|

    over batches i, with the population standard deviation; weights without variation and tensors without such
    weights are left out.

    Args:
        variant: ``paper``, or ``released``: the standard deviation of the *signed* gradients, as the
            authors' code has it, which made the published figures.
        batches: Number of batches (the authors use two).

    Reference: Li et al., ZiCo, ICLR 2023, arXiv:2301.11300. Deviations: tensors without gradient are
    left out where the authors' code raises. Disconnected networks: 0, as no tensor is left.
    """

    name: ClassVar[str] = "zico"
    paper: ClassVar[str] = "Li et al., ZiCo, ICLR 2023, arXiv:2301.11300"
    needs_labels: ClassVar[bool] = True
    variant: Literal["paper", "released"] = "paper"
    batches: int = 2

    def passes(self) -> tuple[Request, ...]:
        return tuple((Pass(batch=index), LossGradients()) for index in range(self.batches))

    def layers(self, context: ProxyContext) -> dict[str, float]:
        if self.batches < 2:
            raise Undefined("a deviation needs at least two batches")
        found = [context.observe(spec, observation) for spec, observation in self.passes()]
        parts = {name: self._layer([one[name].gradient for one in found]) for name in found[0]}
        if not any(parts.values()) and any(bool(weight.gradient.any()) for weight in found[0].values()):
            raise Undefined("gradients do not vary from batch to batch: pass batches with different images")
        return {name: math.log(part) for name, part in parts.items() if part > 0}

    def _layer(self, gradients: list[Tensor]) -> float:
        varied = gradients if self.variant == "released" else [gradient.abs() for gradient in gradients]
        mean = sum(gradient.abs() for gradient in gradients) / len(gradients)
        deviation = _deviation(varied)
        # The sum is large where deviations are small: added up in float64.
        return torch.where(deviation > 0, mean / deviation, 0.0).sum(dtype=torch.float64).item()


def _deviation(values: list[Tensor]) -> Tensor:
    """Population standard deviation over the list."""
    if len(values) == 2:
        # Half the difference, without the rounding of a mean: close gradients are what the score lives on.
        return (values[0] - values[1]).abs_().div_(2)
    return torch.stack(values).std(dim=0, correction=0)
