"""TransNAS-Bench-101: spellings, which stacks there are, and networks against sums worked out by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from zcnas import score
from zcnas.batch import Batch
from zcnas.data.noise import Noise
from zcnas.errors import InputError, UnknownNameError
from zcnas.features import HasFeatures
from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.nasbench201.network import Cell
from zcnas.searchspaces.transnasbench101 import TASKS, TransNASBench101Macro, TransNASBench101Micro
from zcnas.searchspaces.transnasbench101.cells import BasicBlock, FactorizedReduce, MicroCell
from zcnas.space import Architecture
from zcnas.sweep import score_space

MICRO, MACRO = TransNASBench101Micro(), TransNASBench101Macro()
MIXED = MICRO.parse("64-41414-1_02_333")


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def archs(space: Any, count: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(count)]


@pytest.mark.parametrize("text", ["", "64-41414-1_02_334", "64-41414-102333", "32-41414-1_02_333", "64-1234-basic", 5])
def test_other_cells_are_input_errors(text: Any) -> None:
    with pytest.raises(InputError, match="expected '64-41414-a_bc_def'"):
        MICRO.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "64-123-basic", "64-1234123-basic", "64-1205-basic", "64-123400-basic", "32-1234-basic", "64-1234", None),
        *("64-1111-basic", "64-1313-basic", "64-1212-basic", "64-222213-basic", "64-333332-basic"),
    ],
)
def test_other_stacks_are_input_errors(text: Any) -> None:
    with pytest.raises(InputError, match="expected '64-<digits>-basic'") as caught:
        MACRO.parse(text)
    assert repr(text) in str(caught.value)


def test_there_are_as_many_as_published() -> None:
    assert len(MICRO) == len({MICRO.format(arch) for arch in MICRO}) == 4096
    assert len(MACRO) == len({MACRO.format(arch) for arch in MACRO}) == 3256


def test_a_stacks_digits_are_its_modules() -> None:
    arch = MACRO.parse("64-12344-basic")
    assert arch.genome == (1, 2, 3, 4, 4, 0)
    assert MACRO.modules(arch) == (1, 2, 3, 4, 4)
    with pytest.raises(InputError, match="transnasbench101_macro"):
        MACRO.architecture((1, 2, 0, 3, 4, 4))


def convolution(inputs: int, outputs: int, kernel: int) -> int:
    """Parameters of a convolution with batch norm."""
    return inputs * outputs * kernel**2 + 2 * outputs


def stem(C: int) -> int:
    return convolution(3, C // 2, 3) + convolution(C // 2, C, 3)


def micro_parameters(codes: tuple[int, ...], C: int) -> int:
    """The encoder's, from the benchmark's description: modules 4, 1, 4, 1, 4 of two cells."""
    total = stem(C)
    for inputs, outputs in [(1, 2), (2, 2), (2, 2), (2, 2), (2, 4), (4, 4), (4, 4), (4, 4), (4, 8), (8, 8)]:
        for place, code in enumerate(codes):
            source = inputs if place in (0, 1, 3) else outputs
            kernel = {0: 0, 1: 0 if source == outputs else 1, 2: 1, 3: 3}[code]
            total += convolution(source * C, outputs * C, kernel) if kernel else 0
    return total


def macro_parameters(modules: tuple[int, ...], C: int) -> int:
    total = stem(C)
    for module in modules:
        width = C * (2 if module in (2, 4) else 1)
        total += convolution(C, width, 3) + 3 * convolution(width, width, 3)
        total += convolution(C, width, 1) if module != 1 else 0
        C = width
    return total


def test_encoders_have_the_parameters_of_the_description() -> None:
    for arch in [MIXED, *archs(MICRO, 12)]:
        with torch.device("meta"):
            net = MICRO.build(arch, C=16)
        assert parameters(net.encoder) == micro_parameters(arch.genome, 16)
    for arch in archs(MACRO, 12):
        with torch.device("meta"):
            net = MACRO.build(arch, C=16)
        assert parameters(net.encoder) == macro_parameters(MACRO.modules(arch), 16)


def test_the_default_is_the_benchmarks_width() -> None:
    with torch.device("meta"):
        nets = [MICRO.build(MIXED), MACRO.build(MACRO.parse("64-1234-basic"))]
    assert parameters(nets[0].encoder) == micro_parameters(MIXED.genome, 64) == 22_520_608
    assert parameters(nets[1].encoder) == macro_parameters((1, 2, 3, 4), 64) == 3_400_224


def layers(widths: list[tuple[int, int]]) -> int:
    """3x3 convolutions with bias and batch norm."""
    return sum(9 * inputs * outputs + 3 * outputs for inputs, outputs in widths)


def decoder_parameters(task: str, channels: int) -> int:
    outputs, last = TASKS[task].outputs, {"segmentsemantic": 32}.get(task, 16)
    if task == "segmentsemantic":
        widths = [channels, 1024, 512, 256, 128, 64, 32, 32]
    elif task in ("normal", "autoencoder"):
        widths = [channels, 1024, 1024, 512, 512, 256, 128, 64, 64, 32, 32, 16, 32, 16]
    else:
        return (channels * (9 if task == "jigsaw" else 1) + 1) * outputs
    return layers(list(pairwise(widths))) + (9 * last + 1) * outputs


@pytest.mark.parametrize("task", TASKS)
def test_decoders_have_the_layers_of_the_description(task: str) -> None:
    for text in ("64-1123-basic", "64-3214-basic", "64-333322-basic"):
        with torch.device("meta"):
            net = MACRO.build(MACRO.parse(text), task=task, C=8)
        assert parameters(net.decoder) == decoder_parameters(task, net.encoder.channels)


@pytest.mark.parametrize(
    ("text", "size"), [("64-1123-basic", 8), ("64-3214-basic", 16), ("64-3332-basic", 32), ("64-333322-basic", 64)]
)
def test_outputs_fit_the_tasks(text: str, size: int) -> None:
    arch = MACRO.parse(text)
    for task in TASKS:
        net = MACRO.build(arch, task=task, C=4)
        pixels = task in ("segmentsemantic", "normal", "autoencoder")
        images = torch.zeros(1, *([9] if task == "jigsaw" else []), 3, size, 2 * size)
        with torch.no_grad():
            shape = net.eval()(images).shape
        assert shape == (1, TASKS[task].outputs, *([size, 2 * size] if pixels else []))
    assert net.encoder.halvings == {8: 3, 16: 4, 32: 5, 64: 6}[size]


def test_the_task_must_be_one_of_the_seven() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'segmentsemantic'"):
        MICRO.build(MIXED, task="segment_semantic", C=4)


def test_a_jigsaw_is_solved_from_nine_pieces() -> None:
    net = MICRO.build(MIXED, task="jigsaw", C=4, seed=0).double().eval()
    pieces = torch.randn(2, 9, 3, 16, 16, dtype=torch.float64)
    features = [net.encoder(pieces[:, place]).mean((2, 3)) for place in range(9)]
    torch.testing.assert_close(net(pieces), net.decoder.fc(torch.cat(features, 1)))
    rows = [torch.cat(list(pieces[:, place : place + 3].unbind(1)), dim=3) for place in (0, 3, 6)]
    torch.testing.assert_close(net(torch.cat(rows, dim=2)), net(pieces))
    for wrong in (pieces[:, 0], pieces[:, :8]):
        with pytest.raises(InputError, match=rf"multiples of 3, got \({', '.join(map(str, wrong.shape))}\)"):
            net(wrong)


def positive(module: nn.Module) -> nn.Module:
    """In eval mode, with positive weights and shifts, no ReLU hides what comes in."""
    for values in module.parameters():
        values.data.uniform_(0.1, 1)
    return module.double().eval()


def test_a_cell_that_keeps_the_shape_is_nas_bench_201s() -> None:
    x = torch.rand(2, 3, 5, 5, dtype=torch.float64)
    for arch in [MIXED, *archs(MICRO, 60)]:
        ours, theirs = positive(MicroCell(arch.genome, 3, 3, 1)), Cell(arch.genome, 3).double().eval()
        theirs.load_state_dict({key.replace("edges.", "layers."): value for key, value in ours.state_dict().items()})
        torch.testing.assert_close(ours(x), theirs(x))


def test_a_cell_that_changes_the_shape_sums_its_edges() -> None:
    x = torch.rand(2, 3, 5, 6, dtype=torch.float64)
    for arch in [MIXED, *archs(MICRO, 30)]:
        cell = positive(MicroCell(arch.genome, 3, 4, 2))
        values = dict(zip([(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)], range(6), strict=True))
        nodes = [x]
        for target in (1, 2, 3):
            total = torch.zeros(2, 4, 3, 3, dtype=torch.float64)
            for source in range(target):
                edge = str(values[source, target])
                total = total + cell.edges[edge](nodes[source]) if edge in cell.edges else total
            nodes.append(total)
        torch.testing.assert_close(cell(x), nodes[3])


def test_a_skip_that_halves_the_size_reads_all_pixels() -> None:
    skip = positive(FactorizedReduce(1, 4, 2))
    x = torch.rand(1, 1, 6, 6, dtype=torch.float64, requires_grad=True)
    skip(x).sum().backward()
    assert x.grad is not None
    # Half of the channels read the even rows and columns, the others the odd ones.
    read = x.grad[0, 0] != 0
    assert read[::2, ::2].all()
    assert read[1::2, 1::2].all()
    assert read.sum() == 18


def test_a_block_without_change_adds_its_input() -> None:
    block, x = BasicBlock(3, 3, 1).double().eval(), torch.randn(2, 3, 5, 5, dtype=torch.float64)
    torch.testing.assert_close(block(x) - block.conv_b(block.conv_a(x)), x)


def test_encoders_are_drawn_as_in_the_authors_code() -> None:
    weight = MICRO.build(MIXED, C=32, seed=0).encoder.layers[9].edges["5"].op[1].weight
    # 590,000 normal numbers: their deviation is known to 0.1 %, and the test allows for five times that.
    assert weight.std().item() == pytest.approx((2 / (weight.shape[0] * 9)) ** 0.5, rel=5e-3)


@pytest.mark.parametrize("net", [MICRO.build(MIXED, C=4, seed=0), MACRO.build(MACRO.parse("64-12344-basic"), C=4)])
def test_named_blocks_are_the_stem_and_cells_in_order(net: Any) -> None:
    assert isinstance(net, HasFeatures)
    seen: dict[str, Tensor] = {}
    for name in (*net.block_names, net.last_map_name):
        net.get_submodule(name).register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
    logits = net.double()(torch.randn(2, 3, 64, 64, dtype=torch.float64))
    assert list(seen) == ["encoder.stem", *(f"encoder.layers.{index}" for index in range(10)), "encoder"]
    torch.testing.assert_close(net.decoder.fc(seen[net.last_map_name].mean((2, 3))), logits)


def test_its_networks_are_scored() -> None:
    images, labels = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(0)), torch.arange(8)
    found = score(MICRO.build(MIXED, C=4, seed=0), ["synflow", "nwot", "zen", "az_*"], batch=(images, labels))
    assert all(found.status(name) == "ok" for name in found)


LABEL_FREE = ["synflow", "nwot", "zen", "jacob_cov"]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_swept_on_noise(task: str) -> None:
    """With as many classes of noise labels as the task has outputs; a jigsaw's pieces are cut from the images."""
    size = 96 if task == "jigsaw" else 32
    batch = noise_batch(6, size, TASKS[task].outputs)
    archs = [MIXED, MICRO.parse("64-41414-3_33_333")]
    build = {"task": task, "C": 4, "pooled": True}
    found = score_space(archs, [*LABEL_FREE, "snip", "params"], batch=batch, build=build, progress=False)
    assert found.failed() == []
    assert all(np.isfinite(found[name]).all() for name in found)
    assert (np.diff(found["params"]) > 0).all()


