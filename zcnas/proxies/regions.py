"""Counts of activation patterns: linear regions (TE-NAS) and sample-wise patterns (SWAP)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from zcnas.errors import Undefined
from zcnas.passes import Pass, ProxyContext, Request
from zcnas.passes.rectifiers import Crossings, SamplePatterns, UnitPatterns
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
        return _mean(counts) + (0 if self.variant == "released" else 1)

    def _inputs(self) -> Literal["gaussian", "line"]:
        return "gaussian" if self.variant == "released" else "line"


@dataclass(frozen=True, slots=True)
class SWAP(Proxy):
    r"""Number of different patterns that units show over the samples of a batch.

    .. math:: S = \frac{1}{R} \sum_r \#\{(\mathbb{1}[z_u(x_1) > 0], \dots, \mathbb{1}[z_u(x_N) > 0]) : u\}

    over all units u of all rectified feature maps, averaged over R Gaussian initialisations. The regularised
    form multiplies by :math:`\exp(-(P - \mu)^2 / \sigma)` with P in millions of parameters.

    Args:
        samples: Images in a pass (at most 64).
        repeats: Initialisations R to average; the authors' script uses 32.
        mu: Centre of the regularisation in millions of parameters; ``None`` is the plain form.
        sigma: Its width, in squared millions.

    Reference: Peng et al., SWAP-NAS, ICLR 2024, arXiv:2403.04161. Deviations: fewer repeats by default. The
    authors tune mu and sigma for each space; the defaults of ``swap_regularised`` suit networks of about a
    million parameters. Disconnected networks: patterns of the part that the input reaches.
    """

    name: ClassVar[str] = "swap"
    paper: ClassVar[str] = "Peng et al., SWAP-NAS, ICLR 2024, arXiv:2403.04161"
    samples: int = 16
    repeats: int = 4
    mu: float | None = None
    sigma: float = 1.0

    def passes(self) -> tuple[Request, ...]:
        specs = (Pass(draw=index, size=self.samples, weights="gaussian") for index in range(self.repeats))
        return tuple((spec, UnitPatterns()) for spec in specs)

    def score(self, context: ProxyContext) -> float:
        patterns = _mean([context.observe(spec, observation) for spec, observation in self.passes()])
        if self.mu is None:
            return patterns
        millions = sum(value.numel() for value in context.module.parameters()) / 1e6
        factor = math.exp(-((millions - self.mu) ** 2) / self.sigma)
        if factor == 0:
            raise Undefined(f"{millions:.3g} million parameters are too far from mu={self.mu}: choose mu and sigma")
        return patterns * factor


def _mean(counts: list[int]) -> float:
    return math.fsum(counts) / len(counts)
