"""Everything that scoring must leave as it was, written down so that two moments can be compared."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules import module as registry
from torch.overrides import _get_current_function_mode_stack
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

from zcnas.batch import Batch

Snapshot = Mapping[str, object]

# Plain values are compared by value, all others by identity.
_PLAIN = (int, float, str, bool, type(None))


def snapshot(module: nn.Module, batches: Sequence[Batch] = ()) -> Snapshot:
    """Parameters, buffers, gradients, hooks, modes and attributes of ``module``; batches; global states."""
    found: dict[str, object] = {}
    for name, child in module.named_modules():
        found.update({f"{name or 'model'}: {what}": value for what, value in _module(child)})
    for number, batch in enumerate(batches):
        for what, tensor in (("inputs", batch.inputs), ("targets", batch.targets)):
            found[f"batch {number}: {what}"] = None if tensor is None else _tensor(tensor)
    found.update({what: read() for what, read in _GLOBAL.items()})
    return found


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """Names of what is no longer as it was.

    >>> model = nn.Linear(2, 2)
    >>> before = snapshot(model)
    >>> model.training = False
    >>> changes(before, snapshot(model))
    ['model: training']
    """
    names = dict.fromkeys([*before, *after])
    return [name for name in names if before.get(name, _ABSENT) != after.get(name, _ABSENT)]


_ABSENT = object()


def _module(module: nn.Module) -> Iterator[tuple[str, object]]:
    yield "class", type(module)
    for name, value in vars(module).items():
        if name in ("_parameters", "_buffers"):
            yield name, list(value)
            yield from (
                (f"{name}[{key!r}]", value[key] if value[key] is None else _tensor(value[key])) for key in value
            )
        elif isinstance(value, dict):
            yield name, [(key, id(entry)) for key, entry in value.items()]
        else:
            yield name, value if isinstance(value, _PLAIN) else id(value)
    yield "names of attributes", list(vars(module))


def _tensor(tensor: Tensor) -> tuple[object, ...]:
    """Identity, layout and bytes of a tensor, and of its gradient."""
    grad = tensor.grad if tensor.is_leaf else None
    shape = (tensor.dtype, tensor.device, tuple(tensor.shape), tensor.stride(), tensor.requires_grad)
    return id(tensor), shape, _bytes(tensor), None if grad is None else (id(grad), grad.stride(), _bytes(grad))


def _bytes(tensor: Tensor) -> bytes:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _numpy_state() -> object:
    kind, keys, *rest = np.random.get_state(legacy=True)
    return kind, np.asarray(keys).tobytes(), rest


def _hooks() -> object:
    tables = [
        value for name, value in vars(registry).items() if name.startswith("_global_") and isinstance(value, dict)
    ]
    return [list(map(id, table.values())) for table in tables]


_GLOBAL: Mapping[str, Callable[[], object]] = {
    "random state of torch": lambda: _bytes(torch.get_rng_state()),
    "random state of numpy": _numpy_state,
    "random state of Python": random.getstate,
    "recording of gradients": torch.is_grad_enabled,
    "inference mode": torch.is_inference_mode_enabled,
    "anomaly detection": torch.is_anomaly_enabled,
    "autocast": lambda: torch.is_autocast_enabled("cpu"),
    "default type": torch.get_default_dtype,
    "threads": torch.get_num_threads,
    "deterministic algorithms": torch.are_deterministic_algorithms_enabled,
    "fast path of attention": torch.backends.mha.get_fastpath_enabled,
    "function modes": lambda: list(map(id, _get_current_function_mode_stack())),
    "dispatch modes": lambda: list(map(id, _get_current_dispatch_mode_stack())),
    "hooks on all modules": _hooks,
}
