"""Number of multiply-adds."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch.utils.flop_counter import FlopCounterMode

from zcnas.errors import ModelError
from zcnas.passes import Pass, ProxyContext
from zcnas.passes.manners import forked_rng, mode
from zcnas.passes.substitute import Substitutes
from zcnas.proxies.base import Proxy


@dataclass(frozen=True, slots=True)
class Flops(Proxy):
    """Multiply-adds of one forward pass of one sample; 1 multiply-add = 1 flop.

    Convolutions, matrix products and attention count; norms, activations, pooling and additions do not. Counted on
    torch's meta device where nothing is computed; models that cannot run there are counted on a real pass.
    Operations that the forward pass skips (edges that cannot reach the output) do not count.
    """

    name: ClassVar[str] = "flops"
    paper: ClassVar[str] = "baseline"

    def score(self, context: ProxyContext) -> float:
        try:
            return _count(context, torch.device("meta"))
        except Exception:  # data-dependent control flow needs real numbers
            return _count(context, context.setting.device)


def _count(context: ProxyContext, device: torch.device) -> float:
    setting = context.setting
    with ExitStack() as stack:
        stack.enter_context(forked_rng(0, setting.device))
        stack.enter_context(mode(setting.module, train=False))
        stack.enter_context(torch.no_grad())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        tensors = Substitutes(setting.module, Pass(), device, False, setting.base)
        counter = stack.enter_context(FlopCounterMode(display=False))
        stack.enter_context(tensors.installed(setting.module))
        inputs = setting.batches[0].inputs[:1]
        dtype = next((p.dtype for p in tensors.parameters.values()), torch.float32)
        try:
            setting.module(inputs.to(device, dtype if inputs.is_floating_point() else inputs.dtype))
        except Exception as error:
            raise ModelError(f"the model raised {type(error).__name__} in eval mode: {error}") from error
        return counter.get_total_flops() / 2
