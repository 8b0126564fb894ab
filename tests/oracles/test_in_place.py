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


def assert_equal_scores(name: str, how: str, dtype: torch.dtype) -> None:
    batch = problem("residual").batches[0]
    spared, overwritten = (
        zcnas.score(Network(function).to(dtype), name, batch=batch)[name]
        for function in (lambda x: F.leaky_relu(x, SLOPE), OVERWRITE[how])
    )
    assert overwritten == pytest.approx(spared, rel=1e-9 if dtype == torch.float64 else 1e-4)


@pytest.mark.parametrize("how", OVERWRITE)
@pytest.mark.parametrize("name", NAMES)
def test_operations_in_place_change_no_score(name: str, how: str) -> None:
    assert_equal_scores(name, how, torch.float64)


@pytest.mark.parametrize("how", ["keyword", "of a view"])
@pytest.mark.parametrize("name", NAMES)
def test_operations_in_place_change_no_score_with_channels_last(name: str, how: str) -> None:
    assert_equal_scores(name, how, torch.float32)


RELUS: dict[str, Callable[[Tensor], Tensor]] = {
    "F.relu": F.relu,
    "in place": lambda x: F.relu(x, inplace=True),
    "positional": lambda x: F.relu(x, True),
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "F.relu_": F.relu_,
    "method": lambda x: x.relu(),
    "method in place": lambda x: x.relu_(),
    "module": nn.ReLU(),
    "module in place": nn.ReLU(inplace=True),
}


@pytest.mark.parametrize("how", RELUS)
@pytest.mark.parametrize("name", ["nwot", "swap", "linear_regions", "flops_released"])
def test_every_spelling_of_relu_counts_once(name: str, how: str) -> None:
    batch = problem("residual").batches[0]
    spelled, usual = (zcnas.score(Network(RELUS[way]).double(), name, batch=batch)[name] for way in (how, "module"))
    assert spelled == usual


def test_a_clamp_between_bounds_has_its_kink_at_the_lower_one() -> None:
    batch = problem("residual").batches[0]
    ways: list[Callable[[Tensor], Tensor]] = [
        nn.Hardtanh(),
        F.hardtanh,
        lambda x: F.hardtanh(x, -1.0, 1.0),
        lambda x: F.hardtanh(x, min_val=-1.0),
        F.hardtanh_,
        # The upper kink does not count: a ReLU that begins where the clamp does has the same codes.
        lambda x: F.relu(x + 1),
    ]
    scores = [zcnas.score(Clamped(way).double(), "nwot", batch=batch)["nwot"] for way in ways]
    assert len(set(scores)) == 1


class Clamped(nn.Module):
    """One layer of units."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.conv, self.function = nn.Conv2d(2, 4, 3), function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(2 * self.conv(x)).mean(dim=(2, 3))


class Branches(nn.Module):
    """A node that two branches rectify; something is overwritten before, between or after."""

    def __init__(self, when: str, in_place: bool) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.one, self.two = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 4, 3)
        self.when, self.in_place = when, in_place

    def lowered(self, x: Tensor) -> Tensor:
        return x.sub_(0.2) if self.in_place else x - 0.2

    def forward(self, x: Tensor) -> Tensor:
        x = self.one(x)
        left = F.relu(x)
        if self.when == "the node, between":
            x = self.lowered(x)
        if self.when == "one branch, at once":
            left = self.lowered(left)
        right = F.relu(x)
        if self.when == "one branch, later":
            left = self.lowered(left)
        return F.relu(self.two(left)).mean(dim=(2, 3)) + F.relu(right - 0.1).mean(dim=(2, 3))


@pytest.mark.parametrize("when", ["the node, between", "one branch, at once", "one branch, later"])
@pytest.mark.parametrize("name", ["nwot", "swap", "linear_regions", "meco"])
def test_a_node_that_branches_rectify(name: str, when: str) -> None:
    batch = problem("residual").batches[0]
    one, other = (zcnas.score(Branches(when, how).double(), name, batch=batch) for how in (False, True))
    assert other[name] == pytest.approx(one[name], rel=1e-9)


def test_a_node_that_is_overwritten_between_branches_in_training() -> None:
    batch = problem("residual").batches[0]
    names = ["fisher", "snip", "plain", "grasp", "jacob_cov"]
    one, other = (zcnas.score(Branches("the node, between", how).double(), names, batch=batch) for how in (False, True))
    assert dict(other) == pytest.approx(dict(one), rel=1e-9)
