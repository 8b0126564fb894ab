"""AZ-NAS's expressivity; the aggregate of its proxies is :func:`zcnas.rank.az_nas`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import Pass, ProxyContext, Request
from zcnas.passes.features import FeatureSpectra
from zcnas.proxies.base import LayerwiseProxy

PAPER = "Lee et al., AZ-NAS, CVPR 2024, arXiv:2403.19232"
Inputs = Literal["gaussian", "data"]


def entropies(context: ProxyContext, spec: Pass) -> dict[str, float]:
    """Entropy of each block's spectrum, by name. Raises :class:`Undefined` for constant features."""
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
    paper: ClassVar[str] = PAPER
    inputs: Inputs = "gaussian"

    def passes(self) -> tuple[Request, ...]:
        return ((Pass(self.inputs), FeatureSpectra()),)

    def layers(self, context: ProxyContext) -> dict[str, float]:
        return entropies(context, Pass(self.inputs))
