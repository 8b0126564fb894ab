"""The contracts find what they should: each of these breaks one promise."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from zcnas.passes import LossGradients, Pass, ProxyContext, Request
from zcnas.proxies import LayerwiseProxy, Proxy
from zcnas.space import Architecture
from zcnas.testing import ProxyContract, SpaceContract, ToySpace

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


class WrongLength(ToySpace):
    def __len__(self) -> int:
        return 17


class OneWay(ToySpace):
    def neighbours(self, arch: Architecture) -> list[Architecture]:
        return [other for other in super().neighbours(arch) if other > arch] or super().neighbours(arch)


class Leaping(ToySpace):
    def neighbours(self, arch: Architecture) -> list[Architecture]:
        return [other for other in self if other != arch]


class Wandering(ToySpace):
    def mutate(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        return self.sample(rng)


class Inventive(ToySpace):
    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        return self.sample(rng)


class GlobalDice(ToySpace):
    def sample(self, rng: np.random.Generator) -> Architecture:
        return super().sample(np.random.default_rng(np.random.randint(1000)))


class Reseeding(ToySpace):
    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None) -> nn.Module:
        if seed is not None:
            torch.manual_seed(seed)
        return super().build(arch, num_classes=num_classes)


class Unseeded(ToySpace):
    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None) -> nn.Module:
        return super().build(arch, num_classes=num_classes)


class TenClasses(ToySpace):
    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None) -> nn.Module:
        return super().build(arch, seed=seed)


class Gullible(ToySpace):
    def parse(self, text: str) -> Architecture:
        return (
            super().parse(text) if text.startswith("depth") and len(text) < 30 else Architecture(self.name, (0, 0, 0))
        )


class Careless(ToySpace):
    def format(self, arch: Architecture) -> str:
        return super().format(self.architecture((0, *arch.genome[1:])))


class Hospitable(ToySpace):
    def __contains__(self, arch: object) -> bool:
        return isinstance(arch, Architecture)


class Moody(ToySpace):
    calls = 0

    def canonical(self, arch: Architecture) -> str:
        self.calls += 1
        return str(self.calls)


@pytest.mark.parametrize(
    ("space", "name"),
    [
        (WrongLength(), "test_iteration_gives_every_architecture_once"),
        (OneWay(), "test_neighbours_differ_in_one_place_and_know_each_other"),
        (Leaping(), "test_neighbours_differ_in_one_place_and_know_each_other"),
        (Wandering(), "test_mutants_are_neighbours_and_depend_on_the_generator_alone"),
        (Inventive(), "test_children_take_every_gene_from_a_parent"),
        (GlobalDice(), "test_samples_lie_inside_and_depend_on_the_generator_alone"),
        (Reseeding(), "test_weights_depend_on_the_seed_and_the_architecture_alone"),
        (Unseeded(), "test_weights_depend_on_the_seed_and_the_architecture_alone"),
        (TenClasses(), "test_networks_map_images_to_logits"),
        (Careless(), "test_spelling_goes_both_ways"),
        (Hospitable(), "test_outsiders_are_not_members"),
        (Moody(), "test_canonical_forms_are_stable"),
    ],
)
def test_a_bad_space_is_found_out(space: ToySpace, name: str) -> None:
    contract = type("Contract", (SpaceContract,), {"space": space})()
    with pytest.raises(AssertionError):
        getattr(contract, name)()


def test_a_space_that_reads_anything_is_found_out() -> None:
    contract = type("Contract", (SpaceContract,), {"space": Gullible()})()
    with pytest.raises(pytest.fail.Exception):
        contract.test_other_spellings_are_refused()
