"""Ways to damage a file, and what its reader makes of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from zcnas.errors import DataError

T = TypeVar("T")


class Evil:
    """Makes a folder ``evil`` where it is unpickled as plain Python does."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, ("evil",)


def flips(data: bytes, count: int = 200, *, more: Iterable[int] = ()) -> Iterator[bytes]:
    """The content with one bit flipped, at ``count`` random places and in the bytes ``more``."""
    rng = np.random.default_rng(0)
    for place in [*rng.integers(len(data), size=count), *more]:
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        yield bytes(damaged)


def cuts(data: bytes, count: int = 20, *, missing: int = 1) -> Iterator[bytes]:
    """Beginnings of the content, of ``count`` lengths and a few short ones; ``missing`` bytes or more are cut off."""
    for length in [0, 1, 10, *np.linspace(20, len(data) - missing, count, dtype=int)]:
        yield data[:length]


def refusals(path: Path, contents: Iterable[bytes], read: Callable[[Path], T], check: Callable[[T], object]) -> int:
    """How many contents of ``path`` are refused; what is read of the others is for ``check``."""
    refused = 0
    for content in contents:
        path.write_bytes(content)
        try:
            found = read(path)
        except DataError:
            refused += 1
        else:
            check(found)
    return refused
