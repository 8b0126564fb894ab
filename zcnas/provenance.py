"""What a result depends on: versions, and content told in a few characters."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {"torch": str(torch.__version__), "numpy": np.__version__, "python": platform.python_version()}


def content(tensors: Iterable[Tensor | None]) -> str:
    """A digest of types and values; say shapes beside it, of which equal values can have several."""
    digest = hashlib.blake2b(digest_size=12)
    for tensor in tensors:
        if tensor is not None:
            # As bytes, because numpy lacks some of torch's types.
            digest.update(str(tensor.dtype).encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def describes_itself(thing: object) -> bool:
    """Whether its ``repr`` tells what it is, rather than where it lies.

    >>> describes_itself(3), describes_itself(object())
    (True, False)
    """
    return not _ADDRESS.search(repr(thing))


def named(thing: object) -> str:
    """Its ``repr`` without addresses, which differ from one process to the next; of a function, its name.

    What does not describe itself, and has a ``name``, is told by that, as search spaces are.

    >>> named(len), named(3)
    ('builtins.len', '3')
    """
    if isinstance(name := getattr(thing, "name", None), str) and not describes_itself(thing):
        return name
    if isinstance(name := getattr(thing, "__qualname__", None), str):
        return f"{getattr(thing, '__module__', '')}.{name}"
    return _ADDRESS.sub("", repr(thing))


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
