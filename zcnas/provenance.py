"""What a result depends on: versions, and content told in a few characters."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable

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
