"""Files in the layouts that the benchmark's authors publish, with made-up results."""

from __future__ import annotations

import bz2
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zcnas.searchspaces import natsbench_size
from zcnas.searchspaces.nasbench201 import NASBench201, NASBench201Table, convert
from zcnas.table import Table

SPACE = NASBench201()
SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
Seeds = Mapping[str, Sequence[int]]
SHORT_SEEDS: Seeds = {"cifar10-valid": (111, 777), "cifar10": (777,), "cifar100": (777,), "ImageNet16-120": (777,)}
LONG_SEEDS: Seeds = dict.fromkeys(SETS, (777, 888, 999))


@dataclass(frozen=True)
class Kind:
    """A benchmark that is published in these layouts: its space, and recipes with their epochs and seeds."""

    space: Any
    recipes: Mapping[str, tuple[int, Seeds]]


TOPOLOGY = Kind(SPACE, {"less": (12, SHORT_SEEDS), "full": (200, LONG_SEEDS)})
SIZE = Kind(
    natsbench_size.NATSBenchSize(),
    {"01": (1, SHORT_SEEDS), "12": (12, SHORT_SEEDS), "90": (90, LONG_SEEDS)},
)


def run(text: str, dataset: str, seed: int, epochs: int, rng: np.random.Generator, *, whole: bool) -> dict[str, Any]:
    """One training; ``whole`` gives every epoch, else only the last."""
    recorded = range(epochs) if whole else range(epochs - 1, epochs)
    keys = [f"{name}@{epoch}" for name in SETS[dataset] for epoch in recorded]
    return {
        "name": dataset,
        "net_state_dict": None,
        "train_acc1es": {epoch: float(rng.uniform(10, 100)) for epoch in recorded},
        "train_acc5es": None,
        "train_losses": {epoch: float(rng.uniform(0, 2)) for epoch in recorded},
        "train_times": OrderedDict((epoch, float(rng.uniform(5, 9))) for epoch in recorded) if whole else None,
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": text, "class_num": 10},
        "params": np.float64(rng.uniform(0.1, 1.5)),
        "flop": float(rng.uniform(5, 220)),
        "seed": seed,
        "epochs": epochs,
        "latency": [float(rng.uniform(0.01, 0.02))],
        "eval_names": list(SETS[dataset]),
        "eval_acc1es": {key: float(rng.uniform(10, 100)) for key in keys},
        "eval_times": {key: float(rng.uniform(1, 2)) for key in keys},
        "eval_losses": {key: float(rng.uniform(0, 2)) for key in keys},
    }


def state(
    index: int, epochs: int, seeds: Seeds, rng: np.random.Generator, *, whole: bool = True, kind: Kind = TOPOLOGY
) -> dict[str, Any]:
    """All trainings of one architecture by one recipe."""
    text = kind.space.format(kind.space.from_official_index(index))
    return {
        "arch_index": index,
        "arch_str": text,
        "all_results": {
            (dataset, seed): run(text, dataset, seed, epochs, rng, whole=whole)
            for dataset, group in seeds.items()
            for seed in group
        },
        "dataset_seed": {dataset: list(group) for dataset, group in seeds.items()},
        "clear_net_done": True,
    }


def benchmark(
    indices: Sequence[int], *, datasets: Iterable[str] = SETS, whole: bool = True, kind: Kind = TOPOLOGY
) -> dict[str, Any]:
    """The whole benchmark, with records of some architectures; every second one has a single long training."""
    rng = np.random.default_rng(0)
    infos: dict[int, dict[str, Any]] = {}
    for place, index in enumerate(indices):
        infos[index] = {}
        for recipe, (epochs, seeds) in kind.recipes.items():
            told = dict.fromkeys(SETS, (888,)) if place % 2 and seeds is LONG_SEEDS else seeds
            some = {dataset: told[dataset] for dataset in datasets}
            infos[index][recipe] = state(index, epochs, some, rng, whole=whole, kind=kind)
    return {
        "meta_archs": [kind.space.format(kind.space.from_official_index(one)) for one in range(len(kind.space))],
        "total_archs": len(kind.space),
        "arch2infos": infos,
        "evaluated_indexes": set(indices),
    }


def write_pbz2(path: Path, content: object) -> Path:
    path.write_bytes(bz2.compress(pickle.dumps(content, protocol=4)))
    return path


def write_pth(path: Path, content: object, *, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def write_folder(path: Path, content: Mapping[str, Any]) -> Path:
    path.mkdir()
    for index, recipes in content["arch2infos"].items():
        write_pbz2(path / f"{index:06d}.pickle.pbz2", OrderedDict(recipes))
    write_pbz2(path / "meta.pickle.pbz2", {**content, "arch2infos": None, "evaluated_indexes": set()})
    return path


def _numbered(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same results with NATS-Bench's names for the recipes."""
    infos = {
        index: {{"less": "12", "full": "200"}.get(recipe, recipe): value for recipe, value in one.items()}
        for index, one in content["arch2infos"].items()
    }
    return {**content, "arch2infos": infos}


WRITERS: Mapping[str, Callable[[Path, dict[str, Any]], Path]] = {
    "zip": lambda folder, content: write_pth(folder / "NAS-Bench-201-v1_1.pth", content),
    "legacy": lambda folder, content: write_pth(folder / "NAS-Bench-201-v1_0.pth", content, legacy=True),
    "pbz2": lambda folder, content: write_pbz2(folder / "NATS-tss-v1_0.pickle.pbz2", _numbered(content)),
    "folder": lambda folder, content: write_folder(folder / "NATS-tss-v1_0-simple", _numbered(content)),
}
"""Form -> what writes the benchmark in it, and says where."""

SIZE_WRITERS: Mapping[str, Callable[[Path, dict[str, Any]], Path]] = {
    "size pbz2": lambda folder, content: write_pbz2(folder / "NATS-sss-v1_0.pickle.pbz2", content),
    "size folder": lambda folder, content: write_folder(folder / "NATS-sss-v1_0-simple", content),
}
"""The same of the size space."""


def converted(path: Path, folder: Path, **options: Any) -> NASBench201Table:
    """The table made of a part of the benchmark."""
    return convert(path, folder / "table.npz", partial=True, progress=False, **options)


def converted_size(path: Path, folder: Path, **options: Any) -> Table:
    """The same of the size space."""
    return natsbench_size.convert(path, folder / "table.npz", partial=True, progress=False, **options)


def same(first: Table, second: Table) -> bool:
    """Whether all columns and all values are the same."""
    return first.columns == second.columns and all(
        np.array_equal(first._values[column], second._values[column], equal_nan=True) for column in first.columns
    )
