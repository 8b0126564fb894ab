"""Condition number of the neural tangent kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import ProxyContext
from zcnas.passes.per_sample import PerSample, Reducer, groups_of, reduce_per_sample
from zcnas.proxies.base import Proxy

# Numbers held at once: the samples' gradients of a group of weights stay below 1 GB in float32.
_NUMBERS = 256_000_000


class _Rows(Reducer):
    def __init__(self, rows: Tensor) -> None:
        self.rows = rows

    def add(self, index: int, gradients: Sequence[Tensor], /) -> None:
        torch.cat([gradient.reshape(-1) for gradient in gradients], out=self.rows[index])


@dataclass(frozen=True, slots=True)
class NTKCondition(Proxy):
    r"""Largest over smallest eigenvalue of the empirical neural tangent kernel; lower is better.

    .. math:: S = \lambda_{\max} / \lambda_{\min}, \qquad \Theta_{ij} = \langle \nabla_\theta \textstyle\sum_k f_k(x_i),
              \nabla_\theta \sum_k f_k(x_j) \rangle

    The kernel is summed over groups of weight tensors, so that memory does not grow with samples times
    parameters.

    Args:
        variant: ``paper``: the gradient of each sample's own function, which passes alone; batch norm uses its
            statistics. ``released``: as the authors' code has it, samples meet in batch norm, and the
            gradients of all parameters called ``weight`` count, norm scales among them.
        size: Number of samples (all of the batch where it is smaller).

    Reference: Chen et al., TE-NAS, ICLR 2021, arXiv:2102.11535. Deviations: weights of the default are tensors of
    two or more dimensions. Singular kernels, as of disconnected networks, are undefined (the authors' code
    gives 1e5).
    """

    name: ClassVar[str] = "ntk_condition"
    paper: ClassVar[str] = "Chen et al., TE-NAS, ICLR 2021, arXiv:2102.11535"
    higher_is_better: ClassVar[bool] = False
    variant: Literal["paper", "released"] = "paper"
    size: int = 32

    def score(self, context: ProxyContext) -> float:
        values: list[float] = torch.linalg.eigvalsh(self._kernel(context)).tolist()
        low, high = values[0], values[-1]
        if not low > high * len(values) * torch.finfo(torch.float32).eps:
            raise Undefined("the tangent kernel is singular")
        return high / low

    def _kernel(self, context: ProxyContext) -> Tensor:
        count = min(self.size, len(context.setting.batches[0]))
        released, weights = self.variant == "released", context.setting.known.weights
        numels = {
            name: value.numel()
            for name, value in context.module.named_parameters()
            if (value.is_floating_point() and "weight" in name if released else name in weights)
        }
        if not numels:
            raise Undefined("the network has no weights")
        kernel = torch.zeros(count, count, dtype=torch.float64)
        for names in groups_of(numels, max(_NUMBERS // count, 1)):
            width = sum(numels[name] for name in names)
            reducer = _Rows(torch.empty(count, width, dtype=_dtype(context), device=context.setting.device))
            reduce_per_sample(context, PerSample("logits", count, together=released), reducer, names)
            kernel += (reducer.rows @ reducer.rows.mT).double().cpu()
        return kernel


def _dtype(context: ProxyContext) -> torch.dtype:
    first = next((value.dtype for value in context.module.parameters()), torch.float32)
    return torch.float64 if first == torch.float64 else torch.float32
