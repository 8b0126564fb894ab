"""Number of multiply-adds."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import _VF, Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from zcnas.batch import one_sample
from zcnas.errors import ModelError
from zcnas.passes import Pass, ProxyContext
from zcnas.passes.execute import substitutes
from zcnas.passes.intercept import CONVOLUTIONS, LINEAR, RELUS, Call, Function, Interceptor, Watcher
from zcnas.passes.manners import prepared
from zcnas.passes.setting import explained
from zcnas.passes.shapes import SHAPES
from zcnas.proxies.base import Proxy

_Count = Callable[[Call, Tensor], int]
_Counting = TypeVar("_Counting", bound=AbstractContextManager[object])

_PRODUCT_NAMES = (
    *("matmul", "mm", "bmm", "addmm", "addbmm", "baddbmm", "mv", "addmv", "dot", "vdot", "inner", "outer", "ger"),
    *("tensordot", "einsum", "bilinear", "chain_matmul", "multi_dot", "vecdot", "kron", "cdist", "__matmul__"),
    *("__rmatmul__", "addmm_", "addbmm_", "baddbmm_", "addmv_", "scaled_dot_product_attention", "conv_tbc"),
    *("lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"),
    *("_native_multi_head_attention", "_transformer_encoder_layer_fwd"),
)
# Functions that multiply and add in other ways than convolutions and linear maps.
_PRODUCTS = frozenset(
    getattr(place, name)
    for place in (torch, torch.linalg, F, Tensor, _VF)
    for name in _PRODUCT_NAMES
    if hasattr(place, name)
)


@dataclass(frozen=True, slots=True)
class Flops(Proxy):
    """Multiply-adds of one forward pass of one sample; 1 multiply-add = 1 flop.

    Convolutions, matrix products and attention count; norms, activations, pooling and additions do not.
    Counted on torch's meta device, where nothing is computed; models that cannot run there are counted on a
    real pass. Operations that the forward pass skips (edges that cannot reach the output) do not count.

    Args:
        variant: ``paper``, or ``released``: NASLib's convention (after tensorwatch), which also counts 2 for
            every output of a batch norm, 1 for every output of a ReLU, k*k for every output of a k x k
            average pool, and for global pools one row and column too many; products inside attention are left out.
    """

    name: ClassVar[str] = "flops"
    paper: ClassVar[str] = "baseline"
    variant: Literal["paper", "released"] = "paper"

    def score(self, context: ProxyContext) -> float:
        counter = _ran(context, _released if self.variant == "released" else _weighted)
        if not counter.uncounted:
            return float(counter.total)
        # Matrix products take many forms: below all functions, torch counts them itself, and slower.
        return _ran(context, lambda: FlopCounterMode(display=False)).get_total_flops() / 2


def _ran(context: ProxyContext, make: Callable[[], _Counting]) -> _Counting:
    """A counter that has seen a forward pass, on a real device if need be."""
    with contextlib.suppress(ModelError):  # data-dependent control flow needs real numbers
        counter = make()
        if isinstance(counter, _Counter):
            counter.replace.update(SHAPES)
        _run(context, torch.device("meta"), counter)
        return counter
    counter = make()
    _run(context, context.setting.device, counter)
    return counter


def _run(context: ProxyContext, device: torch.device, counting: AbstractContextManager[object]) -> None:
    setting = context.setting
    given = setting.batches[0].inputs[: one_sample(setting.module)]
    with ExitStack() as stack:
        stack.enter_context(prepared(setting.parts, train=False, grad=True, seed=0, device=setting.device))
        # With gradients and without fused kernels, because fused attention is not counted everywhere.
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        tensors = substitutes(setting, Pass(), device)
        inputs = given.detach().to(device, tensors.dtype if given.is_floating_point() else given.dtype, copy=True)
        stack.enter_context(tensors.installed())
        stack.enter_context(counting)
        try:
            setting.module(inputs)
        except Exception as error:
            raise explained(error, "forward pass (eval mode", inputs) from error


class _Counter(Interceptor):
    """Counts on the functions that a forward pass calls, and notices those that it cannot count."""

    def __init__(self, counts: Mapping[Function, _Count], unknown: Iterable[Function] = ()) -> None:
        super().__init__()
        self.total, self.uncounted = 0, False
        for function, count in counts.items():
            self.after[function] = [self._adder(count)]
        for function in unknown:
            self.before[function] = [self._note]

    def _adder(self, count: _Count) -> Watcher:
        def add(call: Call, output: Tensor) -> None:
            self.total += count(call, output)

        return add

    def _note(self, *_: object) -> None:
        self.uncounted = True


def _convolution(call: Call, output: Tensor) -> int:
    weight: Tensor = call.argument(1, "weight")
    # A transposed convolution spreads each input value; the others gather each output value.
    spread = "transpose" in getattr(call.function, "__name__", "")
    values: Tensor = call.argument(0, "input") if spread else output
    return values.numel() * weight[0].numel()


def _linear(call: Call, output: Tensor) -> int:
    weight: Tensor = call.argument(1, "weight")
    return output.numel() * weight.shape[1]


def _average_pool(call: Call, output: Tensor) -> int:
    size = call.argument(1, "kernel_size")
    return output.numel() * (math.prod(size) if isinstance(size, tuple | list) else size * size)


def _global_pool(call: Call, output: Tensor) -> int:
    given: Tensor = call.argument(0, "input")
    sides = (inside // outside + 1 for inside, outside in zip(given.shape[2:], output.shape[2:], strict=True))
    return output.numel() * math.prod(sides)


_WEIGHTED: dict[Function, _Count] = {LINEAR: _linear, **dict.fromkeys(CONVOLUTIONS, _convolution)}


def _weighted() -> _Counter:
    return _Counter(_WEIGHTED, _PRODUCTS)


def _released() -> _Counter:
    """Counts as NASLib does."""
    return _Counter(
        {
            **_WEIGHTED,
            F.batch_norm: lambda _, output: 2 * output.numel(),
            **dict.fromkeys(RELUS, lambda _, output: output.numel()),
            F.avg_pool2d: _average_pool,
            F.adaptive_avg_pool2d: _global_pool,
        }
    )
