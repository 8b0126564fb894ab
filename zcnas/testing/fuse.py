"""A model that breaks midway, to show that nothing is lost and nothing left behind."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

Where = Literal["first", "third", "last", "backward"]


class BlownError(Exception):
    """What :func:`arm`-ed models raise; an exception that no library knows."""


def arm(model: nn.Module, where: Where, error: type[BaseException] = BlownError) -> None:
    """Makes every traversal of ``model`` raise, by hooks: the model's own code stays as it is.

    Args:
        model: Changed in place.
        where: After the ``first`` or ``third`` call of a layer, after the ``last``, or in the ``backward``
            pass, on the way to the first layer.
        error: What to raise.
    """
    fuse = _Fuse(where, error)
    model.register_forward_pre_hook(fuse.start)
    for layer in model.modules():
        if layer is not model and not any(layer.children()):
            layer.register_forward_hook(fuse.step)
    model.register_forward_hook(fuse.end)


class _Fuse:
    def __init__(self, where: Where, error: type[BaseException]) -> None:
        self._where, self._error, self._calls = where, error, 0

    def start(self, *_: object) -> None:
        self._calls = 0

    def step(self, _: object, __: object, output: Any) -> Any:
        self._calls += 1
        if self._calls == {"first": 1, "third": 3}.get(self._where):
            raise self._error(f"call {self._calls}")
        if self._where == "backward" and self._calls == 1:
            return _blowing(output, self._error)
        return output

    def end(self, _: object, __: object, output: Any) -> Any:
        if self._where != "backward":
            raise self._error("the end")
        # Models without layers of their own break at the end of the forward pass, and as early backwards.
        return output if self._calls else _blowing(output, self._error)


def _blowing(output: Any, error: type[BaseException]) -> Any:
    if isinstance(output, tuple):
        return _blowing(output[0], error), *output[1:]
    return _Blowing.apply(output, error)


class _Blowing(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, error: type[BaseException]) -> Tensor:
        ctx.error = error
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise ctx.error("backward")
