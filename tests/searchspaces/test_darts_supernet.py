"""The supernets of DARTS and its subspaces: sizes, edges, nodes, spelling; the rest is in the contract."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.darts import DARTS, DARTSS1, EDGES, OPS, DARTSWithNone
from zcnas.searchspaces.darts.supernet import MixedCell
from zcnas.supernet import Mixture
from zcnas.testing.choices import copied_weights, only, some_decisions

SPACE = DARTS()


def test_its_size_is_that_of_the_search_network_of_darts() -> None:
    network = DARTSWithNone().supernet(seed=0).network
    # In millions 1.930618, which the authors' search prints, and which NASLib's tests expect.
    assert sum(parameter.numel() for parameter in network.parameters()) == 1_930_618


def test_edges_are_named_by_cell_and_ends_and_offer_what_the_subspace_does() -> None:
    space = DARTSS1()
    supernet = space.supernet(seed=0, C=4, layers=3)
    names = [f"{cell}.{source}-{target}" for cell in ("normal", "reduce") for source, target in EDGES]
    assert [edge.name for edge in supernet.edges] == names
    assert [edge.operations for edge in supernet.edges] == [*space.candidates[0], *space.candidates[1]]
    assert [(node.name, node.edges, node.keep, node.one_by_one) for node in supernet.nodes[3:5]] == [
        ("normal.5", (9, 10, 11, 12, 13), 2, True),
        ("reduce.2", (14, 15), 2, True),
    ]


def test_norms_have_no_scale_and_follow_pools() -> None:
    network = SPACE.supernet(seed=0, C=4, layers=3).network
    affine = [name for name, one in network.named_modules() if isinstance(one, nn.BatchNorm2d) and one.affine]
    assert affine == ["stem.1"]
    mixtures = [module for module in network.modules() if isinstance(module, Mixture)]
    assert len(mixtures) == 3 * len(EDGES)
    for mixture in mixtures:
        pool, norm = mixture.operations[str(OPS.index("max_pool_3x3"))].children()
        assert (type(pool), type(norm)) == (nn.MaxPool2d, nn.BatchNorm2d)


def test_a_node_without_inputs_is_zero_in_the_shape_of_the_others() -> None:
    supernet = SPACE.supernet(seed=0, C=4, layers=3)
    nothing = [(0.0,) * len(OPS)] * len(supernet.edges)
    for edge in (0, 1, 14):
        nothing[edge] = (0.5,) * len(OPS)
    view, outputs = supernet.view(tuple(nothing)), []
    for cell in (module for module in view.modules() if isinstance(module, MixedCell)):
        cell.register_forward_hook(lambda _, __, out: outputs.append(out))
    view(torch.randn(2, 3, 7, 5))
    assert [tuple(out.shape[1:]) for out in outputs] == [(16, 7, 5), (32, 4, 3), (64, 2, 2)]
    parts = [out.chunk(4, dim=1) for out in outputs]
    assert [[bool(node.any()) for node in nodes] for nodes in parts] == [[True, False, False, False]] * 3


def test_imagenets_skeleton() -> None:
    options = {"C": 4, "layers": 3, "skeleton": "imagenet"}
    supernet = SPACE.supernet(seed=0, **options)  # type: ignore[arg-type]
    decisions = some_decisions(supernet, np.random.default_rng(0))
    view, x = supernet.view(only(supernet, decisions)), torch.randn(2, 3, 32, 32)
    network = SPACE.build(supernet.decode(decisions), affine=False, **options)  # type: ignore[arg-type]
    assert torch.equal(copied_weights(view, network)(x), view(x))


def test_decisions_are_spelt_with_inputs_in_order() -> None:
    supernet = SPACE.supernet(seed=0, C=4, layers=3)
    decisions: list[int | None] = [None] * 28
    for edge, op in ((0, 3), (1, 2), (2, 0), (4, 1), (6, 6), (7, 5), (9, 4), (13, 3)):
        decisions[edge] = decisions[14 + edge] = op
    arch = supernet.decode(tuple(decisions))
    cell = ((0, 3), (1, 2), (0, 0), (2, 1), (1, 6), (2, 5), (0, 4), (4, 3))
    assert arch == SPACE.from_compact((cell, cell)) == SPACE.representative(arch)


def test_other_numbers_of_inputs_are_refused() -> None:
    supernet = SPACE.supernet(seed=0, C=4, layers=3)
    with pytest.raises(InputError, match=r"expected 2 edges into node normal.3, got 3; drop others with None"):
        supernet.decode((0,) * 28)
    with pytest.raises(InputError, match=r"expected 2 edges into node normal.2, got 0"):
        supernet.decode((None,) * 28)
    with pytest.raises(InputError, match=r"expected decisions for 28 edges, got 14"):
        supernet.decode((0,) * 14)


def test_bad_arguments() -> None:
    with pytest.raises(InputError, match=r"edge 'normal.0-2', got no mixture"):
        SPACE.supernet(layers=2, C=4)
    with pytest.raises(UnknownNameError, match="did you mean 'cifar'"):
        SPACE.supernet(skeleton="cifa")
