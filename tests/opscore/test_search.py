"""Whole searches: equal seeds give equal results, in any number of processes; the caller's things stay as they are."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.opscore.chains import Chains
from tests.opscore.worth import Fake, chaos, present, told
from zcnas.data import Noise, load
from zcnas.data.imageset import ImageSet
from zcnas.data.stream import Stream
from zcnas.errors import Undefined
from zcnas.opscore import ORDERS, Found, ZeroCostPT, search
from zcnas.proxies import PROXIES
from zcnas.scoring import score
from zcnas.searchspaces import NASBench201
from zcnas.seeding import derive_seed
from zcnas.space import Architecture
from zcnas.testing import ToyCells
from zcnas.testing.snapshot import changes, snapshot

NOISE = Noise(size=8, num_classes=5)
SMALL: dict[str, Any] = {"proposals": 3, "validations": 2, "batch_size": 8, "progress": False}


def toys(**options: Any) -> Found:
    return search(ToyCells(), NOISE, **{**SMALL, **options})


def test_equal_seeds_give_equal_results() -> None:
    first = toys(seed=3)
    torch.rand(3)
    np.random.default_rng().random()
    assert told(toys(seed=3)) == told(first) != told(toys(seed=4))
    assert first.best == first.ranking[0][0]
    assert first.seconds > 0


def test_two_processes_find_what_one_does() -> None:
    one = toys(proposals=4, validations=11, proxy="az_nas")
    assert told(toys(proposals=4, validations=11, proxy="az_nas", workers=2)) == told(one)
    assert len(one.ranking) > 1


def test_more_proposals_begin_with_the_same() -> None:
    few, many = toys(proposals=2), toys(proposals=4)
    steps = [[proposal.steps for proposal in found.proposals] for found in (few, many)]
    assert steps[0] == steps[1][:2]


def test_validation_is_the_mean_over_batches_of_networks_of_their_own() -> None:
    seen: list[tuple[int, bytes]] = []

    class Weights(Fake):
        def columns(self, network: nn.Module, batches: Any, seed: int) -> dict[str, float]:
            if present(network):
                return Fake.columns(self, network, batches, seed)
            digest = b"".join(value.detach().numpy().tobytes() for value in network.parameters())
            seen.append((hash(digest), batches[0].inputs.numpy().tobytes()))
            return {"fake": float(len(seen))}

    found = toys(proxy=Weights(chaos), proposals=6, validations=12)
    count = len(found.ranking)
    assert found.validation_scores == 12 * count
    assert count > 1
    parts = [seen[12 * number : 12 * number + 12] for number in range(count)]
    assert all(len({weights for weights, _ in part}) == 1 for part in parts)
    assert len({tuple(batch for _, batch in part) for part in parts}) == 1
    assert len({batch for _, batch in parts[0]}) == 12
    assert [value for _, value in found.ranking] == [12 * number + 6.5 for number in reversed(range(count))]


def test_validation_scores_are_the_proxys() -> None:
    found = toys(proposals=6, proxy="nwot", seed=2)
    stream = Stream(NOISE, 8)
    batches = [stream.batch(derive_seed("validation", 2), number) for number in range(2)]
    assert len(found.ranking) > 1
    for arch, value in found.ranking:
        network = ToyCells().build(arch, num_classes=5, seed=2)
        assert value == np.mean([score(network, "nwot", batch=batch)["nwot"] for batch in batches])
    assert [value for _, value in found.ranking] == sorted((value for _, value in found.ranking), reverse=True)


class Judged(Fake):
    """``chaos`` for supernets, and given values for one network after the other."""

    def __init__(self, *values: float) -> None:
        Fake.__init__(self, chaos)
        self.values = list(values)

    def columns(self, network: nn.Module, batches: Any, seed: int) -> dict[str, float]:
        if present(network):
            return Fake.columns(self, network, batches, seed)
        return {"fake": self.values.pop(0) if self.values else 1.0}


def test_what_validation_cannot_score_comes_last() -> None:
    found = toys(proxy=Judged(math.nan, 8.0, -math.inf, 9.0, math.inf, -math.inf), proposals=10, validations=2)
    values = [value for _, value in found.ranking]
    # Of both signs there is no mean.
    assert values[:-3] == [1.0] * (len(values) - 3)
    assert values[-3] == -math.inf
    assert all(map(math.isnan, values[-2:]))


def test_where_validation_scores_nothing_nothing_is_best() -> None:
    with pytest.raises(Undefined, match="no proposal could be scored on the validation batches"):
        toys(proxy=Judged(*[math.nan] * 100), proposals=6)


def test_proposals_share_the_supernet_and_nothing_else() -> None:
    weights, mixings, batches = set(), [], []

    class Watching(Fake):
        def columns(self, network: nn.Module, given: Any, seed: int) -> dict[str, float]:
            weights.update(id(value) for value in network.parameters())
            batches.append(given[0].name)
            return Fake.columns(self, network, given, seed)

    fake, made = Watching(chaos), ToyCells().supernet(seed=0)
    found = toys(proxy=fake, scorer="disc_zc", order="fixed", supernet=made, proposals=2, validations=1)
    assert weights >= {id(value) for value in made.network.parameters()}
    begins = [0, found.proposals[0].scores]
    mixings = [fake.calls[begin][0][1:] for begin in begins]  # the first edge is fixed to each operation in turn
    assert mixings[0] != mixings[1]
    assert batches[begins[0]] != batches[begins[1]]


class Spelt(ToyCells):
    """Holds all networks for one."""

    def representative(self, arch: Architecture) -> Architecture:
        return Architecture(self.name, (0, 0, 0))


def test_isomorphic_proposals_are_validated_once() -> None:
    assert len(toys(proposals=6, proxy="nwot").ranking) > 1
    found = search(Spelt(), NOISE, **{**SMALL, "proposals": 6, "proxy": "nwot"})
    assert [arch for arch, _ in found.ranking] == [found.proposals[0].arch]
    assert (found.validation_scores, found.validation_seconds) == (0, 0)


def test_one_network_needs_no_validation() -> None:
    space = NASBench201()
    found = search(
        space, NOISE, proxy="params", proposals=2, batch_size=2, validations=3, progress=False,
        supernet_options={"C": 2, "N": 1}, network_options={"C": 2, "N": 1},
    )  # fmt: skip
    assert space.format(found.best).count("nor_conv_3x3") == 6
    assert len(found.ranking) == 1
    assert np.isnan(found.ranking[0][1])
    assert found.validation_scores == 0
    assert found.scores == 60


@pytest.mark.parametrize("name", [*PROXIES, "az_nas", "vote", "quorum", "tenas"])
def test_every_proxy_decides(name: str) -> None:
    # So small a network's kernel is singular.
    undefined = pytest.raises(Undefined, match="edge layer") if name == "ntk_condition_released" else nullcontext()
    for scorer in ("zc_pt", "disc_zc"):
        with undefined:
            found = search(Chains(), NOISE, scorer=scorer, proxy=name, **{**SMALL, "proposals": 1, "batch_size": 16})
            assert found.best in Chains()


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_decides(order: str) -> None:
    assert toys(order=order, proxy="nwot", proposals=1).best in ToyCells()


@pytest.mark.parametrize("scorer", ["zc_pt", "disc_zc", "darts", "darts_pt", "disc_acc"])
def test_nothing_of_the_callers_changes(scorer: str) -> None:
    made = ToyCells().supernet(seed=0, num_classes=5)
    made.network.train()
    list(made.network.modules())[5].eval()
    made.network.register_forward_hook(lambda *_: None)
    for value in made.network.parameters():
        value.grad = torch.ones_like(value)
    before, threads = snapshot(made.network), torch.get_num_threads()
    toys(scorer=scorer, supernet=made, mixing=made.uniform(), proxy="snip", proposals=2)
    assert changes(before, snapshot(made.network)) == []
    assert torch.get_num_threads() == threads


def test_real_images_and_a_space_of_ones_own() -> None:
    digits = load("digits", channels=3)
    assert isinstance(digits, ImageSet)
    found = search(Chains(), digits, **SMALL)
    assert found.provenance["images"] == "digits (1797)"
    assert found.best in Chains()


def test_a_search_is_an_algorithm() -> None:
    found = toys(proposals=4, proxy="nwot")
    algorithm = ZeroCostPT(ToyCells(), NOISE, **{**SMALL, "proposals": 4, "proxy": "nwot"})
    assert algorithm.ask(10) == [arch for arch, _ in found.ranking]
