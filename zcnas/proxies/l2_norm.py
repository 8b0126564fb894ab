"""Norm of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from zcnas.passes import ProxyContext
from zcnas.passes.substitute import compute_dtype
from zcnas.proxies.base import LayerwiseProxy


@dataclass(frozen=True, slots=True)
class L2Norm(LayerwiseProxy):
    r"""Sum over weight tensors of their Euclidean norm.

    .. math:: S = \sum_l \lVert W_l \rVert_2

    Reference: Abdelfattah et al. 2021, arXiv:2101.08134 (in the code). Deviations: none, except that
    architectures hold only the operations that they select; the released class holds all five candidates of
    every edge. Needs no traversal; counts weights that cannot reach the output.
    """

    name: ClassVar[str] = "l2_norm"
    paper: ClassVar[str] = "Abdelfattah et al., Zero-Cost Proxies for Lightweight NAS, ICLR 2021, arXiv:2101.08134"
    static: ClassVar[bool] = True

    def layers(self, context: ProxyContext) -> dict[str, float]:
        return {
            name: value.to(compute_dtype(value.dtype, double=False)).norm().item()
            for name, value in context.parameters.items()
            if name in context.setting.known.weights
        }
