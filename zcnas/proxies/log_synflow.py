"""Logarithm of SynFlow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from zcnas.passes import ProxyContext, Request
from zcnas.proxies.base import Proxy
from zcnas.proxies.synflow import SynFlow


@dataclass(frozen=True, slots=True)
class LogSynFlow(Proxy):
    r"""Natural logarithm of :class:`SynFlow`: the same ranking in a range that can be plotted and averaged.

    Defined as minus infinity where the flow is 0, so a disconnected network ranks last. This is the logarithm
    of the sum, as NASLib returns it; a sum of per-weight logarithms, which also goes by this name, is another
    proxy.
    """

    name: ClassVar[str] = "log_synflow"
    paper: ClassVar[str] = SynFlow.paper

    def passes(self) -> tuple[Request, ...]:
        return SynFlow().passes()

    def score(self, context: ProxyContext) -> float:
        flow = SynFlow().score(context)
        return math.log(flow) if flow > 0 else -math.inf
