"""Zen-score: expressivity under Gaussian weights and inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import Observation, Pass, ProxyContext, Recorder, Request, Run
from zcnas.passes.features import LastMap
from zcnas.passes.intercept import Call
from zcnas.proxies.base import Proxy


@dataclass(frozen=True, slots=True)
class BatchVariances(Observation[list[Tensor]]):
    """Per-channel variances of every batch norm's input, in order of execution.

    ``correction`` is subtracted from the number of values that a variance is divided by.
    """

    correction: int = 0

    def recorder(self, run: Run) -> Recorder[list[Tensor]]:
        return _VarianceRecorder(run, self.correction)


class _VarianceRecorder(Recorder[list[Tensor]]):
    def __init__(self, run: Run, correction: int) -> None:
        super().__init__(run)
        self._correction = correction
        self._found: list[Tensor] = []
        self.watch(run.interceptor.before, (F.batch_norm,), self._record)

    def _record(self, _: Call, values: Tensor) -> None:
        axes = [axis for axis in range(values.ndim) if axis != 1]
        self._found.append(values.detach().var(dim=axes, correction=self._correction))

    def result(self) -> list[Tensor]:
        return self._found


@dataclass(frozen=True, slots=True)
class Zen(Proxy):
    r"""Log of how far a small input change moves the last map, rescaled by what batch norm took away.

    .. math:: S = \log \mathbb{E}_n \lVert f(x_n) - f(x_n + \alpha \epsilon_n) \rVert_F
              + \sum_{\text{BN}} \log \sqrt{\overline{\sigma^2}}

    with all weights redrawn from N(0, 1), x and :math:`\epsilon` Gaussian, f the map before global pooling and
    :math:`\overline{\sigma^2}` the mean over channels of the batch variance.

    Args:
        repeats: Independent draws to average (the authors' script uses 32, their search 1).
        variant: ``paper``, or ``released``: absolute values summed in place of the norm, and the *running* variance
            that batch norm holds after the two forward passes (momentum 0.1, from 1).
        alpha: Scale of the change.

    Reference: Lin et al., Zen-NAS, ICCV 2021, arXiv:2102.01063. Deviations: residual links stay, since an
    arbitrary module cannot be rebuilt without them. Disconnected networks: undefined (the map does not move).
    """

    name: ClassVar[str] = "zen"
    paper: ClassVar[str] = "Lin et al., Zen-NAS, ICCV 2021, arXiv:2102.01063"
    repeats: int = 1
    variant: Literal["paper", "released"] = "paper"
    alpha: float = 0.01

    def counts_unused(self) -> bool:
        return self.variant == "released"  # which reads the running variance of norms that never run

    def passes(self) -> tuple[Request, ...]:
        specs = [spec for index in range(self.repeats) for spec in self._pair(index)]
        return tuple((spec, observation) for spec in specs for observation in (LastMap(), self._variances()))

    def score(self, context: ProxyContext) -> float:
        draws = [self._draw(context, *self._pair(index)) for index in range(self.repeats)]
        return math.fsum(draws) / len(draws)

    def _variances(self) -> BatchVariances:
        # What batch norm keeps is the unbiased estimate.
        return BatchVariances(correction=1 if self.variant == "released" else 0)

    def _pair(self, index: int) -> tuple[Pass, Pass]:
        still = Pass("gaussian", draw=index, weights="gaussian", perturbation=0.0)
        return still, replace(still, perturbation=self.alpha)

    def _draw(self, context: ProxyContext, still: Pass, moved: Pass) -> float:
        change = (context.observe(still, LastMap()) - context.observe(moved, LastMap())).flatten(1)
        released = self.variant == "released"
        size = (change.abs().sum(dim=1) if released else change.norm(dim=1)).mean().item()
        if not (math.isfinite(size) and size > 0):
            raise Undefined("the last map does not move with the input, or it overflows")
        variances = [context.observe(spec, self._variances()) for spec in (still, moved)]
        means = _running(context, variances) if released else [value.mean() for value in variances[0]]
        scales = [math.sqrt(mean.item()) for mean in means]
        if 0 in scales:
            raise Undefined("a batch norm's input is constant: its branch does not depend on the input")
        return math.log(size) + math.fsum(map(math.log, scales))


def _running(context: ProxyContext, variances: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """What the running variance would be after both passes."""
    norms = [m for m in context.module.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    if len(norms) != len(variances[0]):
        raise Undefined("needs every batch norm to run once")
    pairs = zip(*variances, norms, strict=True)
    return [_after_two(first, second, norm.momentum).mean() for first, second, norm in pairs]


def _after_two(first: Tensor, second: Tensor, momentum: float | None) -> Tensor:
    if momentum is None:  # the mean of what was seen
        return (first + second) / 2
    return (1 - momentum) ** 2 + (1 - momentum) * momentum * first + momentum * second
