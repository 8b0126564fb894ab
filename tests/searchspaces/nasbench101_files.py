"""Files of NAS-Bench-101 with the smallest models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.searchspaces.tfrecords import framed, record
from zcnas.searchspaces.nasbench101 import NASBench101, NASBench101Table, convert
from zcnas.space import Architecture

SPACE = NASBench101()
SMALLEST = [*SPACE.models(2), *SPACE.models(3), *SPACE.models(4)]
Run = tuple[Architecture, int, tuple[float, float, float, float]]


def runs(epochs: tuple[int, ...] = (108,), models: int = 7, seed: int = 0) -> list[Run]:
    """Three trainings of each, in any order."""
    rng = np.random.default_rng(seed)
    found: list[Run] = []
    for arch in SMALLEST[:models] * 3:
        for length in epochs:
            train, val, test = rng.uniform(0.1, 0.95, 3).astype(np.float32).astype(float).tolist()
            found.append((arch, length, (train, val, test, float(rng.uniform(100, 5000)))))
    return [found[place] for place in rng.permutation(len(found))]


def records_of(found: list[Run], **options: Any) -> Iterator[bytes]:
    for arch, epochs, final in found:
        yield record(SPACE.canonical(arch), epochs, SPACE.format(arch), SPACE.parameters(arch), final, **options)


def written(path: Path, found: list[Run], **options: Any) -> Path:
    path.write_bytes(b"".join(map(framed, records_of(found, **options))))
    return path


def converted(path: Path, tmp_path: Path, **options: Any) -> NASBench101Table:
    return convert(path, tmp_path / "table.npz", progress=False, **options)
