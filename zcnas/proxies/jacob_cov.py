"""jacob_cov: how differently the network responds to different inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import InputJacobian, ProxyContext, Request
from zcnas.proxies.base import TASK, Proxy

# Keeps the logarithms finite; the constant of the released code.
SMALL = 1e-5


def correlations(jacobian: Tensor) -> Tensor:
    """``(N, N)`` Pearson correlations (float64) between the rows of an ``(N, D)`` Jacobian.

    Raises:
        Undefined: A row is constant: its correlation with others does not exist.
    """
    rows = jacobian.double()
    rows = rows - rows.mean(dim=1, keepdim=True)
    norms = rows.norm(dim=1, keepdim=True)
    if not bool(torch.isfinite(norms).all()):
        raise Undefined("the input Jacobian overflows or holds NaN")
    if bool((norms == 0).any()):
        raise Undefined("a sample's input Jacobian is constant: no path leads from the input to the output")
    rows = rows / norms
    correlation: Tensor = (rows @ rows.mT).clamp(-1.0, 1.0)
    return correlation


def observed_jacobian(context: ProxyContext) -> Tensor:
    """``(N, D)`` input Jacobian of the task pass. Raises :class:`Undefined` for a batch of one."""
    jacobian = context.observe(TASK, InputJacobian())
    if len(jacobian) < 2:
        raise Undefined("correlations need a batch of at least two samples, got one")
    return jacobian


@dataclass(frozen=True, slots=True)
class JacobCov(Proxy):
    r"""How differently the network responds to different inputs.

    .. math:: S = -\sum_i \Big( \log(v_i + k) + \frac{1}{v_i + k} \Big), \qquad k = 10^{-5}

    with :math:`v` the eigenvalues of the correlation matrix of the samples' input Jacobians (gradient of the
    summed logits for the input, batch statistics differentiated).

    Reference: Mellor et al. 2020, Neural Architecture Search without Training, version 1, arXiv:2006.04647v1;
    as a proxy Abdelfattah et al. 2021, arXiv:2101.08134. Deviations: eigenvalues of the symmetric matrix in
    float64, clamped at 0 (the released code's general solver returns complex ones when samples outnumber the
    rank). Two equal images give a large negative value, as released. Disconnected networks: undefined.
    """

    name: ClassVar[str] = "jacob_cov"
    paper: ClassVar[str] = "Mellor et al., Neural Architecture Search without Training, arXiv:2006.04647v1"

    def passes(self) -> tuple[Request, ...]:
        return ((TASK, InputJacobian()),)

    def score(self, context: ProxyContext) -> float:
        values = torch.linalg.eigvalsh(correlations(observed_jacobian(context))).clamp_min(0.0) + SMALL
        total: float = (values.log() + values.reciprocal()).sum().item()
        return -total
