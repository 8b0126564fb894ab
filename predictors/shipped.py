"""Priors that ship with this library."""

from __future__ import annotations

import os
from pathlib import Path

from zcnas.errors import UnknownNameError


def shipped() -> dict[str, Path]:
    """Files by name; ``experiments/meta_train.py`` makes them."""
    return {path.stem: path for path in sorted((Path(__file__).parent / "priors").glob("*.safetensors"))}


def path_of(name: str | os.PathLike[str]) -> Path:
    """The file of a name, or a path as it is. A file that is called like a name goes by ``./name``.

    Raises:
        UnknownNameError: Neither ships nor is there.
    """
    known = shipped()
    if isinstance(name, str) and name in known:
        return known[name]
    path = Path(name)
    if not path.exists():
        raise UnknownNameError("predictor that ships, or file", os.fspath(name), known)
    return path
