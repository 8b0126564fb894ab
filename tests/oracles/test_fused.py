"""Layers that torch fuses into one kernel where it may are seen as if written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import zcnas
from tests.oracles.kernels import log_determinant
from zcnas.proxies.nwot import NWOT

N, L, E = 8, 5, 6
# Packed and output projections, scores and mixture of two heads of 3, MLP, head.
MULTIPLY_ADDS = L * (18 * E + E * E + 2 * 7 * E) + 2 * (2 * L * L * 3) + 4 * E


class Encoder(nn.Module):
    """Torch's own encoder layer; with ``wary``, control flow that needs real numbers."""

    def __init__(self, wary: bool) -> None:
        super().__init__()
        torch.manual_seed(6)
        self.layer = nn.TransformerEncoderLayer(E, 2, 7, dropout=0.0, batch_first=True)
        self.head = nn.Linear(E, 4)
        self.wary = wary

    def forward(self, x: Tensor) -> Tensor:
        if self.wary and bool(x.sum() > 1e9):
            raise OverflowError
        return self.head(self.layer(x).mean(dim=1))


def data() -> zcnas.Batch:
    generator = torch.Generator().manual_seed(2)
    return zcnas.Batch(torch.randn(N, L, E, generator=generator), torch.arange(N) % 4)


@pytest.mark.parametrize("wary", [False, True])
def test_flops(wary: bool) -> None:
    assert zcnas.score(Encoder(wary), "flops", batch=data())["flops"] == MULTIPLY_ADDS


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("wary", [False, True])
def test_nwot(wary: bool, train: bool) -> None:
    """Without dropout and batch norm, both modes compute the same."""
    network, batch = Encoder(wary), data()
    seen: list[Tensor] = []
    handle = network.layer.linear1.register_forward_hook(lambda _, __, output: seen.append(output > 0))
    network.train()(batch.inputs)
    handle.remove()
    expected = log_determinant(seen[0].flatten(1).tolist())
    (found,) = zcnas.score(network, NWOT(train=train), batch=batch).values()
    assert found == pytest.approx(expected, rel=1e-9)


def test_saliencies_sum_to_those_of_the_layer_written_out() -> None:
    """Each weight, packed ones as well, is found by autograd alone."""
    network, batch = Encoder(wary=False).double(), data()
    batch = zcnas.Batch(batch.inputs.double(), batch.targets)
    torch.nn.functional.cross_entropy(network.train()(batch.inputs), batch.targets).backward()
    expected = {
        name: (weight * weight.grad).abs().sum().item()
        for name, weight in network.named_parameters()
        if weight.ndim == 2 and weight.grad is not None
    }
    found = zcnas.score(network, "snip", batch=batch, per_layer=True).details["snip"].layers
    assert found == pytest.approx(expected, rel=1e-9)
    assert len(expected) == 5
