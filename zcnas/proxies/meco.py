"""MeCo: how independent the channels of feature maps are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import Observation, Pass, ProxyContext, Recorder, Request, Run
from zcnas.passes.intercept import CONVOLUTIONS, Call
from zcnas.proxies.base import LayerwiseProxy


@dataclass(frozen=True, slots=True)
class ChannelIndependence(Observation[dict[str, float]]):
    """By map: the smallest eigenvalue of the correlation matrix of its channels over the first sample's positions.

    ``every_module`` looks at the outputs of all modules, containers included, instead of convolutions.
    """

    # Without a graph a weight that is computed from parameters could not be told from a constant.
    needs_graph: ClassVar[bool] = True
    every_module: bool = False

    def recorder(self, run: Run) -> Recorder[dict[str, float]]:
        return _IndependenceRecorder(run, self.every_module)


class _IndependenceRecorder(Recorder[dict[str, float]]):
    def __init__(self, run: Run, every_module: bool) -> None:
        super().__init__(run)
        self._found: dict[str, float] = {}
        if every_module:
            for name, module in run.module.named_modules():
                run.hooks.callback(module.register_forward_hook(self._hook(name)).remove)
        else:
            self.watch(run.interceptor.after, CONVOLUTIONS, self._convolution)

    def _hook(self, name: str) -> object:
        return self.guard(self.in_forward(lambda _, __, output: self._add(name, output)))

    def _convolution(self, call: Call, output: Tensor) -> None:
        weight = call.argument(1, "weight")
        if isinstance(weight, Tensor) and weight.requires_grad:  # a pool written as a convolution has none
            self._add(self.run.weight_name(weight), output)

    def _add(self, name: str, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim >= 3:
            label = name if name not in self._found else f"{name}#{len(self._found)}"
            self._found[label] = _smallest_eigenvalue(output.detach()[0].flatten(1))

    def result(self) -> dict[str, float]:
        if not self._found:
            raise Undefined("the network has no convolutions, so no feature maps")
        return self._found


def _smallest_eigenvalue(channels: Tensor) -> float:
    rows = channels.double()
    rows = rows - rows.mean(dim=1, keepdim=True)
    norms = rows.norm(dim=1, keepdim=True)
    # A constant channel correlates with nothing: 0, as in the authors' code.
    rows = torch.where(norms > 0, rows / norms, torch.zeros(()).to(rows))
    smallest: float = torch.linalg.eigvalsh(rows @ rows.mT)[0].item()
    return max(smallest, 0.0)


@dataclass(frozen=True, slots=True)
class MeCo(LayerwiseProxy):
    r"""Sum over feature maps of the smallest eigenvalue of their channels' correlation matrix.

    .. math:: S = \sum_l \lambda_{\min}(P(f^{(l)}))

    on one Gaussian input (the first of a batch, which the AZ-NAS proxies share). Maps with more channels than
    positions have a singular matrix and give 0.

    Args:
        variant: ``paper`` (the maps that convolutions give), or ``released`` (the outputs of all modules;
        containers
            repeat what they hold).

    Reference: Jiang et al., MeCo, NeurIPS 2023. Deviations: the input has the batch's shape and company,
    where the authors always feed a single 3x64x64; eigenvalues of the symmetric matrix. Disconnected
    networks: the convolutions that run.
    """

    name: ClassVar[str] = "meco"
    paper: ClassVar[str] = "Jiang et al., MeCo, NeurIPS 2023"
    variant: Literal["paper", "released"] = "paper"

    def passes(self) -> tuple[Request, ...]:
        return ((Pass("gaussian"), ChannelIndependence(self.variant == "released")),)

    def layers(self, context: ProxyContext) -> dict[str, float]:
        ((spec, observation),) = self.passes()
        return context.observe(spec, observation)
