"""Convolutions that stand in for torch's."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from zcnas.passes.convolution import CONVOLUTIONS_TWICE, conv2d

GEOMETRIES = [
    {"stride": 2},
    {"stride": (2, 3)},
    {"stride": [3]},
    {"stride": 2, "padding": 1},
    {"stride": 2, "padding": "valid"},
    {"stride": 2, "groups": 2},
    {"padding": "same"},
]
# A crash ends the process: it needs one of its own.
CRASH = """
import torch, zcnas
from torch import nn
torch.set_num_threads(1)
for channels in range(1, 10):
    for size, stride in ((8, 2), (9, 3), (32, 2), (12, 4)):
        torch.manual_seed(channels)
        network = nn.Sequential(
            nn.Conv2d(channels, 8, 1, stride=stride, bias=False), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5)
        )
        batch = torch.randn(8, channels, size, size), torch.arange(8) % 5
        network(batch[0])
        for _ in range(3):
            found = zcnas.score(network, ["grad_norm", "grasp"], batch=batch)
        expected = zcnas.score(network, ["grad_norm", "grasp"], batch=batch, exact=True)
        for name, value in expected.items():
            assert abs(found[name] - value) <= 1e-3 * abs(value), (channels, size, name, found[name], value)
"""


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("channels", [4, 32])
def test_it_equals_torchs(channels: int, twice: bool, kernel: int, geometry: dict[str, object]) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, channels, 9, 8, generator=generator, dtype=torch.float64)
    groups = int(str(geometry.get("groups", 1)))
    weight = torch.randn(6, channels // groups, kernel, kernel, generator=generator, dtype=torch.float64)
    found, expected = (
        gradients(function, x, weight, geometry)
        for function in (CONVOLUTIONS_TWICE[F.conv2d] if twice else conv2d, F.conv2d)
    )
    for ours, torchs in zip(found, expected, strict=True):
        assert torch.allclose(ours, torchs, atol=1e-10)


def gradients(function: object, x: Tensor, weight: Tensor, geometry: dict[str, object]) -> list[Tensor]:
    """Output, both gradients, and both of the gradients' norm."""
    x, weight = x.clone().requires_grad_(), weight.clone().requires_grad_()
    output = function(x, weight, **geometry)  # type: ignore[operator]
    first = torch.autograd.grad(output.square().sum(), (x, weight), create_graph=True)
    second = torch.autograd.grad(sum(gradient.square().sum() for gradient in first), (x, weight))
    return [output, *first, *second]


def test_few_channels_and_a_stride_do_not_end_the_process() -> None:
    run = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
