"""Supernets that are layers in a row: what a layer needs, and which layers count as blocks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.mobilenet import FBNet, ProxylessNAS, fbnet, proxylessnas
from zcnas.searchspaces.nasbench_macro import NASBenchMacro
from zcnas.testing.choices import only

MACRO = NASBenchMacro()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    widths = (4, 6, 8, 10, 12, 14)
    monkeypatch.setitem(proxylessnas.SKELETONS, "search", proxylessnas.Widths(4, 4, widths, 16))
    monkeypatch.setattr(fbnet, "_STEM", 4)
    monkeypatch.setattr(fbnet, "_WIDTHS", (*widths, 16))


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


@pytest.mark.usefixtures("tiny")
def test_proxylessnas_weighs_candidates_and_not_shortcuts() -> None:
    space = ProxylessNAS()
    supernet = space.supernet(seed=0)
    first, second = supernet.edges[:2]
    assert first.operations == proxylessnas.OPS[:-1]
    assert second.operations == proxylessnas.OPS
    weights = tuple(tuple(0.25 * (op == 3) for op in range(len(edge.operations))) for edge in supernet.edges)
    layers, x = supernet.view(weights).blocks, torch.randn(2, 4, 8, 8)
    branch, shifted = layers[1].operations["3"], layers[2].operations["3"]
    assert torch.equal(layers[1](x), 0.25 * branch(x))
    x = layers[1](x)
    assert torch.equal(layers[2](x), x + 0.25 * shifted(x))


@pytest.mark.usefixtures("tiny")
def test_blocks_that_are_left_out_give_their_input() -> None:
    space = ProxylessNAS()
    arch = space.parse(",".join("3x3_MBConv3" if options < 7 else "Zero" for options in space.choices))
    supernet = space.supernet(seed=0)
    view, x = supernet.view(only(supernet, arch.genome)), torch.randn(2, 6, 5, 5)
    assert view.blocks[2](x) is x
    assert view.block_names == ("stem", *(f"blocks.{place}" for place in (0, 1, 5, 9, 13, 17, 21)))
    assert len(view.block_names) == len(space.build(arch).block_names)


@pytest.mark.usefixtures("tiny")
def test_fbnets_skip_is_a_convolution_where_the_shape_changes() -> None:
    space = FBNet()
    supernet = space.supernet(seed=0)
    assert [edge.operations for edge in supernet.edges] == [fbnet.OPS] * 22
    view = supernet.view(only(supernet, (8,) * 22))
    kinds = [type(layer.operations["8"]) for layer in view.blocks]
    assert [place for place, kind in enumerate(kinds) if kind is not nn.Identity] == [1, 5, 9, 13, 17, 21]
    assert len(view.block_names) == len(space.build(space.from_ops((8,) * 22)).block_names)


@pytest.mark.parametrize("space", [FBNet(), ProxylessNAS()])
def test_unknown_skeletons_are_refused(space: FBNet | ProxylessNAS) -> None:
    with pytest.raises(UnknownNameError, match="unknown skeleton 'huge'"):
        space.supernet(skeleton="huge")
