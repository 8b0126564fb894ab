"""What makes two trainings the same one, as JSON has it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from zcnas.data import ImageSet
from zcnas.provenance import content


def structure(network: nn.Module) -> list[str]:
    """One line for each module and each tensor of its state; how modules are wired is not in it."""
    modules = [f"{path or 'network'}: {type(part).__name__}" for path, part in network.named_modules()]
    extras = [part.extra_repr() for part in network.modules()]
    told = [f"{line}({extra})" for line, extra in zip(modules, extras, strict=True)]
    tensors = {key: value for key, value in network.state_dict().items() if isinstance(value, torch.Tensor)}
    return told + [f"{key}: {tuple(value.shape)} of {value.dtype}" for key, value in tensors.items()]


def described(data: ImageSet | None) -> dict[str, Any] | None:
    """Name, size and content of a set of images."""
    if data is None:
        return None
    normalisation = [list(data.mean), list(data.std)]
    return {
        "name": data.name,
        "images": list(data.images.shape),
        "classes": len(data.classes),
        "normalisation": normalisation,
        # Other images under the same name would be another training.
        "digest": content((data.images, data.labels)),
    }
