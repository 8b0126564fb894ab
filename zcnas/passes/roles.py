"""What each parameter is: a weight that proxies score, the scale or shift of a norm, or something else."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

NORMS: tuple[type[nn.Module], ...] = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


@dataclass(frozen=True, slots=True)
class Roles:
    """Names of the parameters of a module by role.

    Attributes:
        weights: Tensors that connect units: of two or more dimensions, not of a norm and not called bias.
        norms: Parameters of normalisation layers.
    """

    weights: frozenset[str]
    norms: frozenset[str]


def roles(module: nn.Module) -> Roles:
    """Tells the parameters of ``module`` apart.

    Counting tensors rather than layer types keeps attention projections, embeddings and 1-D and 3-D
    convolutions in. Biases, the parameters of norms, and scales and tokens (tensors with a single dimension
    above 1, outside linear maps and convolutions) stay out: none of the papers scores them.
    """
    weights, norms = set(), set()
    known = {name for name, _ in module.named_parameters()}
    for path, child in module.named_modules():
        for local, value in child.named_parameters(path, recurse=False):
            if isinstance(child, NORMS):
                norms.add(local)
            elif _connects(child, local, value):
                weights.add(local)
    return Roles(frozenset(weights & known), frozenset(norms & known))


def _connects(owner: nn.Module, name: str, value: Tensor) -> bool:
    if value.ndim < 2 or not value.is_floating_point() or "bias" in name.rsplit(".", 1)[-1]:
        return False
    layer = hasattr(owner, "in_features") or hasattr(owner, "in_channels")
    return layer or sum(size > 1 for size in value.shape) >= 2
