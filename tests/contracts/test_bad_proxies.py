"""The contract for proxies finds what it should: each of these breaks one promise."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from zcnas.passes import LossGradients, Pass, ProxyContext, Request
from zcnas.proxies import LayerwiseProxy, Proxy
from zcnas.testing import ProxyContract

KEPT: list[object] = []


@dataclass(frozen=True, slots=True)
class Good(Proxy):
    """Number of weights that the loss depends on."""

    name: ClassVar[str] = "good"
    paper: ClassVar[str] = "none"
    needs_labels: ClassVar[bool] = True

    def passes(self) -> tuple[Request, ...]:
        return ((Pass(), LossGradients()),)

    def score(self, context: ProxyContext) -> float:
        ((spec, observation),) = self.passes()
        self.misbehave(context)
        return float(sum(int(one.gradient.count_nonzero()) for one in context.observe(spec, observation).values()))

    def misbehave(self, context: ProxyContext) -> None:
        """What a bad one does."""


@dataclass(frozen=True, slots=True)
class LeavesAHook(Good):
    def misbehave(self, context: ProxyContext) -> None:
        context.module.register_forward_hook(lambda *_: None)


@dataclass(frozen=True, slots=True)
class LeavesEvalMode(Good):
    def misbehave(self, context: ProxyContext) -> None:
        context.module.eval()


@dataclass(frozen=True, slots=True)
class LeavesGradients(Good):
    def misbehave(self, context: ProxyContext) -> None:
        for parameter in context.module.parameters():
            parameter.grad = torch.zeros_like(parameter)


@dataclass(frozen=True, slots=True)
class WritesWeights(Good):
    def misbehave(self, context: ProxyContext) -> None:
        for parameter in context.module.parameters():
            parameter.data.mul_(1.5)


@dataclass(frozen=True, slots=True)
class DrawsFromTorch(Good):
    def misbehave(self, context: ProxyContext) -> None:
        torch.rand(1)


@dataclass(frozen=True, slots=True)
class DrawsFromNumpy(Good):
    def misbehave(self, context: ProxyContext) -> None:
        np.random.rand()


@dataclass(frozen=True, slots=True)
class DrawsFromPython(Good):
    def misbehave(self, context: ProxyContext) -> None:
        random.random()


@dataclass(frozen=True, slots=True)
class KeepsActivations(Good):
    def misbehave(self, context: ProxyContext) -> None:
        KEPT.append(context.module(context.setting.batches[0].inputs))


@dataclass(frozen=True, slots=True)
class Random(Good):
    def score(self, context: ProxyContext) -> float:
        return float(torch.rand(1))


@dataclass(frozen=True, slots=True)
class LooksAtCompany(Good):
    def score(self, context: ProxyContext) -> float:
        return float(len(context.traversals))


@dataclass(frozen=True, slots=True)
class LooksAtTheMode(Good):
    def score(self, context: ProxyContext) -> float:
        return float(sum(layer.training for layer in context.module.modules()))


@dataclass(frozen=True, slots=True)
class LooksAtTheSeed(Good):
    def score(self, context: ProxyContext) -> float:
        return float(context.setting.seed)


@dataclass(frozen=True, slots=True)
class NeedsLabelsInSecret(Good):
    needs_labels: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class ReturnsATensor(Good):
    def score(self, context: ProxyContext) -> Any:
        return torch.tensor(1.0)


@dataclass(frozen=True, slots=True)
class Raises(Good):
    def score(self, context: ProxyContext) -> float:
        raise ZeroDivisionError("no branches" if len(list(context.module.children())) > 3 else "few branches")


@dataclass(frozen=True, slots=True)
class HasOtherParts(LayerwiseProxy):
    name: ClassVar[str] = "parts"
    paper: ClassVar[str] = "none"

    def layers(self, context: ProxyContext) -> dict[str, float]:
        return {"first": 1.0, "second": 2.0}

    def score(self, context: ProxyContext) -> float:
        return 4.0


@dataclass(frozen=True)
class Nameless(Good):
    name: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Unhashable(Good):
    sizes: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Secretive(Good):
    size: int = field(default=3, repr=False)


COMPANY = "test_the_value_does_not_depend_on_company"
CIRCUMSTANCES = "test_the_value_does_not_depend_on_circumstances"
PURITY = "test_the_model_stays_as_it_was"
FORM = "test_the_outcome_is_a_number_or_a_reason"
LABELS = "test_labels_matter_only_where_they_are_needed"
DESCRIPTION = "test_it_is_a_value_that_describes_itself"
BREAKING = "test_a_model_that_breaks_stays_as_it_was"
PER_CASE = (COMPANY, CIRCUMSTANCES, PURITY, FORM, LABELS, BREAKING)


def check(proxy: Proxy, name: str) -> None:
    contract = type("Contract", (ProxyContract,), {"proxy": proxy})()
    getattr(contract, name)(*["mlp"] * (name in PER_CASE))


@pytest.mark.parametrize("name", [*PER_CASE, DESCRIPTION])
def test_a_good_proxy_keeps_the_contract(name: str) -> None:
    check(Good(), name)


@pytest.mark.parametrize(
    ("proxy", "name", "message"),
    [
        (LeavesAHook(), PURITY, "_forward_hooks"),
        (LeavesEvalMode(), PURITY, "training"),
        (LeavesGradients(), PURITY, "1: _parameters"),
        (WritesWeights(), PURITY, "1: _parameters"),
        (DrawsFromTorch(), PURITY, "random state of torch"),
        (DrawsFromNumpy(), PURITY, "random state of numpy"),
        (DrawsFromPython(), PURITY, "random state of Python"),
        (KeepsActivations(), PURITY, "outputs of layers outlive the call"),
        (LeavesAHook(), BREAKING, "_forward_hooks"),
        (Random(), COMPANY, None),
        (Random(), CIRCUMSTANCES, None),
        (LooksAtCompany(), COMPANY, None),
        (LooksAtTheMode(), CIRCUMSTANCES, None),
        (LooksAtTheSeed(), CIRCUMSTANCES, None),
        (NeedsLabelsInSecret(), LABELS, None),
        (Random(), LABELS, None),
        (ReturnsATensor(), FORM, None),
        (Raises(), FORM, "ZeroDivisionError"),
        (HasOtherParts(), FORM, "the parts must sum to the score"),
        (Nameless(), DESCRIPTION, None),
        (Secretive(), DESCRIPTION, "size"),
    ],
)
def test_a_bad_proxy_is_found_out(proxy: Proxy, name: str, message: str | None) -> None:
    with pytest.raises(AssertionError, match=message):
        check(proxy, name)
    KEPT.clear()


def test_a_proxy_that_cannot_be_hashed_is_found_out() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        check(Unhashable(), DESCRIPTION)


def test_a_proxy_without_any_value_is_found_out() -> None:
    with pytest.raises(AssertionError):
        check(Raises(), "test_it_has_a_value_somewhere")
