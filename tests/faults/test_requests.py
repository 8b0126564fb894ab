"""Proxies, seeds, devices and losses that are asked for wrongly."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

import zcnas
from tests.faults.helpers import batch, explained, images, network, refused, score
from zcnas.errors import InputError, InputTypeError, ModelError, UnknownNameError
from zcnas.proxies.swap import SWAP
from zcnas.proxies.synflow import SynFlow
from zcnas.proxies.zen import Zen


@pytest.mark.parametrize("proxies", [[], (), {}, iter(())])
def test_no_proxies_is_an_error(proxies: Any) -> None:
    refused(InputError, "no proxies: expected 'all', names such as 'synflow'", "got an empty list", proxies=proxies)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("synflw", "synflow"), ("SynFlow", "synflow"), ("grad-norm", "grad_norm"), ("zen_score", "zen_released")],
)
def test_a_typing_error_brings_a_suggestion(wrong: str, meant: str) -> None:
    refused(UnknownNameError, f"'{wrong}'", f"did you mean '{meant}'?", "known: params, flops", proxies=wrong)
    refused(UnknownNameError, f"'{wrong}'", f"did you mean '{meant}'?", proxies=["snip", wrong])


@pytest.mark.parametrize("pattern", ["synflo*z", "", "xyz?"])
def test_a_name_like_no_other_lists_all(pattern: str) -> None:
    refused(UnknownNameError, f"'{pattern}'", "known: params", proxies=pattern)


@pytest.mark.parametrize(
    ("proxies", "came"),
    [
        (5, "int"),
        (None, "NoneType"),
        ([None], "NoneType"),
        ([["snip"]], "list"),
        (SynFlow, "the class SynFlow"),
        ([SynFlow], "the class SynFlow"),
        ([b"snip"], "bytes"),
    ],
)
def test_what_is_no_proxy_is_named(proxies: Any, came: str) -> None:
    refused(InputTypeError, "expected a proxy or its name", f"got {came}", proxies=proxies)


def test_two_settings_of_one_proxy_need_two_calls() -> None:
    refused(InputError, "two different proxies are called 'swap'", "two calls", proxies=[SWAP(), SWAP(samples=4)])


def test_one_proxy_asked_for_twice_is_scored_once() -> None:
    assert list(score(network(), ["zen", "zen", Zen(), "zen*"])) == ["zen", "zen_released"]


@pytest.mark.parametrize("seeds", [0, -3])
def test_seeds_are_counted_from_one(seeds: int) -> None:
    refused(InputError, "seeds: expected at least 1", f"got {seeds}", seeds=seeds)


@pytest.mark.parametrize("seeds", ["4", 1.5, [1, 2]])
def test_seeds_are_a_number(seeds: Any) -> None:
    refused(InputTypeError, "seeds", f"got {type(seeds).__name__}", seeds=seeds)


@pytest.mark.parametrize("device", ["gpu", "cpu:x", 1.5])
def test_a_device_that_does_not_exist_is_named(device: Any) -> None:
    refused(InputError, "device", str(device), device=device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without an accelerator")
def test_a_device_that_is_not_there_is_named() -> None:
    refused(InputError, "cuda", device="cuda", proxies=["snip", "params"])


@pytest.mark.parametrize("loss", ["cross_entropy", 3])
def test_a_loss_must_be_callable(loss: Any) -> None:
    refused(InputTypeError, "loss", f"got {type(loss).__name__}", loss=loss)


@pytest.mark.parametrize("proxy", ["snip", "grasp", "fisher", "gradsign"])
def test_a_loss_must_give_one_number(proxy: str) -> None:
    def vector(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits, targets, reduction="none")

    n = 1 if proxy == "gradsign" else 6
    refused(
        InputError, "expected the loss to return one number", f"got shape ({n},)", "mean", proxies=proxy, loss=vector
    )


@pytest.mark.parametrize("proxy", ["snip", "gradsign"])
@pytest.mark.parametrize(("value", "came"), [(1.5, "float"), (None, "NoneType")])
def test_a_loss_must_give_a_tensor(value: Any, came: str, proxy: str) -> None:
    refused(InputError, "expected the loss to return one number", f"got {came}", proxies=proxy, loss=lambda *_: value)


@pytest.mark.parametrize("proxy", ["snip", "gradsign", "grasp"])
@pytest.mark.parametrize("error", [KeyError, IndexError, RuntimeError, TypeError])
def test_a_loss_that_raises_is_blamed(error: type[Exception], proxy: str) -> None:
    def broken(*_: object) -> torch.Tensor:
        raise error("weights")

    refused(ModelError, "the loss raised", error.__name__, "weights", proxies=proxy, loss=broken)


def test_a_loss_that_raises_leaves_what_does_not_need_it() -> None:
    def broken(*_: object) -> torch.Tensor:
        raise KeyError("weights")

    names = ["nwot", "jacob_cov", "params"]
    found = score(network(), [*names, "snip"], loss=broken)
    explained(found, "snip", "failed", "the loss raised KeyError")
    assert {name: found[name] for name in names} == dict(score(network(), names))


def test_a_loss_of_its_own_may_have_its_own_labels() -> None:
    found = score(
        network(), "snip", batch=(images(), torch.full((6,), 7)), loss=lambda logits, labels: logits.square().mean()
    )
    assert found.status("snip") == "ok"


def test_a_loss_without_a_gradient_gives_zeros() -> None:
    assert score(network(), "snip", loss=lambda *_: torch.tensor(1.0))["snip"] == 0


def test_a_score_that_was_not_asked_for_brings_a_suggestion() -> None:
    found = zcnas.score(network(), ["synflow", "snip"], batch=batch())
    with pytest.raises(UnknownNameError, match="unknown score 'sinp': did you mean 'snip'"):
        found["sinp"]
    with pytest.raises(UnknownNameError, match="known: synflow, snip"):
        found.status("zen")
    assert found.get("zen") is None
