"""NAS-Bench-Graph's networks: what they compute, how large they are, and which proxies score them."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import zcnas
from tests.searchspaces.nasbench_graph_naive import Naive, params
from zcnas.batch import Batch
from zcnas.errors import InputError, MissingExtraError, Undefined
from zcnas.searchspaces.nasbench_graph import LINKS, OPS, SETTINGS, NASBenchGraph

SPACE = NASBenchGraph()
NODES, FEATURES = 30, 12
SAMPLE = [SPACE.parse(text) for text in ("00123", "14567", "71864", "88801", "61327", "80246", "27755")]


def edges() -> Tensor:
    """An undirected graph, and a node without neighbours."""
    generator = torch.Generator().manual_seed(0)
    upper = torch.triu(torch.rand(NODES, NODES, generator=generator) < 0.15, diagonal=1)
    upper[:, -1] = False
    return (upper | upper.T).nonzero().T.contiguous()


def batch(seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(NODES, FEATURES, generator=generator)
    return Batch(inputs, torch.randint(4, (NODES,), generator=generator))


SMALL = {"num_classes": 4, "in_features": FEATURES, "dim": 8, "nodes": NODES}


@pytest.mark.parametrize("arch", SAMPLE, ids=SPACE.canonical)
@pytest.mark.parametrize("layers", [{"pre": False, "post": True}, {"pre": True, "post": False}], ids=["post", "pre"])
def test_networks_compute_what_dense_matrices_do(arch: zcnas.Architecture, layers: dict[str, bool]) -> None:
    network = SPACE.build(arch, seed=0, edge_index=edges(), **SMALL, **layers).double()
    generator = torch.Generator().manual_seed(1)
    for name, value in network.state_dict().items():
        if value.is_floating_point() and not name.endswith("eps"):  # which no network of the benchmark trains
            value.copy_(torch.rand(value.shape, generator=generator) + 0.1)
    x = torch.randn(NODES, FEATURES, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        expected = Naive(network, NODES).logits(LINKS[arch.genome[0]], [OPS[gene] for gene in arch.genome[1:]], x)
        # Float64 has 16 digits, and sums here some hundred terms.
        torch.testing.assert_close(network.eval()(x), expected, rtol=1e-11, atol=1e-11)


def test_sizes_are_the_recorded_ones(data_dir: Path) -> None:
    genomes = np.array([arch.genome for arch in SPACE], dtype=np.uint8)
    hashes = genomes @ 10 ** np.arange(5)[::-1]
    for dataset, setting in SETTINGS.items():
        records = pickle.loads((data_dir / f"nasbench_graph/{dataset}.bench").read_bytes())
        recorded = np.array([records[number]["para"] for number in hashes.tolist()])
        sizes = params(genomes, setting)
        agree = np.count_nonzero(np.round(1e6 * recorded) == sizes)
        assert agree == (24_639 if dataset == "physics" else 26_206)
        for row in np.random.default_rng(0).integers(len(genomes), size=8):
            with torch.device("meta"):
                network = SPACE.build(SPACE.architecture(tuple(genomes[row])), **setting)
            assert sum(value.numel() for value in network.parameters()) == sizes[row]


def test_dropout_works_in_train_mode_only() -> None:
    x = batch().inputs
    network = SPACE.build(SAMPLE[0], seed=0, edge_index=edges(), dropout=0.5, **SMALL)
    plain = SPACE.build(SAMPLE[0], seed=0, edge_index=edges(), **SMALL)
    assert not torch.equal(network(x), plain(x))
    assert torch.equal(network.eval()(x), plain.eval()(x))


APART = {"gradsign", "linear_regions", "ntk_condition", "swap", "swap_regularised"}
"""Proxies that look at one node, or at more inputs than there are nodes."""

MAPS = {"az_expressivity", "az_progressivity", "az_trainability", "meco", "zen"}
"""Proxies of maps with height and width."""


@pytest.mark.parametrize("arch", SAMPLE[:3], ids=SPACE.canonical)
def test_proxies_score_networks_or_say_why_not(arch: zcnas.Architecture) -> None:
    network = SPACE.build(arch, seed=0, edge_index=edges(), **SMALL)
    scores = zcnas.score(network, batch=[batch(), batch(1)])
    undefined = {name for name, score in scores.details.items() if score.status == "undefined"}
    assert {name for name, score in scores.details.items() if score.status == "failed"} == set()
    assert undefined == APART | MAPS
    assert len(scores.details) > len(undefined) + 12
    for name in APART:
        assert "graph has 30 nodes, which cannot be looked at apart" in scores.details[name].reason
    for name in MAPS:
        assert "feature map" in scores.details[name].reason


def test_one_sample_is_the_whole_graph() -> None:
    # Skips leave one linear layer in the cell, and one after it.
    network = SPACE.build(SPACE.parse("88887"), seed=0, edge_index=edges(), **{**SMALL, "dim": 4}, post=False)
    scores = zcnas.score(network, ["flops", "synflow"], batch=batch())
    assert scores["flops"] == NODES * (FEATURES * 4 + 4 * 4)
    weights = {name: value.detach().double().abs() for name, value in network.named_parameters()}
    first = weights["ops.3.weight"].sum(1) + weights["ops.3.bias"]
    second = weights["fc.weight"]
    flow = NODES * ((second @ weights["ops.3.weight"]).sum() + (second @ first).sum())
    assert scores["synflow"] == pytest.approx(float(flow), rel=1e-9)


def test_a_loss_may_look_at_some_nodes_only() -> None:
    network = SPACE.build(SAMPLE[0], seed=0, edge_index=edges(), **SMALL)
    labelled = torch.arange(NODES) < 10

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(logits[labelled], targets[labelled])

    some, every = zcnas.score(network, "snip", batch=batch(), loss=loss), zcnas.score(network, "snip", batch=batch())
    assert some["snip"] != every["snip"]


def test_another_number_of_nodes_is_told() -> None:
    network = SPACE.build(SAMPLE[0], edge_index=edges(), **SMALL)
    with pytest.raises(Undefined, match=r"graph has 30 nodes.*; 29 came: .*nodes="):
        network(batch().inputs[1:])
    with pytest.raises(InputError, match=r"expected features of nodes \(N, F\), got \(2, 3, 8, 8\)"):
        network(torch.zeros(2, 3, 8, 8))
    assert SPACE.build(SAMPLE[0], edge_index=edges()).graph_nodes == int(edges().max()) + 1


@pytest.mark.parametrize(
    "wrong", [torch.zeros(2, 0, dtype=torch.long), torch.zeros(3, 2, dtype=torch.long), torch.zeros(2, 2), [[0], [1]]]
)
def test_other_edges_are_refused(wrong: Tensor) -> None:
    with pytest.raises(InputError, match=r"edge_index: expected torch\.int64 of shape \(2, E\)"):
        SPACE.build(SAMPLE[0], edge_index=wrong)


@pytest.mark.parametrize("wrong", [-1, 30])
def test_edges_to_nowhere_are_refused(wrong: int) -> None:
    with pytest.raises(InputError, match="edge_index: expected nodes from 0 to 29, got"):
        SPACE.build(SAMPLE[0], edge_index=torch.tensor([[0], [wrong]]), **SMALL)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_geometric.nn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'zcnas\[graph\]'"):
        SPACE.build(SAMPLE[0])
