"""What a network costs by its size: parameters, multiply-adds, activations, memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from zcnas.errors import UnknownNameError
from zcnas.scoring import score
from zcnas.space import Architecture, SearchSpace

COSTS = ("params", "flops", "activations", "memory_bytes")
"""What :class:`NetworkCost` counts."""


@dataclass(frozen=True)
class NetworkCost:
    """A count of the network of an architecture, for one image.

    - ``params``: parameters, each shared tensor once.
    - ``flops``: multiply-adds of the forward pass, as the proxy ``flops`` counts them.
    - ``activations``: numbers that all modules without submodules give out in the forward pass. What functions give
      out, such as additions and concatenations, is not counted, and in-place modules are counted as others are.
    - ``memory_bytes``: bytes of parameters, of buffers and of these activations, in their own precisions: what a pass
      has to hold if nothing is freed, as in training, without gradients and the optimiser's state.

    Args:
        space: Where networks are built.
        kind: One of :data:`COSTS`.
        build: Further arguments of the space's ``build``.
        shape: ``(C, H, W)`` of an image.

    Raises:
        UnknownNameError: Another kind.

    >>> from zcnas.searchspaces import get
    >>> space = get("nasbench201")
    >>> small = {"C": 4, "N": 1}
    >>> NetworkCost(space, "params", build=small)(space.architecture((3, 3, 3, 3, 3, 3)))
    23374.0
    """

    space: SearchSpace
    kind: str
    build: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] = (3, 32, 32)

    def __post_init__(self) -> None:
        if self.kind not in COSTS:
            raise UnknownNameError("cost of a network", self.kind, COSTS)

    def __call__(self, arch: Architecture) -> float:
        network = self.space.build(arch, seed=0, **self.build)
        images = torch.zeros(1, *self.shape)
        if self.kind in ("params", "flops"):
            # Both look at shapes only.
            return score(network, self.kind, batch=images)[self.kind]
        outputs = _outputs(network, images)
        if self.kind == "activations":
            return float(sum(one.numel() for one in outputs))
        return float(sum(one.numel() * one.element_size() for one in (*_held(network), *outputs)))


def _held(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def _outputs(network: nn.Module, images: Tensor) -> list[Tensor]:
    """What all modules without submodules give out, without data."""
    found: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
        several = output if isinstance(output, tuple | list) else [output]
        found.extend(one.to("meta") for one in several if isinstance(one, Tensor))

    leaves = [module for module in network.modules() if next(module.children(), None) is None]
    for module in leaves:
        module.register_forward_hook(keep)
    with torch.no_grad():
        network.eval()(images)
    return found
