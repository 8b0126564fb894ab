"""Scores of the zoo's models under different circumstances, each computed once however many tests look at it."""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from zcnas.batch import Batch
from zcnas.proxies import PROXIES, Proxy, resolve
from zcnas.scores import Score, Scores
from zcnas.scoring import score
from zcnas.testing.models import CASES, Case
from zcnas.testing.snapshot import changes, snapshot


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a value must not depend on, and the seed, on which only random draws may.

    Attributes:
        reverse: Score the company in the reverse order.
        worn: The model has seen use (see :func:`wear`), and gradients are not recorded.
        labels: Whether the batches are labelled.
        size: Number of samples in a batch.
        seed: The seed.
    """

    reverse: bool = False
    worn: bool = False
    labels: bool = True
    size: int = 16
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """One proxy's score of a worn model, and what it did to the model.

    Attributes:
        score: The outcome.
        changed: What is no longer as it was.
        kept: Outputs of layers that still take memory.
    """

    score: Score
    changed: Sequence[str]
    kept: int


def name_of(proxy: Proxy) -> str:
    """The name under which ``proxy`` appears in scores."""
    (name,) = resolve(proxy)
    return name


def together(case: str, proxy: Proxy, circumstances: Circumstances = Circumstances()) -> Score:
    """The score of ``proxy`` in a run with every registered proxy."""
    name = name_of(proxy)
    registered = name in PROXIES and PROXIES.create(name) == proxy
    return _company(case, None if registered else proxy, circumstances).details[name]


@cache
def _company(case: str, guest: Proxy | None, circumstances: Circumstances) -> Scores:
    names = [name for name in PROXIES if guest is None or name != name_of(guest)]
    proxies: list[str | Proxy] = [*names, *([guest] if guest else [])]
    zoo, model = CASES[case], CASES[case].model()
    if circumstances.worn:
        wear(model)
    with torch.no_grad() if circumstances.worn else nullcontext():
        return score(
            model,
            proxies[::-1] if circumstances.reverse else proxies,
            batch=_batches(zoo, circumstances),
            output=zoo.output,
            seed=circumstances.seed,
            per_layer=True,
        )


def _batches(zoo: Case, circumstances: Circumstances) -> list[Batch]:
    batches = zoo.batches(circumstances.size)
    return batches if circumstances.labels else [replace(batch, targets=None) for batch in batches]


@cache
def alone(case: str, proxy: Proxy) -> Trace:
    """Scores a worn model with nothing but ``proxy``."""
    zoo = CASES[case]
    model, batches = zoo.model(), zoo.batches()
    outputs: list[weakref.ref[Tensor]] = []

    def remember(_: object, __: object, output: Any) -> None:
        outputs.extend(weakref.ref(part) for part in _tensors(output))

    for layer in model.modules():
        layer.register_forward_hook(remember)
    wear(model)
    before = snapshot(model, batches)
    found = _tried(model, proxy, batches, zoo)
    changed = changes(before, snapshot(model, batches))
    return Trace(found, changed, sum(output() is not None for output in outputs))


def _tried(model: nn.Module, proxy: Proxy, batches: Sequence[Batch], zoo: Case) -> Score:
    try:
        return score(model, proxy, batch=batches, output=zoo.output).details[name_of(proxy)]
    except Exception as error:  # a proxy that fails alone makes the call fail
        reason = f"{type(error).__name__}: {error}"
        return Score(math.nan, "failed", reason, 0.0, proxy.higher_is_better, repr(proxy), (math.nan,))


def _tensors(output: Any) -> list[Tensor]:
    return [part for part in (output if isinstance(output, tuple) else [output]) if isinstance(part, Tensor)]


def wear(model: nn.Module) -> None:
    """Makes ``model`` look used: mixed modes, frozen parameters, gradients; and draws random numbers."""
    for number, layer in enumerate(model.modules()):
        layer.training = number % 2 == 0
    for number, parameter in enumerate(model.parameters()):
        parameter.requires_grad = number % 3 != 0
        parameter.grad = torch.full_like(parameter, 0.5) if number % 2 == 0 else None
    torch.rand(3)
