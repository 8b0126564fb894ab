"""NAS-Bench-ASR's architectures and networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import zcnas
from zcnas.batch import Batch
from zcnas.errors import InputError
from zcnas.searchspaces.nasbench_asr import NASBenchASR
from zcnas.searchspaces.nasbench_asr.network import ConvReLU, Recurrent
from zcnas.searchspaces.nasbench_asr.space import classes

SPACE = NASBenchASR()
SMALL = {"filters": (100, 100, 100, 100), "cells": (1, 1, 1, 1), "num_classes": 4}
EXAMPLE = SPACE.parse("[[1, 0], [1, 0, 0], [1, 0, 0, 0]]")


def test_there_are_8242_in_13824_spellings() -> None:
    assert len(SPACE) == 13_824
    assert len(classes()) == 8_242


def test_the_example_of_the_authors_has_its_hash_and_size() -> None:
    assert SPACE.canonical(EXAMPLE) == "36855332a5778e0df5114305bc3ce238"
    with torch.device("meta"):
        network = SPACE.build(EXAMPLE, num_classes=48)
    assert sum(value.numel() for value in network.parameters()) == 26_338_848


def test_hashes_forget_what_zero_hides() -> None:
    one, other = SPACE.parse("[[5, 1], [1, 0, 1], [2, 0, 0, 0]]"), SPACE.parse("[[5, 1], [1, 0, 0], [2, 0, 0, 0]]")
    assert SPACE.canonical(one) == SPACE.canonical(other)
    sound = torch.randn(2, 80, 16, generator=torch.Generator().manual_seed(0))
    networks = [SPACE.build(arch, **SMALL).eval() for arch in (one, other)]
    networks[1].load_state_dict(networks[0].state_dict())
    with torch.no_grad():
        assert not torch.allclose(networks[0](sound), networks[1](sound))


def test_a_cell_without_a_way_through_is_a_class_of_its_own() -> None:
    dead = {
        SPACE.canonical(SPACE.parse(text))
        for text in ("[[1, 0], [1, 0, 0], [5, 0, 0, 0]]", "[[5, 0], [1, 0, 0], [1, 0, 0, 0]]")
    }
    assert len(dead) == 1
    logits = SPACE.build(SPACE.parse("[[1, 0], [1, 0, 0], [5, 0, 0, 0]]"), **SMALL)(torch.zeros(2, 80, 16))
    assert torch.isfinite(logits).all()


def test_layers_look_ahead_four_frames_at_most() -> None:
    for kernel, dilation, stride in [(5, 1, 1), (5, 2, 1), (7, 1, 1), (7, 2, 1), (8, 1, 1), (8, 1, 2)]:
        layer = ConvReLU(1, 1, kernel, dilation=dilation, stride=stride)
        torch.nn.init.ones_(layer.conv.weight)
        torch.nn.init.zeros_(layer.conv.bias)
        moment = torch.zeros(1, 1, 64)
        moment[..., 32] = 1
        out = layer(moment)
        assert out.shape == (1, 1, 64 // stride)
        first = int(out[0, 0].nonzero()[0])
        assert 32 - first * stride <= 4
        assert int(out.count_nonzero()) == (kernel if stride == 1 else kernel // 2)


def test_the_recurrent_layer_is_torchs_with_one_bias() -> None:
    ours, theirs = Recurrent(6, 5).double(), torch.nn.LSTM(6, 5, batch_first=True).double()
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(ours.input.weight)
        theirs.weight_hh_l0.copy_(ours.hidden.weight)
        theirs.bias_ih_l0.copy_(ours.input.bias)
        theirs.bias_hh_l0.zero_()
        x = torch.randn(3, 7, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(ours(x), theirs(x)[0], rtol=1e-13, atol=1e-13)  # float64 has 16 digits


def test_cells_add_skips() -> None:
    network = SPACE.build(SPACE.parse("[[0, 1], [5, 1, 1], [1, 0, 1, 0]]"), seed=0, **SMALL).eval()
    cell = network.layers[2]
    x = torch.rand(2, 100, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        first = cell.ops[0](x) + x
        second = x + first
        last = cell.ops[2](second) + first
        expected = F.layer_norm(last.transpose(1, 2), (100,), cell.norm.weight, cell.norm.bias, 1e-3).transpose(1, 2)
        torch.testing.assert_close(cell(x), expected)


def test_logits_of_every_frame() -> None:
    sound = torch.rand(2, 80, 32)
    network = SPACE.build(EXAMPLE, seed=0, **SMALL)
    frames = SPACE.build(EXAMPLE, seed=0, pooled=False, **SMALL)(sound)
    assert frames.shape == (2, 8, 4)
    torch.testing.assert_close(network(sound), frames.mean(1))


def test_proxies_score_networks_or_say_why_not() -> None:
    generator = torch.Generator().manual_seed(0)
    batches = [Batch(torch.randn(20, 80, 16, generator=generator), torch.arange(20) % 4) for _ in range(2)]
    scores = zcnas.score(SPACE.build(EXAMPLE, seed=0, **SMALL), batch=batches)
    by_status: dict[str, set[str]] = {}
    for name, score in scores.details.items():
        by_status.setdefault(score.status, set()).add(name)
    assert by_status.keys() == {"ok", "undefined"}
    # Time is halved between blocks, which only maps with height and width are matched over.
    assert "cannot be matched" in scores.details["az_trainability"].reason
    # The tangent kernel is singular to working precision.
    assert by_status["undefined"] <= {"az_trainability", "ntk_condition"}


def test_other_inputs_and_sizes_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected frames of sound \(N, 80, T\), got \(2, 3, 16, 16\)"):
        SPACE.build(EXAMPLE, **SMALL)(torch.zeros(2, 3, 16, 16))
    with pytest.raises(InputError, match="filters multiples of 100"):
        SPACE.build(EXAMPLE, filters=(64, 64, 64, 64))


@pytest.mark.parametrize(
    "text",
    [
        "[[6, 0], [1, 0, 0], [1, 0, 0, 0]]",
        "[[1, 2], [1, 0, 0], [1, 0, 0, 0]]",
        "[[1, True], [1, 0, 0], [1, 0, 0, 0]]",
        "[[1, 0], [1, 0, 0]]",
        "[[1, 0], [1, 0, 0], [1, 0, 0]]",
        "[1, 0, 1, 0, 0, 1, 0, 0, 0]",
        "exit()",
        "[" * 150,
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="NAS-Bench-ASR architecture: expected"):
        SPACE.parse(text)


def test_round_brackets_are_read() -> None:
    assert SPACE.parse("[(1, 0), (1, 0, 0), (1, 0, 0, 0)]") == EXAMPLE


def test_graphs_are_the_benchmarks() -> None:
    graph = SPACE.graph(SPACE.parse("[[1, 1], [5, 0, 0], [3, 0, 0, 1]]"))
    assert graph.ops == ("input", "conv5", "zero", "conv7", "output")
    pairs = sorted(map(tuple, np.argwhere(graph.adjacency).tolist()))
    assert pairs == [(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 4)]
