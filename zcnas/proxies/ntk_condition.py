"""Condition number of the neural tangent kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

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
        size: Number of samples (all of the batch where it is smaller).

    Reference: Chen et al., TE-NAS, ICLR 2021, arXiv:2102.11535. Deviations: weights are tensors of two or
    more dimensions (the authors' code also takes norm scales), and each sample passes alone, so batch norm
    uses its own statistics; in the authors' code samples meet in batch norm. Singular kernels, as of
    disconnected networks, are undefined (the authors' code gives 1e5).
    """

    name: ClassVar[str] = "ntk_condition"
    paper: ClassVar[str] = "Chen et al., TE-NAS, ICLR 2021, arXiv:2102.11535"
    higher_is_better: ClassVar[bool] = False
    size: int = 32

    def score(self, context: ProxyContext) -> float:
        values: list[float] = torch.linalg.eigvalsh(self._kernel(context)).tolist()
        low, high = values[0], values[-1]
        if not low > high * len(values) * torch.finfo(torch.float32).eps:
            raise Undefined("the tangent kernel is singular")
        return high / low

    def _kernel(self, context: ProxyContext) -> Tensor:
        count = min(self.size, len(context.setting.batches[0]))
        weights = context.setting.known.weights
        numels = [value.numel() for name, value in context.module.named_parameters() if name in weights]
        if not numels:
            raise Undefined("the network has no weights")
        kernel = torch.zeros(count, count, dtype=torch.float64)
        for positions in groups_of(numels, max(_NUMBERS // count, 1)):
            width = sum(numels[position] for position in positions)
            reducer = _Rows(torch.empty(count, width, dtype=_dtype(context), device=context.setting.device))
            reduce_per_sample(context, PerSample("logits", count), reducer, positions)
            kernel += (reducer.rows @ reducer.rows.mT).double().cpu()
        return kernel


def _dtype(context: ProxyContext) -> torch.dtype:
    first = next((value.dtype for value in context.module.parameters()), torch.float32)
    return torch.float64 if first == torch.float64 else torch.float32
