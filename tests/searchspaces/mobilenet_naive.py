"""An obvious second implementation of chains of inverted residual blocks, from names of operations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Naive:
    """Takes the weights of a network in the order in which it runs.

    Args:
        network: In evaluation mode.
        activation: After all but the last convolution of a block.
    """

    def __init__(self, network: nn.Module, activation: str) -> None:
        self._weights: Iterator[nn.Module] = iter(
            [one for one in network.modules() if isinstance(one, nn.Conv2d | nn.BatchNorm2d | nn.Linear)]
        )
        self._act = {"relu": F.relu, "relu6": F.relu6}[activation]

    def logits(
        self, stages: Sequence[Sequence[str]], widths: Sequence[int], strides: Sequence[int], x: Tensor
    ) -> Tensor:
        """``stages`` has names such as ``k3_e6``, ``k5_e1_g2``, ``k3`` (without first convolution) or ``skip``.

        ``strides`` begins with that of the stem.
        """
        x = self._unit(x, strides[0])
        for ops, width, stride in zip(stages, widths, strides[1:], strict=True):
            for place, op in enumerate(ops):
                x = self._layer(op, x, width, 1 if place else stride)
        x = self._unit(x).mean((2, 3))
        linear = next(self._weights)
        assert isinstance(linear, nn.Linear)
        return F.linear(x, linear.weight, linear.bias)

    def _layer(self, op: str, x: Tensor, width: int, stride: int) -> Tensor:
        same = x.shape[1] == width and stride == 1
        if op == "skip":
            return x if same else self._unit(x, stride)
        kernel, expansion, groups = re.fullmatch(r"k(\d)(_e\d)?(_g2)?", op).groups()  # type: ignore[union-attr]
        out = x if expansion is None else self._unit(x, groups=2 if groups else 1)
        if groups:
            half = out.shape[1] // 2
            out = torch.stack([out[:, :half], out[:, half:]], dim=2).reshape(out.shape)
        out = self._unit(out, stride, groups=out.shape[1], kernel=int(kernel))
        out = self._unit(out, groups=2 if groups else 1, act=False)
        assert out.shape[1] == width
        return x + out if same else out

    def _unit(
        self, x: Tensor, stride: int = 1, *, groups: int = 1, kernel: int | None = None, act: bool = True
    ) -> Tensor:
        conv, norm = next(self._weights), next(self._weights)
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        size = conv.weight.shape[-1]
        assert kernel in (None, size)
        x = F.conv2d(x, conv.weight, stride=stride, padding=(size - 1) // 2, groups=groups)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        x = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
        return self._act(x) if act else x
