"""Networks: published sizes, an obvious second implementation, and what training switches on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import zcnas
from tests.searchspaces.darts_genotypes import DARTS_V1, DARTS_V2
from tests.searchspaces.darts_naive import Naive
from zcnas.errors import InputError, UnknownNameError
from zcnas.features import HasFeatures
from zcnas.searchspaces.darts import DARTS, DARTSS4, DARTSNetwork, DARTSWithNone
from zcnas.searchspaces.darts.operations import FactorizedReduce, drop_path, operation
from zcnas.space import Architecture

SPACE = DARTS()
V2 = SPACE.parse(DARTS_V2)


def size(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def small(arch: Architecture, space: DARTS = SPACE, **options: Any) -> DARTSNetwork:
    return space.build(arch, **{"seed": 0, "C": 4, "layers": 3, **options})


def images(count: int = 2, pixels: int = 16) -> Tensor:
    return torch.randn(count, 3, pixels, pixels, generator=torch.Generator().manual_seed(0))


def test_networks_have_the_published_sizes() -> None:
    assert size(SPACE.build(V2, C=36, layers=20)) == 3_349_342
    # The authors print 3.349 and 4.719 million, the second classifier left out.
    imagenet = {"skeleton": "imagenet", "C": 48, "layers": 14, "num_classes": 1000}
    assert round(size(SPACE.build(V2, **imagenet)) / 1e6, 3) == 4.719  # type: ignore[arg-type]
    assert size(SPACE.build(SPACE.parse(DARTS_V1), C=36, layers=20)) != 3_349_342


def test_sizes_are_those_recorded_for_nasbench301(data_dir: Path) -> None:
    records = json.loads((data_dir / "nasbench301/zc_nasbench301.json").read_text())["cifar10"]
    for code, record in list(records.items())[::20]:
        network = SPACE.build(SPACE.parse(code), C=32, affine=False)
        # Theirs have scale and shift in the norms that come before a cell's nodes: two norms a cell.
        before = sum(2 * 2 * channels * cells for channels, cells in ((32, 2), (64, 3), (128, 3)))
        assert size(network) + before == round(record["params"]["score"] * 1e6)


def test_outputs_are_those_of_an_obvious_implementation() -> None:
    rng, x = np.random.default_rng(0), images().double()
    for layers, arch in ((6, V2), *((4, SPACE.sample(rng)) for _ in range(6))):
        network = small(arch, layers=layers).double()
        network(x)  # so that running statistics are not those of the start
        network.eval()
        with torch.no_grad():
            torch.testing.assert_close(network(x), Naive(network).logits(SPACE.genotype(arch), x))


@pytest.mark.parametrize("skeleton", ["cifar", "imagenet"])
@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (3, 3, 15, 9), (2, 1, 8, 8), (4, 3, 1, 1)])
def test_any_size_classes_and_channels(skeleton: str, shape: tuple[int, ...]) -> None:
    for space in (SPACE, DARTSWithNone(), DARTSS4()):
        arch = space.sample(np.random.default_rng(0))
        network = small(arch, space, skeleton=skeleton, num_classes=7, in_channels=shape[1], layers=5)
        logits = network(torch.randn(shape))
        assert logits.shape == (shape[0], 7)
        assert torch.isfinite(logits).all()


def test_named_blocks_are_the_stems_and_cells_in_order() -> None:
    for skeleton, stems in (("cifar", ["stem"]), ("imagenet", ["stem0", "stem1"])):
        network = small(V2, skeleton=skeleton, layers=4)
        assert isinstance(network, HasFeatures)
        seen: list[str] = []
        for name in network.block_names:
            network.get_submodule(name).register_forward_hook(lambda *_, name=name, seen=seen: seen.append(name))
        network(images())
        assert seen == list(network.block_names) == [*stems, *(f"cells.{place}" for place in range(4))]
        assert network.last_map_name == "cells.3"


def test_reductions_lie_at_one_and_two_thirds() -> None:
    network, outputs = SPACE.build(V2, C=4, layers=8, seed=0), []
    for cell in network.cells:
        cell.register_forward_hook(lambda _, __, out: outputs.append(tuple(out.shape[1:])))
    network(images())
    assert outputs == [(16, 16, 16)] * 2 + [(32, 8, 8)] * 3 + [(64, 4, 4)] * 3


@pytest.mark.parametrize(("skeleton", "pixels"), [("cifar", 32), ("imagenet", 224)])
def test_the_auxiliary_head_speaks_in_training_only(skeleton: str, pixels: int) -> None:
    # With fewer channels, some versions of torch write beyond memory in a backward pass of channels-last layout.
    network, x = small(V2, skeleton=skeleton, auxiliary=True, C=8), images(pixels=pixels)
    logits, auxiliary = network(x)
    assert logits.shape == auxiliary.shape == (2, 10)
    assert network.eval()(x).shape == (2, 10)
    assert size(network) > size(small(V2, skeleton=skeleton, C=8))
    scores = zcnas.score(
        network, ["snip"], batch=(x, torch.arange(2)), output=lambda out: out[0] if isinstance(out, tuple) else out
    )
    assert scores.status("snip") == "ok"
    with pytest.raises(
        InputError, match=r"auxiliary head: expected maps of .x.*got \dx\d; give images of that size, or build"
    ):
        network.train()(images(pixels=16))


def test_dropped_paths_leave_the_mean() -> None:
    torch.manual_seed(0)
    x = torch.rand(4000, 2, 3, 3, dtype=torch.float64) + 1
    out = drop_path(x, 0.2)
    left_out = (out == 0).flatten(1)
    assert torch.equal(left_out.all(1), left_out.any(1))
    # Four standard deviations of the share of 4,000 draws.
    assert left_out.double().mean().item() == pytest.approx(0.2, abs=4 * (0.2 * 0.8 / 4000) ** 0.5)
    torch.testing.assert_close(out[~left_out.all(1)], x[~left_out.all(1)] / 0.8)


def test_paths_are_dropped_in_training_only_and_on_request() -> None:
    network, x = small(V2, drop_path=0.5), images()
    assert not torch.equal(network(x), network(x))
    network.drop_path = 0.0
    assert torch.equal(network(x), network(x))
    network.drop_path = 0.5
    assert torch.equal(network.eval()(x), network(x))


def test_the_identity_is_never_dropped() -> None:
    skips = [("skip_connect", 0), ("skip_connect", 1)] * 4
    arch = SPACE.parse(
        f"Genotype(normal={skips}, normal_concat=[2, 3, 4, 5], reduce={skips}, reduce_concat=[2, 3, 4, 5])"
    )
    cell = small(arch, layers=4).cells[0]
    x = images(pixels=8).new_ones(2, 12, 8, 8)
    assert torch.equal(cell(x, x, 0.9), cell(x, x, 0.0))


def test_without_affine_only_the_stem_has_scale_and_shift() -> None:
    network = small(V2, affine=False)
    norms = {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}
    assert [name for name, norm in norms.items() if norm.affine] == ["stem.1"]
    pools = sum(isinstance(module, nn.MaxPool2d) for module in network.modules())
    assert len(norms) == pools + sum(isinstance(module, nn.BatchNorm2d) for module in small(V2).modules())


def test_none_is_zero_and_noise_is_drawn_anew() -> None:
    x = images(pixels=5)
    for stride in (1, 2):
        zero, noise = operation("none", 3, stride)(x), operation("noise", 3, stride)
        assert zero.shape == noise(x).shape == operation("sep_conv_3x3", 3, stride)(x).shape
        assert not zero.any()
        assert not torch.equal(noise(x), noise(x))


def test_a_reduction_of_an_odd_size_reads_zeros_beyond_the_edge() -> None:
    block, x = FactorizedReduce(3, 4).eval(), images(pixels=5)
    torch.testing.assert_close(block(x), block(F.pad(x, (0, 1, 0, 1))))
    with pytest.raises(InputError, match="even number of channels, got 3"):
        FactorizedReduce(3, 3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"C": 0}, InputError, "got C=0, layers=3"),
        ({"layers": 0}, InputError, "got C=4, layers=0"),
        ({"drop_path": 1.0}, InputError, "drop_path: expected a probability .* got 1.0"),
        ({"skeleton": "imagnet"}, UnknownNameError, "did you mean 'imagenet'"),
        ({"skeleton": "imagenet", "C": 3}, InputError, "even number of channels, got 3"),
    ],
)
def test_bad_arguments(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        small(V2, **options)


@pytest.mark.parametrize("space", [SPACE, DARTSS4()])
def test_all_proxies_have_a_value(space: DARTS) -> None:
    network = small(space.sample(np.random.default_rng(1)), space)
    batch = [zcnas.Batch(inputs, torch.arange(16) % 10) for inputs in (images(16, pixels=8), -images(16, pixels=8))]
    scores = zcnas.score(network, batch=batch)
    assert {name: scores.details[name].reason for name in scores if scores.status(name) != "ok"} == {}
