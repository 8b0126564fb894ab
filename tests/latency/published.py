"""Small files in the forms in which layer tables are published."""

from __future__ import annotations

import json
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

from tests.searchspaces.mobilenet_published import PROXYLESS
from zcnas.latency.measuring import Settings, plan_architectures
from zcnas.searchspaces import get
from zcnas.searchspaces.mobilenet import FBNet, OFAMobileNetV3, ProxylessNAS

OFA, PROXYLESS_SPACE, FBNET = OFAMobileNetV3(), ProxylessNAS(), FBNet()
MOBILE = PROXYLESS_SPACE.parse(PROXYLESS["mobile"])
FBNET_OPS = ("ir_k3_e1", "ir_k3_s2", "ir_k3_e3", "ir_k3_e6", "ir_k5_e1", "ir_k5_s2", "ir_k5_e3", "ir_k5_e6", "skip")


def ofa_arch(resolution: int, kernel: int = 3) -> Any:
    return OFA.from_settings({"ks": [kernel] * 20, "e": [3] * 20, "d": [2] * 5, "r": resolution})


def yaml(keys: list[str], spread: str = "std", scale: float = 1.0) -> str:
    """``mean`` is 1, 2, 3, ... times ``scale``."""
    entries = [
        f"{key}:\n  count: {place + 9}\n  mean: {place * scale}\n  {spread}: 0.25\n"
        for place, key in enumerate(keys, start=1)
    ]
    return "".join(entries)


def write_once_for_all(folder: Path, resolutions: tuple[int, ...] = (160, 176)) -> Path:
    folder.mkdir(exist_ok=True)
    for size in resolutions:
        keys = list(dict.fromkeys(OFA.layers(ofa_arch(size))))
        (folder / f"{size}_lookup_table.yaml").write_text(yaml(keys, scale=size / 160))
    return folder


def write_proxylessnas(path: Path) -> Path:
    path.write_text(yaml(list(dict.fromkeys(PROXYLESS_SPACE.layers(MOBILE))), "var"))
    return path


def write_tf_nas(path: Path, content: Any = None) -> Path:
    block = "MBInvertedResBlock_112_16_0_24_k3_s2_relu"
    made = OrderedDict(base=9.5)
    made[block] = OrderedDict([(1, -0.5), (2, 0.0), (3, 0.5), (4, 0.75)])  # type: ignore[assignment]
    path.write_bytes(pickle.dumps(made if content is None else content))
    return path


def write_fbnet(path: Path, layers: int = 22) -> Path:
    rows = [" ".join(f"{100 * place + column}.5" for column in range(9)) for place in range(layers)]
    path.write_text("\n".join([" ".join(FBNET_OPS), *rows]))
    return path


def write_results(path: Path, **change: Any) -> Path:
    """As a runner brings them back, of one cell of NAS-Bench-201 in 250 ms, with changes."""
    space = get("nasbench201")
    settings = Settings(runtime="onnxruntime", rounds=1)
    content = {
        "format": "zcnas latency results",
        "version": 1,
        "plan": plan_architectures(space, [space.architecture((3,) * 6)], settings).plain(),
        "device": "toaster",
        "runtime": "ONNX Runtime 1.31.1",
        "surroundings": {"processor": "bread"},
        "pieces": {"0/00000": {"seconds": [0.25], "load": 1.0}},
    }
    path.write_text(json.dumps({**content, **change}))
    return path
