"""Forms that oracles do not meet: sparse gradients, norms that stay, the account of passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import zcnas
from tests.oracles import gradients
from tests.oracles.problems import Problem, problem
from zcnas.proxies.swap import SWAP
from zcnas.searchspaces.nasbench201 import NASBench201


def test_sparse_gradients_of_embeddings_are_written_out() -> None:
    words = [torch.randint(9, (16, 6), generator=torch.Generator().manual_seed(seed)) for seed in range(2)]
    batches = [zcnas.Batch(inputs, torch.arange(16) % 4) for inputs in words]
    names = ["grad_norm", "plain", "zico", "gradsign"]
    found = []
    for sparse in (False, True):
        torch.manual_seed(0)
        bag = nn.Sequential(nn.EmbeddingBag(9, 4, sparse=sparse), nn.Linear(4, 4)).double()
        words_in_order = nn.Sequential(nn.Embedding(9, 4, sparse=sparse), nn.Flatten(), nn.Linear(24, 4)).double()
        in_order = zcnas.score(words_in_order, [*names, "grasp"], batch=batches)
        found.append([*zcnas.score(bag, names, batch=batches).values(), *in_order.values()])
    assert found[1] == pytest.approx(found[0], rel=1e-9)


def test_the_released_synflow_keeps_the_four_norms_in_reductions() -> None:
    space = NASBench201()
    network = space.build(space.sample(np.random.default_rng(3)), C=4, N=1, seed=0).double()
    batch = zcnas.Batch(torch.ones(2, 3, 8, 8, dtype=torch.float64), torch.arange(2))
    given = Problem("NAS-Bench-201", network, (batch,))  # type: ignore[arg-type]
    scores = zcnas.score(network, ["synflow_released", "synflow"], batch=batch, per_layer=True)
    for name, keep in (("synflow_released", "Reduction"), ("synflow", "")):
        assert scores.details[name].layers == pytest.approx(gradients.synflow(given, keep=keep), rel=1e-9)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight *= 2
    changed = zcnas.score(network, ["synflow_released", "synflow"], batch=batch)
    # Either branch of a reduction passes through none, one or two norms; the value grows with them only.
    assert changed["synflow_released"] > scores["synflow_released"]
    assert changed["synflow"] == scores["synflow"]


def test_passes_are_told_in_the_order_that_the_proxy_asks_for() -> None:
    given = problem("residual")
    details = zcnas.score(given.network, ["swap", "swap_regularised", "zico"], batch=given.batches).details
    asked = tuple(spec.describe() for spec, _ in SWAP().passes())
    assert details["swap"].passes == details["swap_regularised"].passes == asked
    assert details["zico"].passes == ("Pass()", "Pass(batch=1)")


def test_pools_are_no_multiply_adds() -> None:
    """They are computed as convolutions with a kernel of ones, and a pass that only counts sees pools."""
    space = NASBench201()
    images = torch.randn(2, 3, 16, 16)
    pools, skips = (
        zcnas.score(space.build(space.from_ops([op] * 6), C=4, N=1, seed=0), "flops", batch=images)["flops"]
        for op in ("avg_pool_3x3", "skip_connect")
    )
    assert pools == skips > 0


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers_count_their_products(kind: str) -> None:
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = getattr(nn, kind)(4, 6, batch_first=True)
            self.head = nn.Linear(6, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            last: torch.Tensor = self.head(self.layer(x)[0][:, -1])
            return last

    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind]
    steps, inputs, hidden, classes = 5, 4, 6, 3
    expected = steps * gates * hidden * (inputs + hidden) + hidden * classes
    assert zcnas.score(Last(), "flops", batch=torch.randn(2, steps, inputs))["flops"] == expected
