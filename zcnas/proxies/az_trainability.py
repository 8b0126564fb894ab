"""AZ-NAS's trainability: how evenly gradients pass through blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from zcnas.passes import Pass, ProxyContext, Request
from zcnas.passes.features import BlockJacobians
from zcnas.proxies.az_expressivity import PAPER, Inputs
from zcnas.proxies.base import Proxy


@dataclass(frozen=True, slots=True)
class AZTrainability(Proxy):
    r"""Mean over blocks of how near the spectral norm of their channel Jacobian is to 1.

    .. math:: S = \operatorname{mean}_l \Big( 2 - \sigma_l - \frac{1}{\sigma_l + 10^{-6}} \Big)

    with :math:`\sigma_l` the largest singular value of the matrix of :class:`BlockJacobians`.

    Args:
        inputs: Gaussian noise as in the paper, or the caller's data.

    Reference: Lee et al., AZ-NAS, CVPR 2024, arXiv:2403.19232. Deviations: none; disconnected networks get the
    authors' value too, a block without any gradient adding about minus a million; a block that passes gradients
    through unchanged makes the mean minus infinity, as released, so such networks share the last rank. Undefined
    where a rule found the blocks (the model does not name them) and no path leads from one to the next.
    """

    name: ClassVar[str] = "az_trainability"
    paper: ClassVar[str] = PAPER
    inputs: Inputs = "gaussian"

    def passes(self) -> tuple[Request, ...]:
        return ((Pass(self.inputs), BlockJacobians()),)

    def score(self, context: ProxyContext) -> float:
        matrices = context.observe(Pass(self.inputs), BlockJacobians()).values()
        return math.fsum(map(_nearness, matrices)) / len(matrices)


def _nearness(matrix: Tensor) -> float:
    if matrix.numel() == 0:
        return -math.inf
    sigma: float = torch.linalg.svdvals(matrix)[0].item()
    return 2 - sigma - 1 / (sigma + 1e-6)
