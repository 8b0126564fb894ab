"""GradSign: on how many weights the samples' gradients agree in sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import ProxyContext
from zcnas.passes.per_sample import PerSample, Reducer, reduce_per_sample
from zcnas.proxies.base import Proxy


class _Signs(Reducer):
    def __init__(self) -> None:
        self.sums: list[Tensor] = []

    def add(self, _: int, gradients: Sequence[Tensor], /) -> None:
        signs = [gradient.sign() for gradient in gradients]
        if not self.sums:
            self.sums = signs
        else:
            for total, sign in zip(self.sums, signs, strict=True):
                total.add_(sign)


@dataclass(frozen=True, slots=True)
class GradSign(Proxy):
    r"""Sum over weights of the absolute sum of the signs of per-sample loss gradients.

    .. math:: S = \sum_w \Big| \sum_n \operatorname{sign} \partial L_n / \partial w \Big|

    Args:
        variant: ``paper``, or ``released``: the mean over weights in place of the sum, as AZ-NAS's comparison has it;
            it does not grow with the network.
        size: Number of samples (all of the batch where it is smaller).

    Reference: Zhang and Jia, GradSign, ICLR 2022, arXiv:2110.08616. Deviations: batch norm uses each sample's own
    statistics. Disconnected networks: what the classifier's weights alone give.
    """

    name: ClassVar[str] = "gradsign"
    paper: ClassVar[str] = "Zhang and Jia, GradSign, ICLR 2022, arXiv:2110.08616"
    needs_labels: ClassVar[bool] = True
    variant: Literal["paper", "released"] = "paper"
    size: int = 32

    def counts_unused(self) -> bool:
        return self.variant == "released"

    def score(self, context: ProxyContext) -> float:
        signs = _Signs()
        reduce_per_sample(context, PerSample("loss", self.size), signs)
        weights = sum(total.numel() for total in signs.sums)
        if not weights:
            raise Undefined("the network has no weights")
        agreement = math.fsum(total.abs().sum().item() for total in signs.sums)
        return agreement / weights if self.variant == "released" else agreement
