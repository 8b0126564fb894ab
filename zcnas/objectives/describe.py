"""Descriptions as plain JSON, by which histories are told apart."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zcnas.batch import Batch
from zcnas.space import Architecture, SearchSpace
from zcnas.table import Table

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""In the ``repr`` of what does not describe itself."""


def named(thing: object) -> str:
    """Its ``repr`` without addresses, which differ from one process to the next; of a function, its name.

    >>> named(len), named(3)
    ('builtins.len', '3')
    """
    if isinstance(thing, SearchSpace) and _ADDRESS.search(repr(thing)):
        return thing.name
    if isinstance(name := getattr(thing, "__qualname__", None), str):
        return f"{getattr(thing, '__module__', '')}.{name}"
    return _ADDRESS.sub("", repr(thing))


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON has them."""
    found: dict[str, Any] = json.loads(json.dumps(dict(options), default=named))
    return found


def of_column(table: Table, dataset: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    """The column that :meth:`Table.find` gives, and what it holds."""
    column = table.find(dataset, **choice)
    values = table.values(dataset, **column.choice)
    return {"space": table.space, "column": column.title, "rows": len(table), "content": digest([values])}


def of_batches(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    """Names and contents."""
    return [{"name": one.name, "content": digest([one.inputs, one.targets])} for one in batches]


def of_architectures(archs: Iterable[Architecture]) -> str:
    """One short text for many."""
    return digest([arch.key for arch in archs])


def digest(parts: Iterable[Any]) -> str:
    """Of tensors, arrays, and whatever has a ``repr``."""
    content = hashlib.blake2b(digest_size=12)
    for part in parts:
        if isinstance(part, Tensor):
            content.update(f"{part.dtype} {tuple(part.shape)}".encode())
            # As bytes, because numpy lacks some of torch's types.
            content.update(part.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        elif isinstance(part, np.ndarray):
            content.update(f"{part.dtype} {part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        else:
            content.update(repr(part).encode())
    return content.hexdigest()
