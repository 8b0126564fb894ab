"""The input of a pass: the caller's images, ones, or Gaussian noise of their shape."""

from __future__ import annotations

import torch
from torch import Tensor

from zcnas.batch import Batch
from zcnas.errors import Undefined
from zcnas.passes.spec import Pass


def make_inputs(spec: Pass, batch: Batch, device: torch.device, dtype: torch.dtype) -> Tensor:
    """The input of shape ``(N, ...)``, drawn from the (seeded) global random state where it is random.

    Raises:
        Undefined: The model takes integers (tokens), and the pass is not on the caller's data.
    """
    given = batch.inputs
    if spec.inputs == "data":
        # A copy, which the model may overwrite.
        values = given.detach().to(device, dtype if given.is_floating_point() else given.dtype, copy=True)
        return values if spec.size is None else _resized(values, spec.size)
    if not given.is_floating_point():
        raise Undefined(f"needs real-valued inputs, but the batch holds {given.dtype} values")
    values = _synthetic(spec, (spec.size or len(given), *given.shape[1:])).to(device, dtype)
    if spec.perturbation is not None:
        values = values + spec.perturbation * _gaussian(*values.shape).to(device, dtype)
    return values


def _resized(values: Tensor, size: int) -> Tensor:
    if size > len(values):
        raise Undefined(f"needs a batch of at least {size} samples, got {len(values)}")
    return values[:size]


def _synthetic(spec: Pass, shape: tuple[int, ...]) -> Tensor:
    if spec.inputs == "ones":
        return torch.ones(shape, dtype=torch.float32, device="cpu")
    if spec.inputs == "gaussian":
        return _gaussian(*shape)
    ends = _gaussian(2, *shape[1:])
    steps = torch.linspace(0.0, 1.0, shape[0], dtype=torch.float32, device="cpu").view(-1, *[1] * (len(shape) - 1))
    return torch.lerp(ends[:1], ends[1:], steps)


def _gaussian(*shape: int) -> Tensor:
    # One type and place, so that the numbers do not depend on the pass's or on the caller's defaults.
    return torch.randn(*shape, dtype=torch.float32, device="cpu")
