"""What blocks gave before: passes of networks that share blocks compute what is the same once.

The masked supernets of one decision have all blocks in common that come before the first masked edge. A pass in eval
mode that nobody differentiates depends on nothing but inputs and parameters, so a block that is called again with the
same tensors gives what it gave, and what recorders saw inside it, they have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from zcnas.features import HasFeatures
from zcnas.passes.blocks import named_block
from zcnas.passes.observe import Additive, Run
from zcnas.passes.spec import Pass


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a block: what it read and gave, held so that their identities stay theirs."""

    block: nn.Module
    arguments: tuple[Any, ...]
    output: Tensor
    version: int
    parts: Mapping[Hashable, Any]


class Memo:
    """Outputs of named blocks, kept from one scoring to the next.

    For scorings of networks that hold the same block objects, on the same batch, between which no parameter changes.
    Used in passes in eval mode on data, all of whose observations add up over the network; others run as always.
    Values are bit for bit those without it. It holds every block output that it has seen: :meth:`clear` it when the
    batch changes.

    Attributes:
        spared: How many calls of blocks were not run.
    """

    def __init__(self) -> None:
        self._inputs: dict[Hashable, tuple[Tensor, Tensor, int]] = {}
        self._calls: dict[Hashable, _Call] = {}
        self.spared = 0

    def clear(self) -> None:
        """Forgets everything."""
        self._inputs.clear()
        self._calls.clear()

    def attach(self, means: Hashable, run: Run, given: Tensor, recorders: Mapping[Any, object]) -> None:
        """Has the run's blocks give what they gave before, and remember, until their attributes are restored.

        Args:
            means: What outputs depend on besides the pass, such as the layout of memory.
            run: A pass that is about to begin.
            given: The batch's own tensor, of which the run's inputs are a copy.
            recorders: What watches.
        """
        adding = {name: one for name, one in recorders.items() if isinstance(one, Additive)}
        plain = run.spec == Pass(train=False, batch=run.spec.batch, size=run.spec.size)
        if not plain or len(adding) < len(recorders) or not isinstance(run.module, HasFeatures):
            return
        kind = (run.spec, means)
        run.inputs = self._same(kind, given, run.inputs)
        for name in run.module.block_names:
            block = named_block(run.module, name)
            vars(block)["forward"] = self._remembering((kind, *adding), block, block.forward, adding)

    def _same(self, kind: Hashable, given: Tensor, made: Tensor) -> Tensor:
        """The inputs that an earlier pass of this kind made from the tensor ``given``; else ``made``."""
        known = self._inputs.get((kind, id(given)))
        if known is not None and known[1]._version == known[2]:
            return known[1]
        self._inputs[kind, id(given)] = given, made, made._version
        return made

    def _remembering(
        self, kind: Hashable, block: nn.Module, forward: Callable[..., Any], recorders: Mapping[Hashable, Additive]
    ) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            key = (kind, id(block), *(id(one) if isinstance(one, Tensor) else one for one in arguments))
            known = self._calls.get(key)
            if known is not None and known.output._version == known.version:
                for name, part in known.parts.items():
                    recorders[name].add(part)
                self.spared += 1
                return known.output
            before = {name: recorder.part() for name, recorder in recorders.items()}
            drawn = torch.get_rng_state()
            output = forward(*arguments)
            # One that draws random numbers must draw them again.
            if isinstance(output, Tensor) and torch.equal(drawn, torch.get_rng_state()):
                parts = {name: recorder.since(before[name]) for name, recorder in recorders.items()}
                self._calls[key] = _Call(block, arguments, output, output._version, parts)
            return output

        return call
