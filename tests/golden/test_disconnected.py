"""Networks whose output does not depend on their input: the outcome that every proxy documents, and no warning."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

import zcnas
from tests.golden.reference import SMALL, Record, batches, records
from zcnas.proxies import PROXIES
from zcnas.searchspaces.nasbench201.network import CellNetwork

# 0: a convolution and a pool of zeros still lead to the output; 20: all edges are ``none``.
DISCONNECTED = [0, 20]

ZERO = {
    *("grad_norm", "snip", "plain", "grasp", "gradsign", "gradsign_released"),
    *("synflow", "synflow_bn", "synflow_released", "zico", "zico_released"),
}
LOWEST = {"log_synflow", "nwot", "nwot_eval", "nwot_released"}
UNDEFINED = {
    "jacob_cov": "constant",
    "epe_nas": "constant",
    "zen": "does not move",
    "zen_released": "does not move",
    "az_expressivity": "constant",
    "az_progressivity": "constant",
    "ntk_condition": "singular",
    "ntk_condition_released": "singular",
}
# All units of the part that the input reaches are off: one region, one pattern.
ONE = {"linear_regions", "linear_regions_released", "swap"}
# Sees weights and shapes, or maps before the gap, or biases behind it.
POSITIVE = {
    "params",
    "flops",
    "flops_released",
    "l2_norm",
    "fisher",
    "fisher_released",
    "grad_norm_global",
    "meco",
    "meco_released",
    "swap_regularised",
}
# Every gradient is gone before the first block, which counts as the worst spectral norm, 0.
FAR_BELOW = {"az_trainability"}


def network(record: Record, live_only: bool) -> torch.nn.Module:
    whole = record.network(torch.float32)
    if not live_only:
        return whole
    live = CellNetwork(record.codes, C=record.C, N=record.N)
    live.load_state_dict(whole.state_dict())
    return live


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("live_only", [False, True])
@pytest.mark.parametrize("number", DISCONNECTED)
def test_every_proxy_has_its_documented_outcome(number: int, live_only: bool, reference_dir: Path) -> None:
    record = records(reference_dir, SMALL)[number]
    assert not record.connected
    data = batches(reference_dir, torch.float32)
    scores = zcnas.score(network(record, live_only), list(PROXIES), batch=data)
    assert {name: outcome(scores, name) for name in PROXIES} == {name: expected(name) for name in PROXIES}


def outcome(scores: zcnas.Scores, name: str) -> str:
    detail = scores.details[name]
    if detail.status != "ok":
        keyword = UNDEFINED.get(name, "")
        return f"{detail.status}: {keyword if keyword and keyword in detail.reason else detail.reason}"
    if detail.value in (0.0, 1.0, -math.inf):
        return str(detail.value)
    return "positive" if detail.value > 0 else "far below" if detail.value < -1e5 else str(detail.value)


def expected(name: str) -> str:
    groups = ((ZERO, "0.0"), (LOWEST, "-inf"), (ONE, "1.0"), (POSITIVE, "positive"), (FAR_BELOW, "far below"))
    found = [text for group, text in groups if name in group]
    found += [f"undefined: {UNDEFINED[name]}"] if name in UNDEFINED else []
    assert len(found) == 1, f"{name}: say here what it gives for a disconnected network"
    return found[0]


@pytest.mark.parametrize("number", DISCONNECTED)
def test_fisher_is_what_the_classifiers_bias_gives(number: int, reference_dir: Path) -> None:
    """Every other activation is 0, or its gradient is."""
    record = records(reference_dir, SMALL)[number]
    net = record.network(torch.float64)
    data = batches(reference_dir, torch.float64)
    score = zcnas.score(net, "fisher", batch=data, per_layer=True).details["fisher"]
    assert score.layers is not None
    assert {name for name, part in score.layers.items() if part} == {"classifier.weight"}
    bias = net.get_parameter("classifier.bias").detach()
    shares = bias.softmax(0) - torch.nn.functional.one_hot(data[0].targets, 10)
    assert score.value == pytest.approx(((bias * shares / 64) ** 2).mean(0).sum().item() / 2, rel=1e-9)
