"""What all passes of one scoring share, and how their outputs and errors are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.batch import Batch
from zcnas.errors import InputError, ModelError, OutOfMemory, Undefined, ZcnasError
from zcnas.passes.inventory import Inventory
from zcnas.passes.memo import Memo
from zcnas.passes.roles import Roles
from zcnas.passes.spec import Functional

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all passes of one scoring share."""

    module: nn.Module
    parts: Inventory
    known: Roles
    batches: Sequence[Batch]
    seed: int
    loss: Loss
    output: Callable[[Any], Any] | None
    device: torch.device
    exact: bool
    base: Mapping[str, Tensor] | None = None
    memo: Memo | None = None


def is_out_of_memory(error: Exception) -> bool:
    """Whether an allocation failed, however this platform says so."""
    told = str(error)
    said = "not enough memory" in told or "can't allocate memory" in told
    return said or isinstance(error, torch.OutOfMemoryError | MemoryError)


def explained(error: Exception, where: str, inputs: Tensor) -> Exception:
    """What the user should read when the model raised ``error``."""
    if is_out_of_memory(error):
        return OutOfMemory(
            f"memory ran out with batch size {len(inputs)}: use a smaller batch for all architectures alike "
            "(the batch is never split silently, because that changes scores)"
        )
    if isinstance(error, ZcnasError):
        return error
    if "more than 1 value per channel" in str(error):
        single = "; a single sample has no variance" if len(inputs) == 1 else ""
        return Undefined(f"a batch norm cannot normalise {len(inputs)} sample(s) of one position{single}")
    return ModelError(
        f"the model raised {type(error).__name__} in its {where}, input {tuple(inputs.shape)} of {inputs.dtype}): "
        f"{error}; check that it runs on this batch by itself"
    )


def logits_of(setting: Setting, output: Any, samples: int) -> Tensor:
    """The logits that the caller's ``output`` picks. Raises :class:`InputError` if they are none."""
    if setting.output is not None:
        try:
            output = setting.output(output)
        except Exception as error:
            raise InputError(
                f"output=... raised {type(error).__name__} on the model's {type(output).__name__}: {error}; "
                "it must pick the logits (N, K)"
            ) from error
    return check_logits(output, samples)


def check_logits(output: Any, samples: int) -> Tensor:
    """The model's output, if it is logits ``(samples, K)``. Raises :class:`InputError`."""
    if not isinstance(output, Tensor):
        raise InputError(
            f"expected the model to return logits (N, K), got {type(output).__name__}: pass "
            "output=lambda out: out[0], or whatever picks the logits"
        )
    if output.ndim != 2 or len(output) != samples:
        raise InputError(
            f"expected logits of shape ({samples}, K), got {tuple(output.shape)}: pass output=... to "
            "reshape or pick them"
        )
    return output


def scalar_of(setting: Setting, functional: Functional, logits: Tensor, batch: Batch) -> Tensor:
    """What is differentiated: the sum of all logits, or the loss for the batch's labels."""
    if functional == "logits":
        return logits.sum()
    if batch.targets is None:
        raise Undefined("needs labels: pass a batch with targets")
    targets = batch.targets.to(logits.device, torch.long)
    if setting.loss is F.cross_entropy:
        low, high = int(targets.min()), int(targets.max())
        if low < 0 or high >= logits.shape[1]:
            raise InputError(
                f"labels must lie in 0..{logits.shape[1] - 1} for {logits.shape[1]} logits, got "
                f"{low}..{high}: check the labels or the model's number of classes"
            )
    try:
        loss = setting.loss(logits, targets)
    except Exception as error:
        if is_out_of_memory(error):
            raise explained(error, "loss", logits) from error
        raise ModelError(
            f"the loss raised {type(error).__name__} on logits {tuple(logits.shape)} and targets "
            f"{tuple(targets.shape)}: {error}; it must map them to a number"
        ) from error
    if not isinstance(loss, Tensor):
        raise InputError(f"expected the loss to return one number as a tensor, got {type(loss).__name__}")
    if loss.ndim != 0:
        raise InputError(f"expected the loss to return one number, got shape {tuple(loss.shape)}: use its mean")
    return loss
