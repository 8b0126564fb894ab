"""What a search depends on, as plain JSON: journals of other searches are told apart by it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from zcnas.data.imageset import ImageSet
from zcnas.opscore.orders import ORDERS, Order
from zcnas.opscore.work import Plan
from zcnas.provenance import content, describes_itself, named
from zcnas.supernet import Supernet


def settings_of(plan: Plan) -> dict[str, Any]:
    """All arguments of a search but the number of proposals, of workers, and what is only shown or kept."""
    return {
        "space": repr(plan.space) if describes_itself(plan.space) else plan.space.name,
        "images": f"{plan.images.name} ({len(plan.images)})" if isinstance(plan.images, ImageSet) else str(plan.images),
        "content": _of_images(plan.images) if isinstance(plan.images, ImageSet) else None,
        "scorer": repr(plan.scorer),
        "judge": repr(plan.judge),
        "order": _name(plan.order),
        "validations": plan.validations,
        "batch_size": plan.batch_size,
        "seed": plan.seed,
        "device": "+".join(sorted({torch.device(name).type for name in plan.devices})),
        "masking": plan.masking,
        "supernet_options": _plain(plan.supernet_options),
        "network_options": _plain(plan.network_options),
        "supernet": "fresh" if plan.trained is None else f"own {content(_tensors(plan.trained))}",
        "mixing": None if plan.mixing is None else [[float(weight) for weight in row] for row in plan.mixing],
    }


def described(option: object) -> Any:
    """An option as plain JSON, by what it holds rather than by where it lies."""
    if isinstance(option, ImageSet):
        return [option.name, _of_images(option)]
    if isinstance(option, Supernet):
        return content(_tensors(option))
    return json.loads(json.dumps(option, default=named))


def _name(order: Order) -> str:
    known = {id(one): name for name, one in ORDERS.items()}
    return known.get(id(order)) or f"{order.__module__}.{order.__qualname__}"


def _of_images(images: ImageSet) -> str:
    return content((images.images, images.labels, torch.tensor([images.mean, images.std])))


def _plain(options: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(dict(options), default=repr))


def _tensors(supernet: Supernet) -> list[Tensor]:
    return [value for value in supernet.network.state_dict().values() if isinstance(value, Tensor)]
