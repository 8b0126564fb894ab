"""What a predictor has learned, in memory and in files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError

Array = npt.NDArray[Any]

_FORMAT = "zcnas predictor 1"


@dataclass(frozen=True, slots=True)
class Learned:
    """Arrays, and facts as plain JSON."""

    arrays: Mapping[str, Array]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """By which what was learned is told from all else."""
        return _digest(self.arrays, json.dumps(self.facts, sort_keys=True))


def joined(parts: Mapping[str, Learned]) -> Learned:
    """Several in one; the names of arrays begin with the part's."""
    arrays = {f"{name}/{key}": array for name, part in parts.items() for key, array in part.arrays.items()}
    return Learned(arrays, {name: part.facts for name, part in parts.items()})


def part(learned: Learned, name: str) -> Learned:
    """One of what was :func:`joined`."""
    start = f"{name}/"
    arrays = {key.removeprefix(start): array for key, array in learned.arrays.items() if key.startswith(start)}
    return Learned(arrays, learned.facts[name])


def write(path: str | os.PathLike[str], learned: Learned, about: Mapping[str, Any]) -> None:
    """Writes a safetensors file whose metadata are facts and ``about`` as JSON; a reader never sees half of it."""
    from safetensors.numpy import save

    arrays = {name: np.asarray(array, order="C") for name, array in learned.arrays.items()}
    told = json.dumps({"about": about, "facts": learned.facts}, sort_keys=True)
    metadata = {"format": _FORMAT, "told": told, "digest": _digest(arrays, told)}
    target = Path(path)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(_ordered(save(arrays, metadata)))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def read(path: str | os.PathLike[str]) -> tuple[Learned, dict[str, Any]]:
    """What :func:`write` wrote.

    Raises:
        DataError: Truncated, garbled or of another kind.
        OSError: The file cannot be read.
    """
    Path(path).open("rb").close()
    try:
        return _read(path)
    except Exception as error:
        raise DataError(
            f"{os.fspath(path)}: expected a predictor that save() wrote, got a file that cannot be read ({error}); "
            "fetch or make it again"
        ) from error


def _read(path: str | os.PathLike[str]) -> tuple[Learned, dict[str, Any]]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        metadata = file.metadata() or {}
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (the file is no mapping)
    if metadata.get("format") != _FORMAT:
        raise DataError(f"its format is {metadata.get('format')!r}, not {_FORMAT!r}")
    if metadata["digest"] != _digest(arrays, metadata["told"]):
        raise DataError("it was changed since it was written")
    told = json.loads(metadata["told"])
    return Learned(arrays, told["facts"]), told["about"]


def _ordered(content: bytes) -> bytes:
    """The same file with its header in order: what is equal is equal on disk."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[end:]


def _digest(arrays: Mapping[str, Array], told: str) -> str:
    digest = hashlib.blake2b(told.encode(), digest_size=16)
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
