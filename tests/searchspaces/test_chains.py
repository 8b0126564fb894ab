"""Supernets that are layers in a row: what a layer needs, and which layers count as blocks."""

from __future__ import annotations

import pytest
import torch

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench_macro import NASBenchMacro
from zcnas.testing.choices import only

MACRO = NASBenchMacro()


def test_blocks_of_a_view_are_those_of_the_architectures_network() -> None:
    supernet = MACRO.supernet(seed=0, C=4)
    assert supernet.network.block_names == ("stem", *(f"features.{place}" for place in range(8)))
    for codes in ("00000000", "01020120", "22212220"):
        arch = MACRO.parse(codes)
        view = supernet.view(only(supernet, arch.genome))
        assert view.block_names == MACRO.build(arch, C=4).block_names
        assert [len(layer.operations) for layer in view.features] == [1] * 8


def test_edges_are_layers() -> None:
    supernet = MACRO.supernet(seed=0, C=4)
    assert [(edge.name, edge.operations) for edge in supernet.edges[::7]] == [
        (f"layer{place}", ("identity", "mb3_k3", "mb6_k5")) for place in (0, 7)
    ]
    assert supernet.decode((2, 2, 2, 1, 2, 2, 2, 0)) == MACRO.parse("22212220")
    with pytest.raises(InputError, match="every layer, got None for layer 1"):
        supernet.decode((2, None, 2, 1, 2, 2, 2, 0))


def test_a_layer_without_operations_says_so() -> None:
    supernet = MACRO.supernet(seed=0, C=4)
    view = supernet.view((*supernet.uniform()[:-1], (0.0, 0.0, 0.0)))
    with pytest.raises(InputError, match="layer 7: expected an operation that is not masked"):
        view(torch.zeros(2, 3, 8, 8))
