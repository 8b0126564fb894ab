"""Layers that overwrite what they were given leave every score as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import zcnas
from tests.oracles.problems import problem

SLOPE = 0.5


def augmented(x: Tensor) -> Tensor:
    x *= torch.where(x.detach() > 0, 1.0, SLOPE)
    return x


def assigned(x: Tensor) -> Tensor:
    negative = x.detach() < 0
    x[negative] = x[negative] * SLOPE
    return x


OVERWRITE: dict[str, Callable[[Tensor], Tensor]] = {
    "keyword": lambda x: F.leaky_relu(x, SLOPE, inplace=True),
    "positional": lambda x: F.leaky_relu(x, SLOPE, True),
    "function": lambda x: F.leaky_relu_(x, SLOPE),
    "module": nn.LeakyReLU(SLOPE, inplace=True),
    "method": lambda x: x.mul_(torch.where(x.detach() > 0, 1.0, SLOPE)),
    "of a view": lambda x: F.leaky_relu(x.flatten(2), SLOPE, inplace=True).view_as(x),
    "augmented": augmented,
    "assigned": assigned,
}


class Network(nn.Module):
    """What convolutions give, and with them the first block's output and the last map, is overwritten at once."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.one, self.two = nn.Conv2d(2, 3, 3), nn.Conv2d(3, 4, 3)
        self.function = function
        self.block_names: tuple[str, ...] = ("one", "two")
        self.last_map_name = "two"

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.two(self.function(self.one(x)))).mean(dim=(2, 3))


NAMES = ["fisher", "snip", "grasp", "jacob_cov", "meco", "az_expressivity", "az_trainability", "zen"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("how", OVERWRITE)
@pytest.mark.parametrize("name", NAMES)
def test_operations_in_place_change_no_score(name: str, how: str, dtype: torch.dtype) -> None:
    batch = problem("residual").batches[0]

    def score(function: Callable[[Tensor], Tensor]) -> float:
        return zcnas.score(Network(function).to(dtype), name, batch=batch)[name]

    expected = score(lambda x: F.leaky_relu(x, SLOPE))
    assert score(OVERWRITE[how]) == pytest.approx(expected, rel=1e-9 if dtype == torch.float64 else 1e-4)


@pytest.mark.parametrize("name", ["nwot", "swap", "linear_regions"])
def test_codes_are_read_before_they_are_overwritten(name: str) -> None:
    batch = problem("residual").batches[0]
    ways: list[Callable[[Tensor], Tensor]] = [lambda x: F.relu(x), lambda x: F.relu(x, inplace=True), torch.relu_]
    scores = [zcnas.score(Network(way).double(), name, batch=batch)[name] for way in ways]
    assert scores[0] == scores[1] == scores[2]


def test_a_relu_that_branches_share_and_one_overwrites() -> None:
    """Each branch has a tensor of its own in the model as it is written."""

    class Branches(nn.Module):
        def __init__(self, in_place: bool) -> None:
            super().__init__()
            torch.manual_seed(3)
            self.one, self.two, self.three = (nn.Conv2d(2, 4, 3) for _ in range(3))
            self.in_place = in_place

        def forward(self, x: Tensor) -> Tensor:
            x = self.one(x)
            left, right = F.relu(x), F.relu(x)
            left = left.mul_(3.0) if self.in_place else left * 3.0
            return (left.square() + right).mean(dim=(2, 3))

    batch = problem("residual").batches[0]
    chosen = ["fisher", "snip", "nwot", "jacob_cov", "synflow"]
    one, other = (zcnas.score(Branches(how), chosen, batch=batch) for how in (False, True))
    assert dict(other) == pytest.approx(dict(one), rel=1e-5)
