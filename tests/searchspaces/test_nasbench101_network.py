"""NAS-Bench-101's networks: against a slow and literal reading of the benchmark's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.features import HasFeatures
from zcnas.searchspaces.nasbench101 import OPS, ModuleNetwork, NASBench101
from zcnas.searchspaces.nasbench101.cell import Cell, cell_of, checked, genomes_of
from zcnas.searchspaces.nasbench101.channels import parameters, vertex_channels
from zcnas.searchspaces.nasbench101.network import Module
from zcnas.searchspaces.nasbench101.spelling import cell_from_matrix
from zcnas.space import Architecture

SPACE = NASBench101()
SKIPPING = SPACE.parse("0111001100010000:input,conv3x3-bn-relu,maxpool3x3,output")


def random_archs(count: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [SPACE.sample(rng) for _ in range(count)]


def cell_with(edges: str) -> Cell:
    """A cell of convolutions with edges such as ``01 12``."""
    pairs = [(int(x), int(y)) for x, y in edges.split()]
    size = 1 + max(target for _, target in pairs)
    matrix = np.zeros((size, size), dtype=int)
    for pair in pairs:
        matrix[pair] = 1
    return cell_from_matrix(matrix, ["input", *[OPS[0]] * (size - 2), "output"])


@pytest.mark.parametrize(
    ("edges", "channels", "expected"),
    [
        ("01 12 23", 16, [16, 16, 16]),
        ("01", 5, [5]),
        ("01 02 13 23 34", 8, [8, 8, 8, 8]),
        ("01 02 13 23", 15, [8, 7, 15]),
        ("01 02 03 14 24 34", 8, [3, 3, 2, 8]),
        ("01 12 13 24 34", 9, [5, 5, 4, 9]),
        ("01 03 12 14 23 34", 15, [8, 7, 7, 15]),
    ],
)
def test_channels_are_divided_as_the_authors_test_theirs(edges: str, channels: int, expected: list[int]) -> None:
    assert list(vertex_channels(cell_with(edges), channels)) == expected


def slow_module(module: Module, cell: Cell, x: Tensor, channels: int) -> Tensor:
    """The rules word by word: project the input, truncate the rest, add; concatenate, add the projected input."""
    matrix, last = cell.matrix(), cell.output
    widths = [x.shape[1], *vertex_channels(cell, channels)]
    values = [x]
    for vertex in range(1, last):
        part: Any = module.vertices[vertex - 1]
        total = torch.zeros(len(x), widths[vertex], *x.shape[2:], dtype=x.dtype)
        for source in range(1, vertex):
            if matrix[source, vertex]:
                assert 0 <= widths[source] - widths[vertex] <= 1
                total += torch.narrow(values[source], 1, 0, widths[vertex])
        if matrix[0, vertex]:
            total += slow_convolution(part.projection, x)
        pool = cell.ops[vertex - 1] == 2
        values.append(F.max_pool2d(total, 3, 1, 1) if pool else slow_convolution(part.op, total))
    ends = [values[vertex] for vertex in range(1, last) if matrix[vertex, last]]
    out = torch.cat(ends, 1) if ends else torch.zeros(len(x), channels, *x.shape[2:], dtype=x.dtype)
    return out + slow_convolution(module.projection, x) if matrix[0, last] else out


def slow_convolution(block: Any, x: Tensor) -> Tensor:
    weight, norm = block[0].weight, block[1]
    mapped = F.conv2d(x, weight, padding="same")
    centred = mapped - mapped.mean((0, 2, 3), keepdim=True)
    spread = torch.sqrt((centred**2).mean((0, 2, 3), keepdim=True) + 1e-5)
    return torch.clamp(centred / spread * norm.weight[:, None, None] + norm.bias[:, None, None], min=0)


def test_a_module_does_what_the_rules_say() -> None:
    torch.manual_seed(0)
    for arch in [SPACE.parse("0100:input,output"), SKIPPING, *random_archs(30)]:
        cell = SPACE.cell(arch)
        module = Module(cell, 6, 11).double()
        for values in module.parameters():
            values.data.normal_()
        x = torch.randn(3, 6, 5, 4, dtype=torch.float64)
        with torch.no_grad():
            torch.testing.assert_close(module(x), slow_module(module, cell, x, 11))


def test_a_network_is_stem_modules_pools_and_classifier() -> None:
    net = SPACE.build(SKIPPING, C=4, N=2, seed=0).double()
    x = torch.randn(3, 3, 9, 8, dtype=torch.float64)
    with torch.no_grad():
        features = slow_convolution(net.stem, x)
        for index, width in enumerate((4, 4, 8, 8, 16, 16)):
            if index in (2, 4):
                # What lies outside is ignored, on the sides where the authors pad.
                features = F.max_pool2d(F.pad(features, (0, 1, 0, 1), value=-torch.inf), 2, 2)[
                    :, :, : -(-features.shape[2] // 2), : -(-features.shape[3] // 2)
                ]
            module: Any = net.cells[index]
            features = slow_module(module, SPACE.cell(SKIPPING), features, width)
        logits = features.mean((2, 3)) @ net.classifier.weight.T + net.classifier.bias
        torch.testing.assert_close(net(x), logits)


def test_sizes_are_those_of_the_table(data_dir: Path) -> None:
    with np.load(data_dir / "nasbench101" / "nb101_table.npz") as table:
        rows = np.random.default_rng(0).choice(len(table["params"]), 12_000, replace=False)
        genomes = genomes_of(*(table[name][rows] for name in ("num_vertices", "adj_bits", "ops")))
        expected = table["params"][rows].tolist()
    assert [parameters(checked(cell_of(genome))) for genome in genomes.tolist()] == expected


def test_sizes_are_those_of_the_networks() -> None:
    for arch in [SKIPPING, SPACE.parse("0100:input,output"), *random_archs(24)]:
        with torch.device("meta"):
            networks = SPACE.build(arch), SPACE.build(arch, C=9, N=2, num_classes=7)
        sizes = [sum(values.numel() for values in net.parameters()) for net in networks]
        assert sizes == [SPACE.parameters(arch), SPACE.parameters(arch, C=9, N=2, num_classes=7)]


def test_batch_norms_are_the_authors() -> None:
    norms = [module for module in SPACE.build(SKIPPING, C=4).modules() if isinstance(module, nn.BatchNorm2d)]
    assert {(norm.eps, round(norm.momentum or 0, 6)) for norm in norms} == {(1e-5, 0.003)}


def test_dead_vertices_are_not_built() -> None:
    dead = SPACE.parse("0101001000000000:input,conv3x3-bn-relu,conv3x3-bn-relu,output")
    bare = SPACE.parse("0100:input,output")
    assert SPACE.representative(dead) == bare
    assert [value.shape for value in SPACE.build(dead).parameters()] == [
        value.shape for value in SPACE.build(bare).parameters()
    ]


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (2, 3, 32, 32)),
        ({"num_classes": 120, "N": 2}, (3, 3, 16, 16)),
        ({"in_channels": 1, "C": 5}, (2, 1, 8, 8)),
        ({}, (2, 3, 15, 9)),
        ({}, (4, 3, 1, 1)),
    ],
)
def test_any_size_classes_and_channels(options: dict[str, int], shape: tuple[int, ...]) -> None:
    for arch in (SKIPPING, SPACE.parse("0100:input,output")):
        logits = SPACE.build(arch, **{"seed": 0, "C": 4, "N": 1, **options})(torch.randn(shape))
        assert logits.shape == (shape[0], options.get("num_classes", 10))
        assert torch.isfinite(logits).all()


def test_too_few_channels_to_divide_are_an_input_error() -> None:
    arch = SPACE.parse("0111000001000010000100000:input,maxpool3x3,maxpool3x3,maxpool3x3,output")
    with pytest.raises(InputError, match=r"at least 3 channels .*got 2; raise C"):
        SPACE.build(arch, C=2)


def test_named_blocks_are_the_stem_and_modules_in_order() -> None:
    net: ModuleNetwork = SPACE.build(SKIPPING, C=4, N=2, seed=0).double()
    assert isinstance(net, HasFeatures)
    seen: list[str] = []
    outputs: dict[str, Tensor] = {}

    def note(name: str, output: Tensor) -> None:
        seen.append(name)
        outputs[name] = output

    for name in net.block_names:
        net.get_submodule(name).register_forward_hook(lambda _, __, out, name=name: note(name, out))
    logits = net(torch.randn(2, 3, 8, 8, dtype=torch.float64))
    assert seen == ["stem", *(f"cells.{index}" for index in range(6))] == list(net.block_names)
    assert [tuple(outputs[name].shape[1:]) for name in seen] == [*[(4, 8, 8)] * 3, *[(8, 4, 4)] * 2, *[(16, 2, 2)] * 2]
    torch.testing.assert_close(net.classifier(outputs[net.last_map_name].mean((2, 3))), logits)


def test_every_parameter_gets_a_gradient() -> None:
    for arch in [SKIPPING, *random_archs(5)]:
        net = SPACE.build(arch, C=6, N=1, seed=0)
        net(torch.randn(2, 3, 8, 8)).sum().backward()
        assert all(values.grad is not None for values in net.parameters())
