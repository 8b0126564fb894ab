"""Scores do not depend on the state that the caller's process happens to be in, nor change it."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

import zcnas
from tests.faults.helpers import CLASSES, batch, network, score, two_batches
from zcnas.proxies import PROXIES
from zcnas.testing.models import CASES


@contextmanager
def default_type(kind: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(kind)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


SURROUNDINGS: dict[str, Any] = {
    "no gradients": torch.no_grad,
    "inference mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "another default type": lambda: default_type(torch.float64),
    "another default device": lambda: torch.device("meta"),
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_scores_do_not_depend_on_the_surroundings(name: str) -> None:
    model, batches = network(), two_batches(16)
    expected = score(model, list(PROXIES), batch=batches)
    surroundings: AbstractContextManager[Any] = SURROUNDINGS[name]()
    with surroundings:
        found = score(model, list(PROXIES), batch=batches)
    assert {key: found.details[key].reason for key in found} == dict.fromkeys(found, "")
    assert dict(found) == dict(expected)


def test_accelerators_are_not_reseeded(monkeypatch: pytest.MonkeyPatch) -> None:
    def reseeded(_: int) -> None:
        raise AssertionError("the random state of accelerators was changed")

    monkeypatch.setattr(torch.cuda, "manual_seed_all", reseeded)
    assert score(network(), list(PROXIES), batch=two_batches(16)).status("zen") == "ok"
    assert score(network(), "snip", seeds=2).status("snip") == "ok"


def test_disconnected_networks_warn_of_nothing() -> None:
    case = CASES["disconnected_cell"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = zcnas.score(case.model(), list(PROXIES), batch=case.batches())
    assert [str(one.message) for one in caught] == []
    assert {found.status(name) for name in found} <= {"ok", "undefined"}


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_model_is_scored_without_a_warning(name: str) -> None:
    case = CASES[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        zcnas.score(case.model(), list(PROXIES), batch=case.batches(), output=case.output)
    assert [str(one.message) for one in caught] == []


def test_filters_of_warnings_stay() -> None:
    score(network(), list(PROXIES), batch=two_batches(16))  # what torch imports at its first use may add its own
    before = list(warnings.filters)
    score(network(), list(PROXIES), batch=two_batches(16))
    assert warnings.filters == before


def test_the_callers_hooks_run_and_stay() -> None:
    model, calls = network(), []
    handles = [layer.register_forward_hook(lambda *_: calls.append(1)) for layer in model]
    expected = score(network(), ["snip", "nwot"])
    assert dict(score(model, ["snip", "nwot"])) == dict(expected)
    assert len(calls) == len(model)
    for handle in handles:
        handle.remove()


def test_gradients_under_way_are_not_disturbed() -> None:
    model, reference = network(), network()
    loss = model(batch().inputs).sum()
    before = copy.deepcopy(model.state_dict())
    score(model, list(PROXIES), batch=two_batches(16))
    loss.backward()
    reference(batch().inputs).sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    pairs = zip(model.parameters(), reference.parameters(), strict=True)
    assert all(torch.equal(ours.grad, theirs.grad) for ours, theirs in pairs if ours.grad is not None)
    assert all(parameter.grad is not None for parameter in model.parameters())


class Doubling(nn.Module):
    """Doubles what it sees, in one of several ways."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, x: Tensor) -> Tensor:
        if self.how == "in place":
            return x.mul_(2)
        if self.how == "through a view":
            x[:].mul_(2)
            return x
        if self.how == "by index":
            x[:, :2] = x[:, :2] * 2
            x[:, 2:] *= 2
            return x
        return x * 2


