"""What a search depends on, as plain JSON: journals of other searches are told apart by it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from zcnas.data.imageset import ImageSet
from zcnas.opscore.work import Plan

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""In the ``repr`` of what does not describe itself."""


def settings_of(plan: Plan) -> dict[str, Any]:
    """All arguments of a search but the number of proposals, of workers, and what is only shown or kept."""
    return {
        "space": plan.space.name if _ADDRESS.search(repr(plan.space)) else repr(plan.space),
        "images": f"{plan.images.name} ({len(plan.images)})" if isinstance(plan.images, ImageSet) else str(plan.images),
        "content": _of_images(plan.images) if isinstance(plan.images, ImageSet) else None,
        "scorer": repr(plan.scorer),
        "judge": repr(plan.judge),
        "order": plan.order,
        "validations": plan.validations,
        "batch_size": plan.batch_size,
        "seed": plan.seed,
        "masking": plan.masking,
        "supernet_options": _plain(plan.supernet_options),
        "network_options": _plain(plan.network_options),
        "supernet": "fresh" if plan.trained is None else f"own {_digest(plan.trained.network.state_dict().values())}",
        "mixing": None if plan.mixing is None else [[float(weight) for weight in row] for row in plan.mixing],
    }


def _of_images(images: ImageSet) -> str:
    return _digest((images.images, images.labels, torch.tensor([images.mean, images.std])))


def _plain(options: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(dict(options), default=repr))


def _digest(values: Iterable[Any]) -> str:
    content = hashlib.blake2b(digest_size=12)
    for value in values:
        if isinstance(value, Tensor):
            content.update(f"{value.dtype} {tuple(value.shape)}".encode())
            # As bytes, because numpy lacks some of torch's types.
            content.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        else:
            content.update(repr(value).encode())
    return content.hexdigest()
