"""Linear regions: into how many linear pieces the network cuts its input space."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import ClassVar, Literal

from zcnas.passes import Pass, ProxyContext, Request
from zcnas.passes.rectifiers import Crossings, SamplePatterns
from zcnas.proxies.base import Proxy


@dataclass(frozen=True, slots=True)
class LinearRegions(Proxy):
    r"""Number of linear regions that a line through input space crosses.

    A network of piecewise-linear units is linear wherever no unit changes sides; on a line the number of
    regions is one more than the number of units that change sides along it, counted here between equally
    spaced points.

    Args:
        variant: ``paper``, or ``released``: the number of different patterns among random inputs, as TE-NAS's
        code
            counts. For that, give it what the authors use, a thin network and 3x3 images: in networks and
            images of usual size all patterns differ, and the count is the number of samples.
        samples: Points on the line, or random inputs (the authors use 1,000).
        draws: Lines, or sets of inputs, to average.

    Reference: Hanin and Rolnick, Complexity of Linear Regions in Deep Networks, ICML 2019, arXiv:1901.09021;
    as a proxy Chen et al., TE-NAS, ICLR 2021, arXiv:2102.11535. Deviations: see ``variant``. Disconnected
    networks: regions of the part that the input reaches.
    """

    name: ClassVar[str] = "linear_regions"
    paper: ClassVar[str] = "Chen et al., TE-NAS, ICLR 2021, arXiv:2102.11535"
    variant: Literal["paper", "released"] = "paper"
    samples: int = 64
    draws: int = 1

    def passes(self) -> tuple[Request, ...]:
        specs = (Pass(self._inputs(), draw=index, size=self.samples) for index in range(self.draws))
        observation = SamplePatterns() if self.variant == "released" else Crossings()
        return tuple((spec, observation) for spec in specs)

    def score(self, context: ProxyContext) -> float:
        counts = [context.observe(spec, observation) for spec, observation in self.passes()]
        return statistics.fmean(counts) + (0 if self.variant == "released" else 1)

    def _inputs(self) -> Literal["gaussian", "line"]:
        return "gaussian" if self.variant == "released" else "line"
