"""Batch norm in channels-last layout, with statistics as accurate as in torch's default layout.

Torch's CPU kernel adds up all N*H*W values of a channel one after the other in float32 when channels are last; the
rounding (1e-5) is amplified by deep random networks up to per cent in some proxies. Seen as a tensor with
more channels and fewer rows, the same kernel adds in groups, and is as fast.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

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
        values, weight, mean, scale = ctx.saved_tensors
        mask = list(ctx.needs_input_grad[:3])
        found = torch.ops.aten.native_batch_norm_backward(
            gradients[0], values, weight, None, None, mean, scale, True, ctx.eps, mask
        )
        return (*(value if wanted else None for value, wanted in zip(found, mask, strict=True)), None)


def _statistics(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and population variance ``(C,)`` of a channels-last ``(N, C, H, W)`` tensor."""
    channels = values.shape[1]
    rows = values.permute(0, 2, 3, 1).reshape(-1, channels)
    groups = _GROUPS
    while len(rows) % groups or len(rows) // groups < 2:
        groups //= 2
    grouped = rows.reshape(-1, groups * channels)
    _, means, scales = torch.native_batch_norm(grouped, None, None, None, None, True, 0.0, 0.0)
    means = means.double().view(groups, channels)
    # A constant group has an infinite scale: its variance is 0.
    variances = scales.double().pow(-2).view(groups, channels)
    mean = means.mean(dim=0)
    variance = (variances + (means - mean).square()).mean(dim=0)
    return mean.to(values.dtype), variance.to(values.dtype)


def accurate_batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Stands in for :func:`torch.nn.functional.batch_norm` during a pass.

    Running statistics are not updated: a pass works on copies that nobody reads afterwards.
    """
    usual = (input, running_mean, running_var, weight, bias, training, momentum, eps)
    if not (training and _suits(input)):
        return torch.nn.functional.batch_norm(*usual)
    output: Tensor = _BatchNorm.apply(input, weight, bias, eps)
    return output


def _suits(values: Tensor) -> bool:
    return (
        values.ndim == 4
        and values.device.type == "cpu"
        and values.dtype == torch.float32
        and values.is_contiguous(memory_format=torch.channels_last)
        and values.numel() >= 4 * values.shape[1]
    )