@pytest.mark.parametrize("task", ["segmentsemantic", "autoencoder", "room_layout"])
def test_losses_and_outputs_of_ones_own_score_tasks_that_are_no_classification(task: str) -> None:
    batch = noise_batch(6, 32, 10)
    goal = {"segmentsemantic": 17 * 32 * 32, "autoencoder": 3 * 32 * 32, "room_layout": 9}[task]
    targets = torch.randn(10, goal, generator=torch.Generator().manual_seed(0))
    scores = score(
        MICRO.build(MIXED, task=task, C=4, seed=0),
        [*LABEL_FREE, "grad_norm"],
        batch=batch,
        output=lambda out: out.flatten(1),
        loss=lambda out, labels: ((out - targets[labels]) ** 2).mean(),
    )
    assert all(scores.status(name) == "ok" for name in scores)


def noise_batch(count: int, size: int, classes: int) -> Batch:
    return Noise(size=size, num_classes=classes).batch(count, 0, 0)


def test_pooled_outputs_are_means_over_pixels() -> None:
    images = torch.randn(2, 3, 32, 32)
    for task in ("segmentsemantic", "class_scene"):
        plain, pooled = (MICRO.build(MIXED, task=task, C=4, seed=0, pooled=one).eval() for one in (False, True))
        out = plain(images)
        torch.testing.assert_close(pooled(images), out.mean((2, 3)) if out.ndim == 4 else out)


def test_graphs_are_of_operations_and_of_modules() -> None:
    cells = NASBench201()
    theirs = cells.graph(cells.architecture(MIXED.genome))
    ours = MICRO.graph(MIXED)
    assert (ours.ops, ours.adjacency.tolist()) == (theirs.ops, theirs.adjacency.tolist())
    stack = MACRO.graph(MACRO.parse("64-1234-basic"))
    assert stack.ops == ("input", "basic", "basic_wider", "basic_smaller", "basic_wider_smaller", "output")
    assert np.argwhere(stack.adjacency).tolist() == [[place, place + 1] for place in range(5)]
