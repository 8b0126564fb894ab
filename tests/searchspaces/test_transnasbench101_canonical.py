"""Equal cells of the micro space: NAS-Bench-201's classes, divided by what skips from the input compute."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.transnasbench101 import TransNASBench101Micro
from zcnas.searchspaces.transnasbench101.cells import MicroCell
from zcnas.space import Architecture, Deduplicated, Isomorphic

MICRO, NB201 = TransNASBench101Micro(), NASBench201()
ARCHS = tuple(MICRO)


def theirs(arch: Architecture) -> Architecture:
    return NB201.architecture(arch.genome)


def test_both_protocols_are_kept() -> None:
    assert isinstance(MICRO, Isomorphic)
    assert isinstance(MICRO, Deduplicated)


def test_cells_that_are_equal_here_are_equal_in_nas_bench_201() -> None:
    ours = [MICRO.canonical(arch) for arch in ARCHS]
    pairs = set(zip(ours, [NB201.strict_key(theirs(arch)) for arch in ARCHS], strict=True))
    assert len({key for _, key in pairs}) < len(pairs) == len(set(ours)) < len(ARCHS) / 2


def test_classes_are_nas_bench_201s_where_no_skip_leaves_the_input() -> None:
    plain = [arch for arch in ARCHS if 1 not in [arch.genome[place] for place in (0, 1, 3)]]
    pairs = {(MICRO.canonical(arch), NB201.strict_key(theirs(arch))) for arch in plain}
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({key for _, key in pairs})


def test_a_skip_from_the_input_is_an_operation() -> None:
    """Where shapes change, it has weights: a convolution after it is no convolution of the input."""
    after, alone = MICRO.parse("64-41414-1_00_030"), MICRO.parse("64-41414-0_00_300")
    assert NB201.strict_key(theirs(after)) == NB201.strict_key(theirs(alone))
    assert MICRO.canonical(after) != MICRO.canonical(alone)


def test_representatives_are_first_and_their_own() -> None:
    for arch in ARCHS[::5]:
        first = MICRO.representative(arch)
        assert first.genome <= arch.genome
        assert MICRO.representative(first) == first
        assert MICRO.parse(MICRO.canonical(arch)) == first


def output(arch: Architecture, channels: int, stride: int, x: Tensor) -> Tensor:
    """In eval mode, with weights that depend on their shape alone."""
    cell = MicroCell(arch.genome, 3, channels, stride).double().eval()
    for value in cell.parameters():
        nn.init.uniform_(value, 0.1, 1, generator=torch.Generator().manual_seed(value.numel()))
    with torch.no_grad():
        out: Tensor = cell(x)
    return out


def test_cells_compute_what_their_representatives_do() -> None:
    rng, x = np.random.default_rng(0), torch.rand(2, 3, 5, 6, dtype=torch.float64)
    for arch in [MICRO.sample(rng) for _ in range(40)]:
        for shape in ((3, 1), (4, 2)):
            torch.testing.assert_close(output(arch, *shape, x), output(MICRO.representative(arch), *shape, x))
