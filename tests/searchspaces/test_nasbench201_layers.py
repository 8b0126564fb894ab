"""The average pool as a convolution is the average pool; reductions take any size."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from zcnas.searchspaces.nasbench201.layers import AvgPool3x3, Reduction, average_pool_3x3

DEVICES = ["cpu"] + ["cuda"] * torch.cuda.is_available()
SIZES = [(1, 1), (1, 5), (2, 2), (2, 3), (7, 4), (32, 32)]


def plain(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", SIZES)
def test_it_equals_torchs_average_pool(
    size: tuple[int, int], layout: torch.memory_format, dtype: torch.dtype, device: str
) -> None:
    x = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0), dtype=dtype)
    x = x.to(device).contiguous(memory_format=layout).requires_grad_()
    pooled, expected = average_pool_3x3(x), plain(x)
    # Nine additions and one product: a few roundings.
    tolerance = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close(pooled, expected, rtol=tolerance, atol=tolerance)
    assert pooled.is_contiguous(memory_format=layout)
    gradients = [torch.autograd.grad(out.square().sum(), x)[0] for out in (pooled, expected)]
    torch.testing.assert_close(*gradients, rtol=10 * tolerance, atol=10 * tolerance)


def test_its_derivatives_are_right() -> None:
    x = torch.randn(2, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(average_pool_3x3, x)
    assert torch.autograd.gradgradcheck(average_pool_3x3, x)


@pytest.mark.filterwarnings("ignore:.torch.jit.script:FutureWarning")  # torch's own, on its first jvp
def test_it_works_under_function_transforms() -> None:
    x, tangent = torch.randn(2, 5, 3, 6, 6, dtype=torch.float64)
    torch.testing.assert_close(torch.func.vmap(average_pool_3x3)(x[:, None]), plain(x)[:, None])

    def energy(image: Tensor) -> Tensor:
        return average_pool_3x3(image[None]).square().sum()

    one_by_one = torch.stack([torch.func.grad(energy)(image) for image in x])
    torch.testing.assert_close(torch.func.vmap(torch.func.grad(energy))(x), one_by_one)
    moved = torch.func.jvp(average_pool_3x3, (x,), (tangent,))[1]
    torch.testing.assert_close(moved, plain(tangent))


def test_it_has_no_state_and_costs_nine_products_a_value() -> None:
    pool = AvgPool3x3()
    assert pool.state_dict() == {}
    with FlopCounterMode(display=False) as counter:
        pool(torch.randn(1, 4, 8, 8))
    assert counter.get_total_flops() == 2 * 9 * 4 * 8 * 8


@pytest.mark.parametrize("size", [(1, 1), (4, 6), (5, 5), (7, 2)])
def test_a_reduction_halves_any_size_rounding_up(size: tuple[int, int]) -> None:
    out = Reduction(2, 3)(torch.randn(2, 2, *size))
    assert out.shape == (2, 3, (size[0] + 1) // 2, (size[1] + 1) // 2)


def test_a_reduction_of_an_even_size_is_the_benchmarks() -> None:
    block, x = Reduction(2, 3).double(), torch.randn(2, 2, 6, 8, dtype=torch.float64)
    shortcut = F.conv2d(F.avg_pool2d(x, 2, 2), block.downsample[1].weight)
    torch.testing.assert_close(block(x), block.conv_b(block.conv_a(x)) + shortcut)
