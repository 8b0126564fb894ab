"""AZ-NAS's three network proxies; their aggregate is :func:`zcnas.rank.az_nas`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import Pass, ProxyContext, Request
from zcnas.passes.features import BlockJacobians, FeatureSpectra
from zcnas.proxies.base import LayerwiseProxy, Proxy

_PAPER = "Lee et al., AZ-NAS, CVPR 2024, arXiv:2403.19232"
Inputs = Literal["gaussian", "data"]


def _entropies(context: ProxyContext, spec: Pass) -> dict[str, float]:
    return {name: _entropy(values) for name, values in context.observe(spec, FeatureSpectra()).items()}


def _entropy(eigenvalues: Tensor) -> float:
    # Rounding makes the zero eigenvalues of a rank-deficient map slightly negative.
    values = eigenvalues.clamp_min(0.0)
    total = values.sum()
    if not bool(torch.isfinite(total)):
        raise Undefined("features overflow or hold NaN")
    if total == 0:
        raise Undefined("a block's features are constant: no path leads to it from the input")
    shares = values / total
    return -(shares * (shares + 1e-8).log()).sum().item()


@dataclass(frozen=True, slots=True)
class AZExpressivity(LayerwiseProxy):
    r"""Sum over blocks of the entropy of the spectrum of their features' covariance.

    .. math:: S = \sum_l s_l, \qquad s_l = -\sum_i p_i \log(p_i + 10^{-8}), \quad p = \lambda / \sum \lambda

    Args:
        inputs: Gaussian noise as in the paper, or the caller's data.

    Reference: Lee et al., AZ-NAS, CVPR 2024, arXiv:2403.19232. Deviations: eigenvalues clamped at 0 (the
    authors' code takes logarithms of tiny negative ones and gets NaN). Disconnected networks: undefined.
    """

    name: ClassVar[str] = "az_expressivity"
    paper: ClassVar[str] = _PAPER
    inputs: Inputs = "gaussian"

    def passes(self) -> tuple[Request, ...]:
        return ((Pass(self.inputs), FeatureSpectra()),)

    def layers(self, context: ProxyContext) -> dict[str, float]:
        return _entropies(context, Pass(self.inputs))


@dataclass(frozen=True, slots=True)
class AZProgressivity(Proxy):
    r"""The smallest gain in expressivity from one block to the next: :math:`S = \min_l (s_l - s_{l-1})`.

    Args:
        inputs: Gaussian noise as in the paper, or the caller's data.

    Reference and deviations: as :class:`AZExpressivity`.
    """

    name: ClassVar[str] = "az_progressivity"
    paper: ClassVar[str] = _PAPER
    inputs: Inputs = "gaussian"

    def passes(self) -> tuple[Request, ...]:
        return ((Pass(self.inputs), FeatureSpectra()),)

    def score(self, context: ProxyContext) -> float:
        entropies = list(_entropies(context, Pass(self.inputs)).values())
        if len(entropies) < 2:
            raise Undefined("needs at least two blocks with feature maps")
        return min(after - before for before, after in pairwise(entropies))


@dataclass(frozen=True, slots=True)
class AZTrainability(Proxy):
    r"""Mean over blocks of how near the spectral norm of their channel Jacobian is to 1.

    .. math:: S = \operatorname{mean}_l \Big( 2 - \sigma_l - \frac{1}{\sigma_l + 10^{-6}} \Big)

    with :math:`\sigma_l` the largest singular value of the matrix of :class:`BlockJacobians`.

    Args:
        inputs: Gaussian noise as in the paper, or the caller's data.

    Reference: Lee et al., AZ-NAS, CVPR 2024, arXiv:2403.19232. Deviations: none; disconnected networks get the
    authors' value too, a block without any gradient adding about minus a million; a block that passes gradients
    through unchanged makes the mean minus infinity, as released, so such networks share the last rank.
    """

    name: ClassVar[str] = "az_trainability"
    paper: ClassVar[str] = _PAPER
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
