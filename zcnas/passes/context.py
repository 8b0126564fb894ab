"""All that a proxy sees: it asks for observations, and equal passes run once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.batch import Batch
from zcnas.errors import InputError, Undefined
from zcnas.passes.execute import Outcome, run_pass
from zcnas.passes.inventory import Inventory
from zcnas.passes.memo import Memo
from zcnas.passes.observe import Observation
from zcnas.passes.roles import roles
from zcnas.passes.setting import Loss, Setting
from zcnas.passes.spec import Pass

R = TypeVar("R")
Request = tuple[Pass, Observation[Any]]


@dataclass(frozen=True, slots=True)
class Traversal:
    """One pass that was run, for the account of what a score cost."""

    description: str
    forwards: int
    backwards: int
    seconds: float


class ProxyContext:
    """A module, its data and a seed, as proxies see them.

    Three promises, each a test: a proxy's value does not depend on which others are computed
    (composition); the caller's model and all random states are afterwards bit-identical (purity); both
    hold when the model raises midway (exception safety).

    Args:
        module: Any classifier; maps ``(N, ...)`` to logits ``(N, K)``.
        batches: Data batches; most proxies use the first.
        seed: Seeds every random draw, together with the description of the pass that draws.
        loss: Maps logits ``(N, K)`` and labels ``(N,)`` to a scalar.
        output: Picks the logits from what the module returns.
        device: Where to compute; the caller's module is not moved. Default: where it is.
        exact: Keep torch's default memory layout, in which scores equal released code within float32 rounding.
        base: Parameters and buffers that stand for the module's own, by name (a fresh initialisation).
        memo: Keeps outputs of blocks for other networks that share them.
        requests: What will be observed; united, so that each pass runs once.
    """

    def __init__(
        self,
        module: nn.Module,
        batches: Sequence[Batch],
        *,
        seed: int = 0,
        loss: Loss = F.cross_entropy,
        output: Callable[[Any], Any] | None = None,
        device: torch.device | str | None = None,
        exact: bool = False,
        base: Mapping[str, Tensor] | None = None,
        memo: Memo | None = None,
        requests: Iterable[Request] = (),
    ) -> None:
        where = _chosen_device(device, module)
        parts = Inventory.of(module)
        self.setting = Setting(module, parts, roles(parts), batches, seed, loss, output, where, exact, base, memo)
        self.traversals: list[Traversal] = []
        self.seconds: dict[Pass, float] = {}
        self._wanted: dict[Pass, dict[Observation[Any], None]] = {}
        self._outcomes: dict[Request, Outcome] = {}
        for spec, observation in requests:
            self._wanted.setdefault(spec, {})[observation] = None

    @property
    def module(self) -> nn.Module:
        """The module being scored: read it, do not call it."""
        return self.setting.module

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The parameters being scored, by name; a tensor that several modules share is listed once."""
        base = self.setting.base or {}
        return {name: base.get(name, value.detach()) for name, value in self.setting.parts.parameters.items()}

    def observe(self, spec: Pass, observation: Observation[R]) -> R:
        """The result of ``observation`` on the pass ``spec``; runs the pass if it has not run.

        Raises:
            Undefined: The observation has no meaning here.
            ModelError: The module raised.
            InputError: Its output or the labels are not what they should be.
            OutOfMemory: Memory ran out.
        """
        request = (spec, observation)
        if request not in self._outcomes:
            self._run(spec, {**self._wanted.get(spec, {}), observation: None})
        outcome = self._outcomes[request]
        if isinstance(outcome, Exception):
            try:
                raise outcome
            finally:
                del outcome  # or this frame and the error would keep each other, and the pass's tensors, alive
        return cast(R, outcome)

    def forget(self) -> None:
        """Drops what was observed: errors among it hold on to the frames, and so the tensors, that they came from."""
        self._outcomes.clear()

    def _run(self, spec: Pass, wanted: dict[Observation[Any], None]) -> None:
        missing = [observation for observation in wanted if (spec, observation) not in self._outcomes]
        start = time.perf_counter()
        outcomes: dict[Observation[Any], Outcome]
        try:
            outcomes = run_pass(self.setting, spec, missing)
        except Undefined as error:  # before anything ran
            self._outcomes.update(dict.fromkeys(((spec, observation) for observation in missing), error))
            return
        except Exception as error:  # every proxy that asked meets it, in observe()
            outcomes = dict.fromkeys(missing, error)
        self._outcomes.update({(spec, observation): outcome for observation, outcome in outcomes.items()})
        backwards = len({o.functional for o in missing if o.functional}) * (2 if spec.second_order else 1)
        self.seconds[spec] = self.seconds.get(spec, 0.0) + time.perf_counter() - start
        self.traversals.append(Traversal(spec.describe(), 1, backwards, self.seconds[spec]))


def _chosen_device(device: torch.device | str | None, module: nn.Module) -> torch.device:
    if device is None:
        first = next(chain(module.parameters(), module.buffers()), None)
        return torch.device("cpu") if first is None else first.device
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise InputError(
            f"device: expected one that is here, such as 'cpu' or 'cuda', got {device!r}: {error}"
        ) from error
    return chosen
