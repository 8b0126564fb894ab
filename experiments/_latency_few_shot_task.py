"""HELP's protocol: what was measured on which devices, and which of these are new."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from _latency_few_shot_flops import flops

from zcnas.searchspaces import get, hw_nas_bench
from zcnas.searchspaces.help import read
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


class Split(NamedTuple):
    """Devices to learn from, to choose by, and to be judged on."""

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]


def _split(train: str, valid: str, test: str) -> Split:
    return Split(tuple(train.split()), tuple(valid.split()), tuple(test.split()))


_OTHERS = "silver_4114 silver_4210r samsung_a50 pixel3 essential_ph_1 samsung_s7"
SPLITS = {
    "nasbench201": _split(
        f"1080ti_1 1080ti_32 1080ti_256 {_OTHERS}",
        "titanx_1 titanx_32 titanx_256 gold_6240",
        "titan_rtx_256 gold_6226 fpga pixel2 raspi4 eyeriss",
    ),
    "fbnet": _split(
        f"1080ti_1 1080ti_32 1080ti_64 {_OTHERS}", "titanx_1 titanx_32 titanx_64 gold_6240", "fpga raspi4 eyeriss"
    ),
    "ofa": _split(
        "2080ti_1 2080ti_32 2080ti_64 titan_xp_1 titan_xp_32 titan_xp_64 v100_1 v100_32 v100_64",
        "titan_rtx_1 titan_rtx_32",
        "titan_rtx_64",
    ),
}
"""By folder of HELP's data; of Lee et al. 2021, arXiv:2106.08630."""


@dataclass(frozen=True)
class Task:
    """One space.

    Attributes:
        name: The folder's.
        space: Of the architectures.
        archs: All.
        latencies: Device -> ms of every architecture.
        split: Of the devices.
    """

    name: str
    space: SearchSpace
    archs: Sequence[Architecture]
    latencies: Mapping[str, Floats]
    split: Split

    @cached_property
    def flops(self) -> Floats:
        """Multiply-adds of every architecture."""
        return flops(self.space, self.archs)

    def matrix(self, devices: Sequence[str]) -> Floats:
        """``(N, T)``: latencies on devices."""
        return np.stack([self.latencies[device] for device in devices], axis=1)


def read_task(folder: Path, name: str) -> Task:
    """Reads HELP's folder of one space."""
    table = read(folder / name)
    found = {one.device: table.values(one.dataset, **one.choice) for one in table.columns}
    return Task(name, get(table.space), list(table.archs), found, SPLITS[name])


def read_energies(path: Path, archs: Sequence[Architecture]) -> dict[str, Floats]:
    """HW-NAS-Bench's energies in mJ of CIFAR-10 networks, in the order of ``archs``."""
    table = hw_nas_bench.read(path)
    place = {arch: number for number, arch in enumerate(table.archs)}
    order = [place[arch] for arch in archs]
    columns = [one for one in table.columns if (one.dataset, one.metric) == ("cifar10", "energy")]
    return {one.device: table.values("cifar10", metric="energy", device=one.device)[order] for one in columns}


def chip(device: str) -> str:
    """The device without the size of the batch.

    >>> chip("titan_rtx_256"), chip("samsung_s7"), chip("gold_6226")
    ('titan_rtx', 'samsung_s7', 'gold_6226')
    """
    return re.sub(r"^(1080ti|2080ti|titanx|titanxp|titan_xp|titan_rtx|v100)_\d+$", r"\1", device)


def sha(values: Floats) -> str:
    """By which what was read is told from what other files hold."""
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]
