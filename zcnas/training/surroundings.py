"""What a training sets for itself and sets back: modes, device and torch's own switches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import nn

from zcnas.errors import InputError, InputTypeError
from zcnas.passes.manners import neutral


def device_of(network: nn.Module, device: torch.device | str | None) -> torch.device:
    """``device``, or where the network is.

    Raises:
        InputTypeError: No network.
        InputError: No such device here, or a network without parameters to train.
    """
    if not isinstance(network, nn.Module):
        raise InputTypeError(
            f"network: expected an nn.Module, got {type(network).__name__}; build one of a space first"
        )
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    if not trained:
        raise InputError("network: expected parameters that require gradients, there are none")
    if device is None:
        return trained[0].device
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, ValueError) as error:
        raise InputError(f"device: expected one of this machine, got {str(device)!r}: {error}; try 'cpu'") from error


def drop_path_of(network: nn.Module) -> float | None:
    """The network's probability of that name, if it has one."""
    found = getattr(network, "drop_path", None)
    return found if isinstance(found, int | float) else None


def set_drop_path(network: nn.Module, probability: float) -> None:
    """Sets it."""
    vars(network)["drop_path"] = probability


@contextmanager
def surroundings(network: nn.Module, device: torch.device) -> Iterator[None]:
    """The network is on ``device`` and records gradients; afterwards it is where it was, in its own modes.

    Convolutions on GPUs are computed in ways that repeat exactly. Weights keep what they have learnt, and gradients
    are dropped.
    """
    home = next(network.parameters()).device
    modes = [(part, part.training) for part in network.modules()]
    dropped = drop_path_of(network)
    with ExitStack() as stack:
        stack.enter_context(neutral(device))
        stack.enter_context(torch.enable_grad())
        cudnn = torch.backends.cudnn
        stack.enter_context(
            cudnn.flags(enabled=cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=cudnn.allow_tf32)
        )
        try:
            if device != home:
                network.to(device)
            yield
        finally:
            network.zero_grad(set_to_none=True)
            if device != home:
                network.to(home)
            for part, mode in modes:
                part.training = mode
            if dropped is not None:
                set_drop_path(network, dropped)
