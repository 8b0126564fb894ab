"""SWAP: sample-wise activation patterns."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import ClassVar

from zcnas.errors import Undefined
from zcnas.passes import Pass, ProxyContext, Request
from zcnas.passes.rectifiers import UnitPatterns
from zcnas.proxies.base import Proxy


@dataclass(frozen=True, slots=True)
class SWAP(Proxy):
    r"""Number of different patterns that units show over the samples of a batch.

    .. math:: S = \frac{1}{R} \sum_r \#\{(\mathbb{1}[z_u(x_1) > 0], \dots, \mathbb{1}[z_u(x_N) > 0]) : u\}

    over all units u of all rectified values (feature maps, and the units of flat layers), averaged over R
    Gaussian initialisations. The regularised form multiplies by :math:`\exp(-(P - \mu)^2 / \sigma)` with P in
    millions of parameters.

    Args:
        samples: Images in a pass (at most 64, and at most as many as the batch has).
        repeats: Initialisations R to average; the authors' script uses 32.
        mu: Centre of the regularisation in millions of parameters; ``None`` is the plain form.
        sigma: Its width, in squared millions.

    Reference: Peng et al., SWAP-NAS, ICLR 2024, arXiv:2403.04161. Deviations: fewer repeats by default; the
    authors' code reads four-dimensional maps only. They tune mu and sigma for each space; the defaults of
    ``swap_regularised`` suit networks of about a million parameters. Disconnected networks: patterns of the
    part that the input reaches.
    """

    name: ClassVar[str] = "swap"
    paper: ClassVar[str] = "Peng et al., SWAP-NAS, ICLR 2024, arXiv:2403.04161"
    samples: int = 16
    repeats: int = 4
    mu: float | None = None
    sigma: float = 1.0

    def counts_unused(self) -> bool:
        return self.mu is not None

    def passes(self) -> tuple[Request, ...]:
        specs = (Pass(draw=index, size=self.samples, weights="gaussian") for index in range(self.repeats))
        return tuple((spec, UnitPatterns()) for spec in specs)

    def score(self, context: ProxyContext) -> float:
        patterns = statistics.fmean([context.observe(spec, observation) for spec, observation in self.passes()])
        if self.mu is None:
            return patterns
        millions = sum(value.numel() for value in context.module.parameters()) / 1e6
        factor = math.exp(-((millions - self.mu) ** 2) / self.sigma)
        if factor == 0:
            raise Undefined(f"{millions:.3g} million parameters are too far from mu={self.mu}: choose mu and sigma")
        return patterns * factor
