"""The convolutions of second-order passes: torch's own values and derivatives, first and second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from zcnas.passes.convolution import CONVOLUTIONS_TWICE

CASES: dict[str, tuple[Callable[..., Tensor], tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "1-D": (F.conv1d, (2, 2, 5), (3, 2, 2), {}),
    "1-D, stride, dilation": (F.conv1d, (2, 2, 7), (2, 2, 2), {"stride": 2, "dilation": 2, "padding": 1}),
    "2-D": (F.conv2d, (2, 2, 4, 3), (2, 2, 3, 2), {"padding": (1, 0)}),
    "2-D, positions left over": (F.conv2d, (1, 2, 4, 4), (2, 2, 3, 3), {"stride": 2, "padding": [1]}),
    "2-D, groups": (F.conv2d, (2, 4, 3, 3), (4, 2, 2, 2), {"groups": 2}),
    "2-D, depthwise": (F.conv2d, (2, 3, 3, 3), (3, 1, 3, 3), {"groups": 3, "padding": 1, "stride": (2, 1)}),
    "2-D, 1x1": (F.conv2d, (2, 3, 2, 2), (2, 3, 1, 1), {}),
    "2-D, same": (F.conv2d, (2, 2, 4, 4), (2, 2, 3, 3), {"padding": "same"}),
    "2-D, no batch": (F.conv2d, (2, 4, 4), (2, 2, 3, 3), {}),
    "3-D": (F.conv3d, (1, 2, 3, 3, 2), (2, 2, 2, 2, 1), {"padding": (1, 0, 0)}),
}


def operands(case: str, bias: bool) -> tuple[Callable[..., Tensor], Callable[..., Tensor], list[Tensor]]:
    """Torch's function, ours, and input, weight and perhaps bias."""
    function, values, weight, settings = CASES[case]
    generator = torch.Generator().manual_seed(len(case))
    shapes = [values, weight, weight[:1]][: 3 if bias else 2]
    tensors = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    ours = CONVOLUTIONS_TWICE[function]
    return (
        lambda *args: function(*args, **settings),
        lambda *args: ours(*args, **settings),
        [tensor.requires_grad_() for tensor in tensors],
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_derivatives(case: str, bias: bool) -> None:
    torchs, ours, tensors = operands(case, bias)
    torch.testing.assert_close(ours(*tensors), torchs(*tensors), rtol=1e-12, atol=1e-12)
    assert torch.autograd.gradcheck(ours, tensors)
    assert torch.autograd.gradgradcheck(ours, tensors)


@pytest.mark.parametrize("frozen", [0, 1])
@pytest.mark.parametrize("case", ["2-D", "2-D, depthwise"])
def test_second_derivatives_where_only_one_operand_needs_them(case: str, frozen: int) -> None:
    """The input of the first layer needs none."""
    _, ours, tensors = operands(case, bias=False)
    tensors[frozen].requires_grad_(False)
    assert torch.autograd.gradgradcheck(ours, tensors)


def test_channels_last_gives_the_same() -> None:
    torchs, ours, (values, weight) = operands("2-D, groups", bias=False)
    last = [t.detach().contiguous(memory_format=torch.channels_last).requires_grad_() for t in (values, weight)]
    for function, leaves in ((torchs, (values, weight)), (ours, last)):
        output = function(*leaves)
        gradients = torch.autograd.grad(output.square().sum(), leaves, create_graph=True)
        sum(gradient.square().sum() for gradient in gradients).backward()  # type: ignore[union-attr]
    assert values.grad is not None
    torch.testing.assert_close(last[0].grad, values.grad, rtol=1e-11, atol=1e-11, check_stride=False)
    torch.testing.assert_close(last[1].grad, weight.grad, rtol=1e-11, atol=1e-11, check_stride=False)
