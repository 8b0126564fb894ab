"""Convolutions that stand in for torch's: whole second derivatives, and safe strides.

Torch's own double backward swaps batch and channels, which gives convolutions of shapes that no kernel is
made for; written with the first derivatives' kernels it takes less than half the time.

Channels last, the kernel of torch 2.15 for a 1x1 convolution that skips positions writes outside its memory when
it differentiates the weights of fewer channels than fit a register: the process aborts, or worse, does not. Such
convolutions get only the positions that count, and need no stride.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from zcnas.passes.intercept import Function

# stride, padding, dilation, groups
Geometry = tuple[list[int], list[int], list[int], int]
# A register of AVX-512 holds so many float32.
_REGISTER = 16


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Stands in for :func:`torch.nn.functional.conv2d`, without the kernel that writes outside its memory."""
    values, stride = _visited(input, weight, stride, padding, groups)
    return F.conv2d(values, weight, bias, stride, padding, dilation, groups)


def _visited(values: Tensor, weight: Tensor, stride: Any, padding: Any, groups: int) -> tuple[Tensor, Any]:
    """Where a stride may be unsafe, the positions that it visits and stride 1; all others as they are."""
    few = values.ndim == 4 and weight.shape[1] < _REGISTER and groups == 1
    if not few or weight.shape[2:] != (1, 1) or isinstance(padding, str) or any(sides(padding, 2)):
        return values, stride
    rows, columns = sides(stride, 2)
    return (values if rows == columns == 1 else values[..., ::rows, ::columns]), 1


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
        ctx.save_for_backward(values, weight)
        ctx.geometry, ctx.biased = geometry, bias is not None
        return _forward(values, weight, bias, geometry)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        wanted = [*ctx.needs_input_grad[:2], ctx.biased and ctx.needs_input_grad[2]]
        return (*_Gradient.apply(gradients[0], *ctx.saved_tensors, ctx.geometry, wanted), None)


class _Gradient(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, gradient: Tensor, values: Tensor, weight: Tensor, geometry: Geometry, wanted: list[bool]
    ) -> tuple[Tensor | None, ...]:
        ctx.save_for_backward(gradient, values, weight)
        ctx.geometry = geometry
        ctx.set_materialize_grads(False)
        return _backward(gradient, values, weight, geometry, wanted)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Tensor | None, ...]:
        gradient, values, weight = ctx.saved_tensors
        to_values, to_weight, to_bias = cotangents
        geometry = ctx.geometry
        parts = []
        if to_values is not None:
            parts.append(_forward(to_values, weight, None, geometry))
        if to_weight is not None:
            parts.append(_forward(values, to_weight, None, geometry))
        if to_bias is not None:
            parts.append(to_bias.view(1, -1, *[1] * (gradient.ndim - 2)).expand_as(gradient))
        for_values = for_weight = None
        if to_weight is not None and ctx.needs_input_grad[1]:
            for_values, _, _ = _backward(gradient, values, to_weight, geometry, [True, False, False])
        if to_values is not None and ctx.needs_input_grad[2]:
            _, for_weight, _ = _backward(gradient, to_values, weight, geometry, [False, True, False])
        return (sum(parts[1:], parts[0]) if parts else None), for_values, for_weight, None, None


def _forward(values: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> Tensor:
    stride, padding, dilation, groups = geometry
    return torch.convolution(values, weight, bias, stride, padding, dilation, False, [0] * len(stride), groups)


def _backward(
    gradient: Tensor, values: Tensor, weight: Tensor, geometry: Geometry, wanted: list[bool]
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    stride, padding, dilation, groups = geometry
    size, none = [weight.shape[0]], [0] * len(stride)
    found: tuple[Tensor | None, Tensor | None, Tensor | None] = torch.ops.aten.convolution_backward(
        gradient, values, weight, size, stride, padding, dilation, False, none, groups, wanted
    )
    return found


def _replacement(original: Function, count: int) -> Function:
    def convolution(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        if isinstance(padding, str) or input.ndim != count + 2 or input.is_meta:
            return original(input, weight, bias, stride, padding, dilation, groups)  # type: ignore[no-any-return]
        values, stride = _visited(input, weight, stride, padding, groups) if count == 2 else (input, stride)
        geometry = (*(sides(value, count) for value in (stride, padding, dilation)), groups)
        return _Convolution.apply(values, weight, bias, geometry)  # type: ignore[no-any-return]

    return convolution


def sides(value: Any, count: int) -> list[int]:
    """One number for each side, as torch takes strides and the like."""
    return [value] * count if isinstance(value, int) else list(value) * (count if len(value) == 1 else 1)


CONVOLUTIONS_TWICE: dict[Function, Function] = {
    F.conv1d: _replacement(F.conv1d, 1),
    F.conv2d: _replacement(F.conv2d, 2),
    F.conv3d: _replacement(F.conv3d, 3),
}
