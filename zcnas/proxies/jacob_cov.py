"""Covariance of input Jacobians, over the batch and within classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import InputJacobian, ProxyContext, Request
from zcnas.proxies.base import TASK, Proxy

# Keeps the logarithms finite; the constant of the released code.
_K = 1e-5


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


def _jacobian(context: ProxyContext) -> Tensor:
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
        values = torch.linalg.eigvalsh(correlations(_jacobian(context))).clamp_min(0.0) + _K
        total: float = (values.log() + values.reciprocal()).sum().item()
        return -total


@dataclass(frozen=True, slots=True)
class EPENAS(Proxy):
    r"""How alike the responses within each class are.

    .. math:: s_c = \sum_{i,j} \log(|\Sigma^{(c)}_{ij}| + k), \qquad S = \sum_c |s_c|

    with :math:`\Sigma^{(c)}` the correlations of the input Jacobians of class c. With more than 100 classes
    in the batch :math:`s_c` is divided by the class's size, and S is the sum over ordered pairs of
    :math:`|s_c - s_{c'}|` divided by the number of classes.

    Reference: Lopes et al., EPE-NAS, 2021, arXiv:2102.08099. Deviations: a class with one image gives
    :math:`|\log(1 + k)|` in both branches, where released code drops it or fails by the number of classes;
    which branch is taken is decided by the classes in the batch. Disconnected networks: undefined.
    """

    name: ClassVar[str] = "epe_nas"
    paper: ClassVar[str] = "Lopes et al., EPE-NAS, arXiv:2102.08099"
    needs_labels: ClassVar[bool] = True

    def passes(self) -> tuple[Request, ...]:
        return ((TASK, InputJacobian()),)

    def score(self, context: ProxyContext) -> float:
        targets = context.setting.batches[0].targets
        if targets is None:
            raise Undefined("needs labels: pass a batch with targets")
        jacobian = _jacobian(context)
        groups = [jacobian[targets.to(jacobian.device) == label] for label in targets.unique()]
        scores = [((correlations(rows).abs() + _K).log().sum().item(), len(rows)) for rows in groups]
        if len(scores) <= 100:
            return math.fsum(abs(score) for score, _ in scores)
        means = torch.tensor([score / size for score, size in scores], dtype=torch.float64)
        return ((means[:, None] - means[None, :]).abs().sum() / len(means)).item()
