"""Batch norm for passes: accurate channels-last statistics, and a cheap second derivative.

Torch's CPU kernel adds up all N*H*W values of a channel one after the other in float32 when channels are
last; the rounding (1e-5) is amplified by deep random networks up to per cent in some proxies. Seen as a
tensor with more channels and fewer rows, the same kernel adds in groups, and is as fast. Torch writes the
second derivative as some thirty separate operations; in closed form it is one backward kernel and a linear
combination.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

# Values of a channel are split into this many partial sums, where their number allows.
_GROUPS = 64


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:
        mean, variance = _statistics(values)
        output, _, _ = torch.native_batch_norm(values, weight, bias, mean, variance, False, 0.0, eps)
        ctx.save_for_backward(values, weight, mean, (variance + eps).rsqrt())
        ctx.eps = eps
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        found = _Gradient.apply(gradients[0], *ctx.saved_tensors, ctx.eps)
        return (
            *(value if wanted else None for value, wanted in zip(found, ctx.needs_input_grad, strict=False)),
            None,
        )


class _Gradient(torch.autograd.Function):
    """The first derivative; its own derivative is known for the input's gradient only, as Hessian products need."""

    @staticmethod
    def forward(
        ctx: Any,
        gradient: Tensor,
        values: Tensor,
        weight: Tensor | None,
        mean: Tensor,
        scale: Tensor,
        eps: float,
    ) -> tuple[Tensor, Tensor, Tensor]:
        found = _kernel(gradient, values, weight, mean, scale, eps)
        ctx.save_for_backward(gradient, values, weight, mean, scale, found[1], found[2])
        ctx.eps = eps
        ctx.mark_non_differentiable(found[1], found[2])
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        gradient, values, weight, mean, scale, along, total = ctx.saved_tensors
        cotangent = cotangents[0]
        # The derivative for the gradient is the same symmetric map; its by-products are sums that we need.
        first, other_along, other_total = _kernel(cotangent, values, weight, mean, scale, ctx.eps)
        size = values.numel() // values.shape[1]
        shape = (1, -1, *[1] * (values.ndim - 2))
        axes = [axis for axis in range(values.ndim) if axis != 1]
        product = (cotangent * gradient).sum(dim=axes)
        means = [value / size for value in (along, total, other_along, other_total, product)]
        g_x, g, v_x, v, v_g = means
        factor = scale.square() if weight is None else scale.square() * weight
        # x_hat (2 m_gx m_vx - a) - m_gx v - m_vx g + (m_gx m_v + m_vx m_g), a = m_vg - m_v m_g - m_vx m_gx
        slope = factor * scale * (3 * g_x * v_x - v_g + v * g)
        offset = factor * (g_x * v + v_x * g) - slope * mean
        second = values * slope.view(shape) + offset.view(shape)
        second.addcmul_(cotangent, (factor * g_x).view(shape), value=-1)
        second.addcmul_(gradient, (factor * v_x).view(shape), value=-1)
        return first, second, None, None, None, None


def _kernel(
    gradient: Tensor, values: Tensor, weight: Tensor | None, mean: Tensor, scale: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients for input, scale and shift; the last two are sums of the gradient along x_hat and in total."""
    mask = [True, True, True]
    found: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.native_batch_norm_backward(
        gradient, values, weight, None, None, mean, scale, True, eps, mask
    )
    return found


def _statistics(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and population variance ``(C,)`` of ``(N, C, ...)``, added up in groups where channels are last."""
    channels = values.shape[1]
    if not _channels_last(values):
        axes = [axis for axis in range(values.ndim) if axis != 1]
        variance, mean = torch.var_mean(values, dim=axes, correction=0)
        return mean, variance
    rows = values.permute(0, 2, 3, 1).reshape(-1, channels)
    groups = _GROUPS
    while groups > 1 and (len(rows) % groups or len(rows) // groups < 2):
        groups //= 2
    grouped = rows.reshape(-1, groups * channels)
    _, means, scales = torch.native_batch_norm(grouped, None, None, None, None, True, 0.0, 0.0)
    means = means.double().view(groups, channels)
    # The kernel gives a constant group the scale 0; its variance is 0.
    inverse = scales.double().view(groups, channels)
    variances = torch.where(inverse > 0, inverse.pow(-2), 0.0)
    mean = means.mean(dim=0)
    variance = (variances + (means - mean).square()).mean(dim=0)
    return mean.to(values.dtype), variance.to(values.dtype)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Stands in for :func:`torch.nn.functional.batch_norm` during a pass, for floating-point input on a CPU.

    Running statistics are not updated: a pass works on copies that nobody reads afterwards.
    """
    many = input.ndim >= 2 and input.numel() >= 2 * input.shape[1]
    # The second derivative below is that of a norm whose scale and shift are parameters.
    plain = all(value is None or value.is_leaf for value in (weight, bias))
    if not (training and many and plain and input.device.type == "cpu"):
        return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    output: Tensor = _BatchNorm.apply(input, weight, bias, eps)
    return output


def _channels_last(values: Tensor) -> bool:
    last = values.ndim == 4 and values.is_contiguous(memory_format=torch.channels_last)
    return last and values.dtype == torch.float32 and not values.is_contiguous()
