"""The ReLU of one tensor is computed once, however many branches ask for it.

Cells whose edges all begin with a ReLU rectify the same node again for every edge; each copy costs a pass
over memory in both directions, and is kept for the backward pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import ref

import torch.nn.functional as F
from torch import Tensor


class SharedTensorChanged(Exception):
    """The model is about to overwrite a tensor that several branches hold: the pass must run without sharing."""


@dataclass(frozen=True, slots=True)
class Known:
    """Something derived from a tensor, valid as long as that tensor lives and has not been overwritten."""

    tensor: ref[Tensor]
    version: int
    derived: Any

    def holds_for(self, tensor: Tensor) -> bool:
        """Whether ``tensor`` is the one that this was derived from, unchanged."""
        return self.tensor() is tensor and self.version == tensor._version


class SharedReLU:
    """Stands in for :func:`torch.nn.functional.relu` during one pass."""

    def __init__(self) -> None:
        self.changed = False
        self._known: dict[int, Known] = {}
        self._shared: dict[int, ref[Tensor]] = {}

    def __call__(self, input: Tensor, inplace: bool = False) -> Tensor:
        if inplace:
            return F.relu(input, inplace=True)
        output = self._earlier(input)
        if output is None:
            output = F.relu(input)
            self._known[id(input)] = Known(ref(input), input._version, Known(ref(output), output._version, None))
        return output

    def _earlier(self, values: Tensor) -> Tensor | None:
        known = self._known.get(id(values))
        if known is None or not known.holds_for(values):
            return None
        output = known.derived.tensor()
        if output is None or not known.derived.holds_for(output):
            return None
        self._shared[output.untyped_storage().data_ptr()] = ref(output)
        return output  # type: ignore[no-any-return]

    def check(self, target: Tensor) -> None:
        """Called before ``target`` is overwritten. Raises :class:`SharedTensorChanged` if branches share it."""
        shared = self._shared.get(target.untyped_storage().data_ptr())
        if shared is not None and shared() is not None:
            self.changed = True
            raise SharedTensorChanged
