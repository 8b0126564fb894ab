"""AZ-NAS's progressivity: how expressivity grows from block to block."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from zcnas.errors import Undefined
from zcnas.passes import Pass, ProxyContext, Request
from zcnas.passes.features import FeatureSpectra
from zcnas.proxies.az_expressivity import PAPER, Inputs, entropies
from zcnas.proxies.base import Proxy


@dataclass(frozen=True, slots=True)
class AZProgressivity(Proxy):
    r"""The smallest gain in expressivity from one block to the next: :math:`S = \min_l (s_l - s_{l-1})`.

    Args:
        inputs: Gaussian noise as in the paper, or the caller's data.

    Reference and deviations: as :class:`AZExpressivity`.
    """

    name: ClassVar[str] = "az_progressivity"
    paper: ClassVar[str] = PAPER
    inputs: Inputs = "gaussian"

    def passes(self) -> tuple[Request, ...]:
        return ((Pass(self.inputs), FeatureSpectra()),)

    def score(self, context: ProxyContext) -> float:
        found = list(entropies(context, Pass(self.inputs)).values())
        if len(found) < 2:
            raise Undefined("needs at least two blocks with feature maps")
        return min(after - before for before, after in pairwise(found))
