"""Blocks that two networks share are run once, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import zcnas
from zcnas.batch import Batch
from zcnas.passes import Memo
from zcnas.proxies.nwot import NWOT
from zcnas.searchspaces import NASBench201, NASBenchMacro
from zcnas.supernet import Mixing, Supernet
from zcnas.testing.snapshot import changes, snapshot

BATCH = Batch(torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 3)


class Blocks(nn.Module):
    """A chain of blocks that names them."""

    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.block_names = tuple(f"blocks.{place}" for place in range(len(blocks)))
        self.last_map_name = self.block_names[-1]
        self.head = nn.Linear(3, 3)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits


class Block(nn.Module):
    """Convolution and ReLU, which counts its calls."""

    def __init__(self, *, inplace: bool = False, noise: float = 0.0) -> None:
        super().__init__()
        self.conv, self.relu, self.noise, self.runs = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(inplace), noise, [0]

    def forward(self, x: Tensor) -> Tensor:
        self.runs[0] += 1
        drawn = self.noise * torch.randn(x.shape) if self.noise else 0.0
        out: Tensor = self.conv(self.relu(x + drawn if self.noise else x))
        return out


def without(supernet: Supernet, edge: int, op: int) -> Mixing:
    return tuple(
        tuple(0.0 if (place, other) == (edge, op) else weight for other, weight in enumerate(row))
        for place, row in enumerate(supernet.uniform())
    )


@pytest.mark.parametrize("edge", [0, 4])
def test_masked_supernets_score_as_without(edge: int) -> None:
    for supernet in (NASBench201().supernet(seed=0, C=4, N=1), NASBenchMacro().supernet(seed=0, C=4)):
        memo, known = Memo(), {}
        for op in range(3):
            mixing = without(supernet, edge, op)
            alone = zcnas.score(supernet.view(mixing), "nwot_eval", batch=BATCH)
            shared = zcnas.score(supernet.view(mixing, known=known), "nwot_eval", batch=BATCH, memo=memo)
            assert dict(shared) == dict(alone)
        assert memo.spared > 0


def test_what_comes_before_the_first_difference_runs_once() -> None:
    blocks = [Block() for _ in range(4)]
    memo = Memo()
    for last in (Block(), Block()):
        zcnas.score(Blocks(*blocks, last), "nwot_eval", batch=BATCH, memo=memo)
    assert [block.runs[0] for block in blocks] == [1] * 4
    assert memo.spared == 4


def test_what_overwrites_its_input_is_run_again() -> None:
    blocks = [Block(inplace=True) for _ in range(3)]
    plain = zcnas.score(Blocks(*blocks), "nwot_eval", batch=BATCH)
    memo = Memo()
    for _ in range(2):
        assert dict(zcnas.score(Blocks(*blocks), "nwot_eval", batch=BATCH, memo=memo)) == dict(plain)


def test_random_blocks_draw_as_without() -> None:
    blocks = [Block(), Block(noise=1.0), Block()]
    plain = zcnas.score(Blocks(*blocks), "nwot_eval", batch=BATCH)
    memo = Memo()
    for _ in range(2):
        assert dict(zcnas.score(Blocks(*blocks), "nwot_eval", batch=BATCH, memo=memo)) == dict(plain)
    assert blocks[1].runs[0] == 3


def test_other_batches_and_other_passes_are_their_own() -> None:
    network, memo = Blocks(Block(), Block()), Memo()
    other = Batch(BATCH.inputs + 1, BATCH.targets)
    names = ["nwot", "grad_norm", "synflow", NWOT(train=False, variant="released")]
    for batch in (BATCH, other, BATCH):
        for chosen in ("nwot_eval", *names):
            expected = zcnas.score(network, chosen, batch=batch)
            assert dict(zcnas.score(network, chosen, batch=batch, memo=memo)) == dict(expected)
    assert memo.spared == 2


def test_clear_forgets() -> None:
    block = Block()
    memo = Memo()
    for _ in range(2):
        zcnas.score(Blocks(block), "nwot_eval", batch=BATCH, memo=memo)
        memo.clear()
    assert block.runs[0] == 2


def test_the_network_is_left_as_it_was() -> None:
    network, memo = Blocks(Block(), Block()), Memo()
    before = snapshot(network, [BATCH])
    for _ in range(2):
        zcnas.score(network, "nwot_eval", batch=BATCH, memo=memo)
    assert not changes(before, snapshot(network, [BATCH]))
