"""Files in the layouts of HW-NAS-Bench and HELP, with made-up measurements."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zcnas.searchspaces.mobilenet import FBNet, OFAMobileNetV3
from zcnas.searchspaces.nasbench201 import NASBench201
from zcnas.space import Architecture

NB201, FBNET, OFA = NASBench201(), FBNet(), OFAMobileNetV3()
ARCHS = [NB201.from_official_index(index) for index in range(15_625)]
THEIR_CODES = {"skip_connect": 0, "none": 1, "nor_conv_3x3": 2, "nor_conv_1x1": 3, "avg_pool_3x3": 4}


def latencies(count: int, seed: int = 0) -> list[float]:
    found: list[float] = np.random.default_rng(seed).uniform(1, 9, count).round(3).tolist()
    return found


def net(text: str) -> str:
    """HW-NAS-Bench's spelling, its edges in the order 1<-0, 2<-0, 3<-0, 2<-1, 3<-1, 3<-2."""
    ops = [part.split("~")[0] for node in text.split("+") for part in node.strip("|").split("|")]
    return str(tuple(THEIR_CODES[ops[place]] for place in (0, 1, 3, 2, 4, 5)))


def write_csv(path: Path, archs: Sequence[Architecture] = ARCHS) -> Path:
    columns = ("raspi4_latency", "edgetpu_latency")
    values = [latencies(len(archs), seed) for seed, _ in enumerate(columns)]
    values[-1][7] = -1
    nets = [net(NB201.format(arch)) for arch in archs]
    rows = [",".join([f'"{one}"', *map(str, row)]) for one, *row in zip(nets, *values, strict=True)]
    path.write_text("\n".join([",".join(["net", *columns]), *rows, ""]))
    return path


def write_pickle(
    path: Path, change: Callable[[dict[str, Any]], object] = lambda _: None, archs: Sequence[Architecture] = ARCHS
) -> Path:
    """As HW-NAS-Bench's own code reads it."""
    part = {
        "config": [{"name": "infer.tiny", "C": 16, "N": 5, "arch_str": NB201.format(arch)} for arch in archs],
        "raspi4_latency": latencies(len(archs)),
        "fpga_energy": np.array(latencies(len(archs), 1)),
    }
    content = {"nasbench201": {"cifar10": part}, "fbnet": {"raspi4_latency": {"FC_Cin1504_Cout100": 0.1}}}
    change(content)
    path.write_bytes(pickle.dumps(content, protocol=3))
    return path


def write_help(folder: Path, space: str, count: int = 40) -> Path:
    """As HELP publishes it, with two devices."""
    rng = np.random.default_rng(0)
    listings: dict[str, tuple[str, Callable[[], Any]]] = {
        "nasbench201": ("str_arch2idx.pt", lambda: {NB201.format(arch): row for row, arch in enumerate(ARCHS)}),
        "fbnet": ("arch.pt", lambda: [list(FBNET.sample(rng).genome) for _ in range(count)]),
        "ofa": ("ofa_archs.pt", lambda: {"dataset": "imagenet", "arch": [settings(rng) for _ in range(count)]}),
    }
    name, make = listings[space]
    listing = make()
    (folder / "latency").mkdir(parents=True)
    torch.save(listing, folder / name)
    rows = len(ARCHS) if space == "nasbench201" else count
    torch.save(latencies(rows), folder / "latency" / "titan_rtx_1.pt")
    torch.save([int(value) for value in latencies(rows, 1)], folder / "latency" / "pixel2.pt")
    return folder


def settings(rng: np.random.Generator) -> dict[str, Any]:
    found = OFA.settings(OFA.sample(rng))
    return {**found, "r": np.int64(found["r"])}
