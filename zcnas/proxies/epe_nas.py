"""EPE-NAS: how alike the responses within each class are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch

from zcnas.errors import Undefined
from zcnas.passes import InputJacobian, ProxyContext, Request
from zcnas.proxies.base import TASK, Proxy
from zcnas.proxies.jacob_cov import SMALL, correlations, observed_jacobian


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
        jacobian = observed_jacobian(context)
        groups = [jacobian[targets.to(jacobian.device) == label] for label in targets.unique()]
        scores = [((correlations(rows).abs() + SMALL).log().sum().item(), len(rows)) for rows in groups]
        if len(scores) <= 100:
            return math.fsum(abs(score) for score, _ in scores)
        means = torch.tensor([score / size for score, size in scores], dtype=torch.float64)
        return ((means[:, None] - means[None, :]).abs().sum() / len(means)).item()
