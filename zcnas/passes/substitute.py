"""Stand-in parameters and buffers: the caller's own tensors are read, never written.

Parameters are detached views of the caller's storage wherever the pass takes them as they are, so nothing
is copied. Buffers are cloned, because batch norm updates them in train mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn.utils import stateless

from zcnas.errors import ModelError
from zcnas.passes.manners import forked_rng
from zcnas.passes.spec import Pass


def is_weight(name: str, parameter: Tensor) -> bool:
    """Whether a parameter counts as a weight: two or more dimensions, and no bias by its name.

    Counting tensors rather than layer types keeps attention projections, embeddings and 1-D and 3-D
    convolutions in; biases and the scales of norms, which none of the papers score, stay out.
    """
    return parameter.ndim >= 2 and "bias" not in name.rsplit(".", 1)[-1]


class Substitutes:
    """Parameters (leaves that require gradients) and buffers for one pass.

    Args:
        module: The caller's module.
        spec: What the pass wants of the weights.
        device: Where the pass computes.
        channels_last: Whether four-dimensional tensors are stored channels last.
        base: Values that stand for the module's own (a fresh initialisation), by name.
    """

    def __init__(
        self,
        module: nn.Module,
        spec: Pass,
        device: torch.device,
        channels_last: bool,
        base: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.parameters: dict[str, Tensor] = {}
        self.buffers: dict[str, Tensor] = {}
        self._device, self._double, self._channels_last = device, spec.double, channels_last
        for name, parameter in module.named_parameters():
            value = _weights(name, base[name] if base else parameter.detach(), spec)
            self.parameters[name] = self._convert(value).requires_grad_()
        for name, buffer in module.named_buffers():
            value = (base[name] if base else buffer).detach().clone()
            self.buffers[name] = self._convert(value.abs_() if _absolute(spec, value) else value)

    def weights(self) -> dict[str, Tensor]:
        """The parameters that count as weights, by name."""
        return {name: value for name, value in self.parameters.items() if is_weight(name, value)}

    def installed(self, module: nn.Module) -> AbstractContextManager[None]:
        """Puts the substitutes in the place of the module's own tensors; undone on leaving, also on errors."""
        return _installed(module, {**self.parameters, **self.buffers})

    def _convert(self, value: Tensor) -> Tensor:
        dtype = compute_dtype(value.dtype, self._double) if value.is_floating_point() else value.dtype
        layout = torch.channels_last if self._channels_last and value.ndim == 4 else torch.preserve_format
        return value.to(device=self._device, dtype=dtype, memory_format=layout).detach()


def _installed(module: nn.Module, tensors: dict[str, Tensor]) -> AbstractContextManager[None]:
    # Tied tensors are listed once and replaced wherever they are used.
    return stateless._reparametrize_module(module, tensors, tie_weights=True)


def reinitialised(module: nn.Module, seed: int) -> dict[str, Tensor]:
    """Fresh parameters and buffers, drawn by each layer's own ``reset_parameters``; the module is not changed.

    Parameters of modules without that method (a class token, say) keep their values.
    """
    tensors = {name: value.detach().clone() for name, value in module.named_parameters()}
    tensors.update({name: value.detach().clone() for name, value in module.named_buffers()})
    with forked_rng(seed, torch.device("cpu")), torch.no_grad(), _installed(module, tensors):
        for child in module.modules():
            reset = getattr(child, "reset_parameters", None)
            if callable(reset):
                reset()
    return tensors


def compute_dtype(dtype: torch.dtype, double: bool) -> torch.dtype:
    """float64 on request, the tensor's own type otherwise; half precision is computed in float32."""
    if double:
        return torch.float64
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype


def _absolute(spec: Pass, value: Tensor) -> bool:
    return spec.weights == "absolute" and value.is_floating_point()


def _weights(name: str, value: Tensor, spec: Pass) -> Tensor:
    if spec.weights == "absolute":
        return value.abs()
    if spec.weights != "gaussian":
        return value
    if is_weight(name, value):
        # Drawn in the default layout, so that the numbers do not depend on how they are stored.
        return torch.randn(value.shape, dtype=value.dtype)
    # What is left are the scales of norms, called "weight", and biases.
    return torch.ones_like(value) if name.endswith("weight") else torch.zeros_like(value)


def check_parameters(module: nn.Module) -> None:
    """Refuses parameters that no proxy can use, naming the first.

    Raises:
        ModelError: A lazy parameter without a shape, a complex parameter, or NaN or infinite values.
    """
    for name, parameter in module.named_parameters():
        if torch.nn.parameter.is_lazy(parameter):
            raise ModelError(f"parameter {name!r} has no shape yet: run the lazy model once on a batch first")
        if parameter.is_complex():
            raise ModelError(f"parameter {name!r} is complex: zero-cost proxies are defined for real weights")
        if not _finite(parameter.detach()):
            raise ModelError(f"parameter {name!r} holds NaN or infinite values: re-initialise the model first")


def _finite(value: Tensor) -> bool:
    # A finite sum proves it, and is ten times cheaper than looking at every number.
    return not value.is_floating_point() or bool(value.sum().isfinite()) or bool(value.isfinite().all())
