"""Networks with fixed weights, what released code gives for them, and what ours gives."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn

import zcnas
from zcnas.passes import manners
from zcnas.proxies import PROXIES, Proxy
from zcnas.proxies.az_expressivity import AZExpressivity
from zcnas.proxies.az_progressivity import AZProgressivity
from zcnas.proxies.az_trainability import AZTrainability
from zcnas.scores import Scores
from zcnas.searchspaces.nasbench201.cell import parse_ops
from zcnas.searchspaces.nasbench201.network import CellNetwork

SMALL, FULL = "nb201_C8_N1", "nb201_C16_N5"
Kind = Literal["f64", "f32", "default"]

# Which released values each of our proxies must give; several implementations may agree on one.
REFERENCES: dict[str, tuple[str, ...]] = {
    "params": ("naslib/params",),
    "flops_released": ("naslib/flops",),
    "l2_norm": ("foresight/l2_norm", "naslib/l2_norm"),
    "grad_norm": ("foresight/grad_norm", "naslib/grad_norm"),
    "grad_norm_global": ("aznas/gradnorm_global_l2_all_params",),
    "snip": ("foresight/snip", "naslib/snip", "aznas/snip"),
    "plain": ("foresight/plain", "naslib/plain"),
    "grasp": ("foresight/grasp", "naslib/grasp", "aznas/grasp"),
    "fisher_released": ("foresight/fisher", "naslib/fisher"),
    "jacob_cov": ("foresight/jacob_cov", "naslib/jacov"),
    "epe_nas": ("naslib/epe_nas",),
    "synflow": ("foresight/synflow", "naslib/synflow", "aznas/synflow"),
    "synflow_bn": ("foresight/synflow_bn",),
    "nwot": ("naslib/nwot", "aznas/naswot"),
    "nwot_released": ("naslib/nwot_hooks_ReLUConvBN_too",),
    "zen_released": ("naslib/zen", "aznas/zen"),
    "zico_released": ("zico/zico_2batches", "aznas/zico_2batches"),
    "az_expressivity": ("aznas/expressivity",),
    "az_progressivity": ("aznas/progressivity",),
    "az_trainability": ("aznas/trainability",),
}
# The released code was run on the batch; by default ours draws noise.
ON_DATA: dict[str, Proxy] = {
    "az_expressivity": AZExpressivity(inputs="data"),
    "az_progressivity": AZProgressivity(inputs="data"),
    "az_trainability": AZTrainability(inputs="data"),
}
MILLIONS = ("params", "flops_released")
# Drawn by a generator whose stream depends on the dtype: golden in float32 only.
RANDOM = ("zen_released", "az_trainability")
SEED = 123


@dataclass(frozen=True, slots=True)
class Record:
    """One network of a reference file."""

    codes: tuple[int, ...]
    C: int
    N: int
    connected: bool
    state: Mapping[str, Tensor]
    values: Mapping[str, Mapping[str, Any]]

    def network(self, dtype: torch.dtype) -> nn.Module:
        """Ours, with the reference's weights: the same shapes in the same order."""
        network = self.blank()
        buffers = ("running_mean", "running_var", "num_batches_tracked")
        values = [value for name, value in self.state.items() if not name.endswith(buffers)]
        with torch.no_grad():
            for parameter, value in zip(network.parameters(), values, strict=True):
                assert parameter.shape == value.shape
                parameter.copy_(value)
        return network.to(dtype)

    def blank(self) -> nn.Module:
        # The released class computes dead edges too.
        return CellNetwork(self.codes, C=self.C, N=self.N, live_only=False)

    def golden(self, proxy: str, kind: Literal["f64", "f32"]) -> dict[str, float]:
        """The finite released values of a proxy, by name."""
        stored = {name: self._stored(name, proxy, kind) for name in REFERENCES[proxy]}
        return {name: value for name, value in stored.items() if _is_finite(value)}

    def _stored(self, name: str, proxy: str, kind: str) -> Any:
        if proxy in MILLIONS:
            # Stored once, in millions: without rounding again, whole numbers.
            return round(self.values["f32"][name] * 1e6)
        if proxy in RANDOM and kind == "f64":
            return math.nan
        return self.values.get(kind, {}).get(name, math.nan)


def _is_finite(value: Any) -> bool:
    return isinstance(value, float | int) and math.isfinite(value)


@cache
def records(folder: Path, stem: str) -> dict[int, Record]:
    """By number, the networks of one reference file."""
    states = torch.load(folder / f"{stem}_state_dicts.pt", weights_only=True)
    found = {}
    for entry in json.loads((folder / f"{stem}.json").read_text("utf-8")):
        number = entry["i"]
        state = states.get(number, states)
        values = {kind: entry[kind] for kind in ("f32", "f64") if kind in entry}
        found[number] = Record(parse_ops(entry["arch"]), entry["C"], entry["N"], entry["connected"], state, values)
    return found


def batches(folder: Path, dtype: torch.dtype) -> list[zcnas.Batch]:
    """The two batches that released code saw."""
    held = torch.load(folder / "batch.pt", weights_only=True)
    pairs = (("inputs", "targets"), ("inputs2", "targets2"))
    return [zcnas.Batch(held[inputs].to(dtype), held[targets]) for inputs, targets in pairs]


def ours(folder: Path, record: Record, kind: Kind, patch: pytest.MonkeyPatch) -> Scores:
    """Our value for every reference, from one call, with released code's random state."""
    dtype = torch.float64 if kind == "f64" else torch.float32
    network = record.network(dtype)
    chosen = {name: ON_DATA.get(name) or PROXIES.create(name) for name in REFERENCES}
    with patch.context() as inner:
        inner.setattr(manners, "forked_rng", _as_released(record, manners.forked_rng))
        return zcnas.score(network, chosen.values(), batch=batches(folder, dtype), exact=kind != "default")


def _as_released(record: Record, forked_rng: Any) -> Any:
    """The reference was seeded, then built the network once, which draws weights, and then drew."""

    @contextmanager
    def seeded(_: int, device: torch.device) -> Iterator[None]:
        with forked_rng(SEED, device):
            record.blank()
            yield

    return seeded
