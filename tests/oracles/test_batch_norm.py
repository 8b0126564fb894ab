"""The batch norm of passes: right to rounding, better than torch's with channels last, twice differentiable."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from zcnas.passes.batch_norm import batch_norm

SHAPES = [
    (64, 16, 32, 32),
    (32, 8, 7, 5),
    (3, 5, 9, 11),
    (2, 3, 1, 1),
    (2, 2, 1, 3),
    (1, 6, 2, 1),
    (4, 1, 5, 5),
    (2, 130, 3, 3),
    (127, 3, 1, 1),
    (6, 4),
    (5, 3, 8),
    (2, 3, 4, 4, 3),
]


Operands = tuple[Tensor, Tensor | None, Tensor | None, Tensor]


def operands(shape: tuple[int, ...], affine: bool, offset: float = 0.7) -> Operands:
    """Input, scale, shift and the gradient of the output."""
    generator = torch.Generator().manual_seed(sum(shape))
    draw = lambda *size: torch.randn(size, generator=generator)  # noqa: E731
    channels = shape[1]
    values = draw(*shape) * (1 + torch.arange(channels)).view(1, -1, *[1] * (len(shape) - 2)) + offset
    weight, bias = (draw(channels) + 1, draw(channels)) if affine else (None, None)
    return values, weight, bias, draw(*shape)


def results(
    function: object, tensors: tuple[Tensor | None, ...], dtype: torch.dtype, channels_last: bool
) -> list[Tensor]:
    """Output and gradients, in float64."""
    values, weight, bias, cotangent = (None if t is None else t.to(dtype) for t in tensors)
    assert values is not None
    assert cotangent is not None
    if channels_last and values.ndim == 4:
        values = values.contiguous(memory_format=torch.channels_last)
    leaves = [tensor.requires_grad_() for tensor in (values, weight, bias) if tensor is not None]
    output = function(values, None, None, weight, bias, True)  # type: ignore[operator]
    return [t.detach().double() for t in (output, *torch.autograd.grad(output, leaves, cotangent))]


def deviation(found: list[Tensor], expected: list[Tensor]) -> float:
    """The largest, relative to each tensor's largest entry."""
    pairs = zip(found, expected, strict=True)
    return max(((one - other).abs().max() / (other.abs().max() + 1e-6)).item() for one, other in pairs)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_float64(shape: tuple[int, ...], channels_last: bool, affine: bool) -> None:
    tensors = operands(shape, affine)
    expected = results(F.batch_norm, tensors, torch.float64, channels_last=False)
    assert deviation(results(batch_norm, tensors, torch.float64, channels_last), expected) < 1e-12
    # With two values to a channel next to nothing of the gradient is left, in torch's own kernel as well.
    torchs = deviation(results(F.batch_norm, tensors, torch.float32, channels_last=False), expected)
    assert deviation(results(batch_norm, tensors, torch.float32, channels_last), expected) < max(1e-6, 3 * torchs)


@pytest.mark.parametrize("offset", [0.5, 30.0])
def test_is_more_accurate_than_torch_with_channels_last(offset: float) -> None:
    tensors = operands((64, 16, 32, 32), affine=True, offset=offset)
    expected = results(F.batch_norm, tensors, torch.float64, channels_last=False)
    own = deviation(results(batch_norm, tensors, torch.float32, channels_last=True), expected)
    torchs = deviation(results(F.batch_norm, tensors, torch.float32, channels_last=True), expected)
    plain = deviation(results(F.batch_norm, tensors, torch.float32, channels_last=False), expected)
    assert own < torchs / 10
    assert own < 5 * plain


@pytest.mark.parametrize("shape", [(4, 3, 5, 5), (8, 3, 4, 4), (5, 3)])
def test_a_constant_channel_gives_its_shift(shape: tuple[int, ...]) -> None:
    values, weight, bias, cotangent = operands(shape, affine=True)
    assert bias is not None
    values[:, 1] = 0.1
    found = results(batch_norm, (values, weight, bias, cotangent), torch.float32, channels_last=True)
    assert all(tensor.isfinite().all() for tensor in found)
    expected = bias[1].double().expand_as(found[0][:, 1])
    # The mean of a constant is off by its last bit, which the smallest deviation, sqrt(1e-5), enlarges.
    torch.testing.assert_close(found[0][:, 1], expected, rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(3, 2, 2, 3), (5, 2), (2, 3, 4)])
def test_first_derivatives(shape: tuple[int, ...], affine: bool) -> None:
    values, weight, bias, _ = (None if t is None else t.double() for t in operands(shape, affine))
    leaves = [tensor.requires_grad_() for tensor in (values, weight, bias) if tensor is not None]
    assert torch.autograd.gradcheck(lambda x, *rest: batch_norm(x, None, None, *rest, training=True), leaves)


@pytest.mark.parametrize("eps", [1e-5, 0.3])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(3, 2, 2, 3), (5, 2), (2, 3, 4)])
def test_second_derivatives_for_the_input(shape: tuple[int, ...], affine: bool, eps: float) -> None:
    """Those that Hessian products of weights before and after the norm consist of."""
    values, weight, bias, cotangent = (None if t is None else t.double() for t in operands(shape, affine))
    assert values is not None
    assert cotangent is not None

    def gradient(x: Tensor, v: Tensor) -> Tensor:
        output = batch_norm(x, None, None, weight, bias, training=True, eps=eps)
        return torch.autograd.grad(output, x, v, create_graph=True)[0]

    assert torch.autograd.gradcheck(gradient, [values.requires_grad_(), cotangent.requires_grad_()])


def test_eval_mode_is_left_to_torch() -> None:
    values, weight, bias, _ = operands((4, 3, 5, 5), affine=True)
    mean, variance = torch.rand(3), torch.rand(3) + 0.5
    found = batch_norm(values, mean, variance, weight, bias, training=False, eps=1e-3)
    assert torch.equal(found, F.batch_norm(values, mean, variance, weight, bias, training=False, eps=1e-3))


def test_a_single_value_per_channel_is_refused_as_by_torch() -> None:
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        batch_norm(torch.randn(1, 3, 1, 1), None, None, training=True)