@pytest.mark.parametrize("how", ["in place", "through a view", "by index"])
@pytest.mark.parametrize("proxy", ["fisher", "snip", "grasp", "gradsign", "jacob_cov", "meco", "zico"])
def test_overwriting_activations_changes_no_score(how: str, proxy: str) -> None:
    values = {}
    for kind in (how, "anew"):
        first, norm, relu, second, *rest = network()
        model = nn.Sequential(first, Doubling(kind), norm, relu, second, Doubling(kind), *rest)
        values[kind] = score(model, proxy, batch=two_batches(16))[proxy]
    assert values[how] == pytest.approx(values["anew"], rel=1e-5)


@pytest.mark.parametrize("how", ["in place", "through a view", "by index"])
def test_overwriting_the_input_leaves_the_callers_batch_alone(how: str) -> None:
    model = nn.Sequential(Doubling(how), *network())
    batches = two_batches(16)
    kept = [one.inputs.clone() for one in batches]
    for exact in (False, True):
        found = score(model, list(PROXIES), batch=batches, exact=exact)
        assert {key: found.details[key].reason for key in found} == dict.fromkeys(found, "")
        assert all(torch.equal(one.inputs, copy) for one, copy in zip(batches, kept, strict=True))


class TwoTimes(nn.Module):
    """Runs its block again during the backward pass, if asked to."""

    def __init__(self, block: nn.Module, *, again: bool) -> None:
        super().__init__()
        self.stem, self.block, self.head, self.again = nn.Conv2d(3, 4, 1), block, nn.Linear(4, CLASSES), again

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = checkpoint(self.block, x, use_reentrant=False) if self.again else self.block(x)
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits


BLOCKS: dict[str, Callable[[], list[nn.Module]]] = {
    "norm last": lambda: [nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)],
    "norm first": lambda: [nn.BatchNorm2d(4), nn.GELU(), nn.Conv2d(4, 4, 3)],
    "norm inside": lambda: [nn.Conv2d(4, 4, 3), nn.GroupNorm(2, 4), nn.GELU(), nn.Conv2d(4, 4, 1)],
    "dropout": lambda: [nn.Conv2d(4, 4, 3), nn.Dropout(0.5), nn.ReLU()],
}


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize(
    "proxy", ["snip", "fisher", "grasp", "synflow", "jacob_cov", "zico", "gradsign", "az_trainability"]
)
def test_a_block_that_runs_again_backwards_scores_like_one_that_does_not(kind: str, proxy: str) -> None:
    values = []
    for again in (True, False):
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            model = TwoTimes(nn.Sequential(*BLOCKS[kind]()), again=again)
        values.append(score(model, [proxy, "params"], batch=two_batches(16))[proxy])
    # Without a norm the rounding may differ, because a block that runs again does without stand-ins.
    assert values[0] == pytest.approx(values[1], rel=1e-4)


class MisnamedBlocks(nn.Module):
    block_names = ("body.0", "body.7")
    last_map_name = "body.2"

    def __init__(self) -> None:
        super().__init__()
        self.body = network()

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.body(x)
        return logits


def test_blocks_that_do_not_exist_are_named_and_cost_nobody_else() -> None:
    names = ["meco", "snip", "az_expressivity", "az_trainability", "zen"]
    found = score(MisnamedBlocks(), names, batch=two_batches(16))
    assert found.status("meco") == found.status("snip") == "ok"
    assert found["meco"] == score(network(), "meco", batch=two_batches(16))["meco"]
    for name in ("az_expressivity", "az_trainability", "zen"):
        assert found.status(name) == "failed"
        assert "body.7" in found.details[name].reason
        assert "block_names" in found.details[name].reason


class Branching(nn.Module):
    """Attention behind a decision that depends on the data, which rules out counting without numbers."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.body(x)
        return logits if float(logits.detach().sum()) > -1e9 else -logits


@pytest.mark.parametrize("name", ["vit", "resnet", "swin", "mobilenet"])
def test_counting_on_real_numbers_counts_the_same(name: str) -> None:
    case, names = CASES[name], ["flops", "flops_released"]
    model, batches = case.model(), case.batches()
    assert dict(score(Branching(model), names, batch=batches)) == dict(score(model, names, batch=batches))
