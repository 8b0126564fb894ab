"""Fisher: how much the loss would change if channels were removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes import Observation, ProxyContext, Recorder, Request, Run
from zcnas.passes.intercept import CONVOLUTIONS, LINEAR, Call, samples_first
from zcnas.passes.spec import Functional
from zcnas.proxies.base import TASK, LayerwiseProxy


@dataclass(frozen=True, slots=True)
class ChannelFisher:
    """Fisher information ``(C,)`` of one weighted operation's output channels, and weights per channel."""

    delta: Tensor
    fan_in: float


@dataclass(frozen=True, slots=True)
class ActivationFisher(Observation[dict[str, ChannelFisher]]):
    """By operation: half the mean over samples of (activation times gradient, summed over positions) squared.

    Operations are calls of a convolution or a linear map with a weight that depends on a parameter, so
    functional code and the projections inside attention are seen, and a layer that is used twice counts twice.
    """

    functional: ClassVar[Functional | None] = "loss"
    needs_graph: ClassVar[bool] = True

    def recorder(self, run: Run) -> Recorder[dict[str, ChannelFisher]]:
        return _FisherRecorder(run)


class _FisherRecorder(Recorder[dict[str, ChannelFisher]]):
    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._uses: dict[str, int] = {}
        self._found: dict[str, ChannelFisher] = {}
        self._values: dict[int, list[list[Tensor]]] = {}
        self.watch(run.interceptor.after, (*CONVOLUTIONS, LINEAR), self._watch)
        run.interceptor.in_place.append(self._about_to_change)

    def leaves(self) -> Sequence[Tensor]:
        # The hooks fire on the way to the weights: wanting these sends the backward pass all the way.
        return tuple(self.run.weights.values())

    def _watch(self, call: Call, output: Tensor) -> None:
        weight = call.argument(1, "weight")
        if not (isinstance(weight, Tensor) and weight.requires_grad and output.requires_grad):
            return
        name = self.run.weight_name(weight)
        self._uses[name] = use = self._uses.get(name, 0) + 1
        # Detached, or the hook would hold its own graph; in a list, so that it can be swapped for a copy.
        value = [output.detach()]
        self._values.setdefault(output.untyped_storage().data_ptr(), []).append(value)
        label = name if use == 1 else f"{name}#{use}"
        output.register_hook(self.guard(lambda gradient: self._reduce(label, call, value[0], gradient, weight)))

    def _about_to_change(self, tensor: Tensor) -> None:
        # By storage, so that overwriting a view is seen too; what is kept alive here is not given out again.
        for value in self._values.pop(tensor.untyped_storage().data_ptr(), ()):
            value[0] = value[0].clone()

    def _reduce(self, label: str, call: Call, value: Tensor, gradient: Tensor, weight: Tensor) -> None:
        if self.run.active != "loss":
            return
        products = value * gradient
        if call.function is not LINEAR:
            products = products.movedim(1, -1)
        product = samples_first(products, self.run.samples, call.sequence_first)
        if product is None:
            raise Undefined(f"cannot tell the samples apart in the output {tuple(value.shape)} of {label}")
        per_sample = product.flatten(1, -2).sum(dim=1) if product.ndim > 2 else product
        delta = per_sample.square().mean(dim=0) / 2
        self._found[label] = ChannelFisher(delta, weight.numel() / len(delta))

    def result(self) -> dict[str, ChannelFisher]:
        if not self._uses:
            raise Undefined("the network calls no convolution or linear map whose activations could be read")
        return self._found


@dataclass(frozen=True, slots=True)
class Fisher(LayerwiseProxy):
    r"""Sum over channels of their Fisher information.

    .. math:: S = \sum_l \sum_c \Delta_{l,c}, \qquad
              \Delta_{l,c} = \frac{1}{2N} \sum_n \Big( \sum_{x} a_{n,c,x} \, \partial L / \partial a_{n,c,x} \Big)^2

    with activations ``a`` after every convolution and linear map, before any norm.

    Args:
        variant: ``paper``, or ``released``: as zero-cost-nas computes it, where each channel's value is
            broadcast to its weights before summing, so that layers are weighted by their fan-in (ranks on
            NAS-Bench-201 hardly change).

    Reference: Theis et al. 2018, arXiv:1801.05787; Turner et al., BlockSwap, ICLR 2020, arXiv:1906.04113; as
    a proxy Abdelfattah et al. 2021, arXiv:2101.08134. Deviations of the default: no fan-in factor; a layer
    that is used twice counts twice (the released code raises). Disconnected networks: what the classifier's
    bias alone gives.
    """

    name: ClassVar[str] = "fisher"
    paper: ClassVar[str] = "Turner et al., BlockSwap, ICLR 2020, arXiv:1906.04113"
    needs_labels: ClassVar[bool] = True
    variant: Literal["paper", "released"] = "paper"

    def passes(self) -> tuple[Request, ...]:
        return ((TASK, ActivationFisher()),)

    def layers(self, context: ProxyContext) -> dict[str, float]:
        released = self.variant == "released"
        found = context.observe(TASK, ActivationFisher())
        return {
            name: torch.sum(channel.delta).item() * (channel.fan_in if released else 1.0)
            for name, channel in found.items()
        }
