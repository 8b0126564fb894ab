"""SynFlow: the synaptic flow through the network, without data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from zcnas.errors import Undefined
from zcnas.passes import LogitGradients, Pass, ProxyContext, Request
from zcnas.proxies.base import LayerwiseProxy

Norms = Literal["bypassed", "kept", "reductions"]


def _pass(norms: Norms) -> Pass:
    # Where norms are kept the released code normalises its batch of one by its own statistics: train mode.
    return Pass("ones", size=1, train=norms != "bypassed", norms=norms, weights="absolute", double=True)


@dataclass(frozen=True, slots=True)
class SynFlow(LayerwiseProxy):
    r"""Sum over weights of weight times the gradient of the summed logits, all weights made positive.

    .. math:: R = \sum_k f_k(1; |\theta|), \qquad S = \sum_l \sum_{w \in W_l} |w| \, \partial R / \partial |w|

    The input is one image of ones; parameters and buffers are replaced by their absolute values; everything is
    computed in float64, because values overflow float32 for 3 to 4 % of NAS-Bench-201.

    Args:
        norms: ``bypassed`` (batch, layer, group and instance norms pass their input through), ``kept``, or
            ``reductions``, as zero-cost-nas has it: its network without norms keeps the four in the reduction
            blocks of NAS-Bench-201 (ranks hardly change).

    Reference: Tanaka et al., NeurIPS 2020, arXiv:2006.05467; as a proxy Abdelfattah et al. 2021,
    arXiv:2101.08134. Deviations: eval mode where norms are bypassed, so that dropout is off. Theorem (tested): in a
    chain without biases every layer's part is the same, R. Disconnected networks: 0.
    """

    name: ClassVar[str] = "synflow"
    paper: ClassVar[str] = "Tanaka et al., SynFlow, NeurIPS 2020, arXiv:2006.05467"
    norms: Norms = "bypassed"

    def passes(self) -> tuple[Request, ...]:
        return ((_pass(self.norms), LogitGradients()),)

    def layers(self, context: ProxyContext) -> dict[str, float]:
        found = context.observe(_pass(self.norms), LogitGradients())
        parts = {name: (weight.value * weight.gradient).abs().sum().item() for name, weight in found.items()}
        if not all(map(math.isfinite, parts.values())):
            raise Undefined("the flow overflows even float64: the network is too deep or its weights too large")
        return parts
