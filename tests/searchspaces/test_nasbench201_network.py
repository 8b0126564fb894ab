"""Networks: the benchmark's own parameters, outputs and sizes; seeds; edges that are not computed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from zcnas.features import HasFeatures
from zcnas.searchspaces.nasbench201 import EDGES, CellNetwork, NASBench201
from zcnas.searchspaces.nasbench201.cell import NONE, live_edges
from zcnas.searchspaces.nasbench201.network import Cell
from zcnas.space import Architecture

SPACE = NASBench201()
CONV3 = SPACE.from_ops(["nor_conv_3x3"] * 6)
MIXED = SPACE.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_3x3~0|avg_pool_3x3~1|nor_conv_3x3~2|")
NOTHING = SPACE.from_ops(["none"] * 6)
DEAD_END = SPACE.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|nor_conv_3x3~0|none~1|none~2|")


def random_archs(count: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [SPACE.sample(rng) for _ in range(count)]


def make_positive(module: nn.Module) -> None:
    """Draws positive weights and shifts, so that in eval mode no ReLU hides what comes in."""
    for values in module.parameters():
        values.data.uniform_(0.1, 1)


def small(arch: Architecture, **options: Any) -> CellNetwork:
    return SPACE.build(arch, **{"seed": 0, "C": 4, "N": 1, **options})


@pytest.mark.parametrize("live_only", [True, False])
@pytest.mark.parametrize("name", ["nb201_C8_N1", "nb201_C16_N5"])
def test_reference_weights_give_reference_outputs(reference_dir: Path, name: str, live_only: bool) -> None:
    batch = torch.load(reference_dir / "batch.pt", weights_only=True)
    weights = torch.load(reference_dir / f"{name}_state_dicts.pt", weights_only=True)
    for record in json.loads((reference_dir / f"{name}.json").read_text("utf-8")):
        arch = SPACE.parse(record["arch"])
        net = SPACE.build(arch, C=record["C"], N=record["N"], live_only=live_only)
        ours = [[key, list(parameter.shape)] for key, parameter in net.named_parameters()]
        assert ours == record["params"]
        net.load_state_dict(weights[record["i"]])
        net.double().train()
        with torch.no_grad():
            logits = net(batch["inputs"].double())
        assert logits.sum().item() == pytest.approx(record["logits_sum_f64"], rel=1e-12, abs=1e-12)
        loss = F.cross_entropy(logits, batch["targets"]).item()
        assert loss == pytest.approx(record["loss_f64"], rel=1e-12)


def test_all_3x3_convolutions_have_the_published_size() -> None:
    net = SPACE.build(CONV3)
    assert sum(parameter.numel() for parameter in net.parameters()) == 1_531_546
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.eval()(torch.randn(1, 3, 32, 32))
    assert round(counter.get_total_flops() / 2e6, 2) == 220.12


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (2, 3, 32, 32)),
        ({"num_classes": 120, "N": 2}, (3, 3, 16, 16)),
        ({"in_channels": 1, "C": 8}, (2, 1, 8, 8)),
        ({}, (2, 3, 15, 9)),
        ({}, (4, 3, 1, 1)),
    ],
)
def test_any_size_classes_and_channels(options: dict[str, int], shape: tuple[int, ...]) -> None:
    for arch in (MIXED, NOTHING):
        logits = small(arch, **options)(torch.randn(shape))
        assert logits.shape == (shape[0], options.get("num_classes", 10))
        assert torch.isfinite(logits).all()


def test_weights_depend_on_seed_and_architecture_alone() -> None:
    torch.manual_seed(1)
    first = small(MIXED, seed=5).state_dict()
    torch.manual_seed(2)
    before = torch.get_rng_state()
    again = small(MIXED, seed=5, live_only=False).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert first.keys() == again.keys()
    assert all(torch.equal(first[key], again[key]) for key in first)
    for other in (small(MIXED, seed=6), small(CONV3, seed=5)):
        assert not torch.equal(other.state_dict()["stem.0.weight"], first["stem.0.weight"])


def test_without_a_seed_weights_come_from_the_global_random_state() -> None:
    torch.manual_seed(3)
    nets = [small(MIXED, seed=None), small(MIXED, seed=None)]
    torch.manual_seed(3)
    again = small(MIXED, seed=None)
    first, second, third = (net.stem[0].weight for net in (*nets, again))
    assert torch.equal(first, third)
    assert not torch.equal(first, second)


def test_named_blocks_are_the_stem_cells_and_reductions_in_order() -> None:
    net = small(MIXED, N=2).double()
    assert isinstance(net, HasFeatures)
    seen: list[str] = []
    outputs: dict[str, Tensor] = {}

    def note(name: str, output: Tensor) -> None:
        seen.append(name)
        outputs[name] = output

    for name in (*net.block_names, net.last_map_name):
        net.get_submodule(name).register_forward_hook(lambda _, __, out, name=name: note(name, out))
    logits = net(torch.randn(2, 3, 8, 8, dtype=torch.float64))
    assert seen == ["stem", *(f"cells.{index}" for index in range(8)), "lastact"]
    assert [tuple(outputs[name].shape[1:]) for name in seen] == [
        *[(4, 8, 8)] * 3, *[(8, 4, 4)] * 3, *[(16, 2, 2)] * 4,
    ]  # fmt: skip
    last = outputs[net.last_map_name]
    assert last.min() == 0
    torch.testing.assert_close(net.classifier(last.mean((2, 3))), logits)


def test_cells_have_relu_modules_that_leave_their_input_alone() -> None:
    relus = [module for module in small(MIXED).modules() if isinstance(module, nn.ReLU)]
    # Four convolutions in each of three cells, two in each of two reductions, one at the end.
    assert len(relus) == 3 * 4 + 2 * 2 + 1
    assert not any(relu.inplace for relu in relus)


def test_none_edges_are_not_built_and_dead_ones_are_not_computed() -> None:
    net = small(DEAD_END)
    assert list(net.cells[0].layers) == ["0", "1", "2", "3"]
    net(torch.randn(2, 3, 8, 8)).sum().backward()
    for key, parameter in net.named_parameters():
        dead = ".layers." in key and ".layers.3." not in key
        assert (parameter.grad is None) == dead, key


def test_dead_edges_change_counts_but_no_output() -> None:
    x = torch.rand(2, 3, 8, 8, dtype=torch.float64)
    for arch in [DEAD_END, *random_archs(60)]:
        outputs, calls = [], []
        for live_only in (True, False):
            net = small(arch, live_only=live_only).double().eval()
            torch.manual_seed(0)
            make_positive(net)
            counted: list[nn.Module] = []
            for layer in net.cells[0].layers.values():
                layer.register_forward_hook(lambda module, _, __, counted=counted: counted.append(module))
            outputs.append(net(x))
            calls.append(len(counted))
        assert torch.equal(*outputs)
        assert calls == [sum(live_edges(arch.genome)), sum(code != NONE for code in arch.genome)]


def test_an_edge_is_live_exactly_if_the_output_depends_on_it() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 3, 5, 5, dtype=torch.float64)
    for arch in [DEAD_END, NOTHING, *random_archs(150)]:
        cell = Cell(arch.genome, 3, live_only=False).double().eval()
        make_positive(cell)
        with torch.no_grad():
            expected = cell(x)
            for edge, live in enumerate(live_edges(arch.genome)):
                without = Cell(_without(arch.genome, edge), 3, live_only=False).double().eval()
                without.load_state_dict(
                    {key: value for key, value in cell.state_dict().items() if not key.startswith(f"layers.{edge}.")}
                )
                assert torch.equal(without(x), expected) != live, (arch, EDGES[edge])


def _without(codes: tuple[int, ...], edge: int) -> tuple[int, ...]:
    return (*codes[:edge], NONE, *codes[edge + 1 :])


def test_a_convolution_of_zeros_gives_its_batch_norms_shift() -> None:
    # Node 1 has no inputs; the convolution on 1 -> 3 is all that there is.
    cell = Cell((0, 0, 0, 0, 3, 0), 3)
    make_positive(cell)
    out = cell(torch.randn(2, 3, 4, 4))
    torch.testing.assert_close(out, cell.layers["4"].op[2].bias[:, None, None].expand_as(out))


def test_it_works_under_function_transforms() -> None:
    net = small(MIXED).double().eval()
    weights = {key: value.detach() for key, value in net.named_parameters()}
    x = torch.randn(3, 3, 8, 8, dtype=torch.float64)

    def first_logit(parameters: dict[str, Tensor], image: Tensor) -> Tensor:
        logits: Tensor = torch.func.functional_call(net, parameters, (image[None],))
        return logits[0, 0]

    per_image = torch.func.vmap(torch.func.grad(first_logit), (None, 0))(weights, x)
    net(x)[:, 0].sum().backward()
    for key, parameter in net.named_parameters():
        total = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        torch.testing.assert_close(per_image[key].sum(0), total)


def test_a_copy_and_another_layout_give_the_same() -> None:
    net, x = small(MIXED).double(), torch.randn(2, 3, 8, 8, dtype=torch.float64)
    logits = net(x)
    other = copy.deepcopy(net).to(memory_format=torch.channels_last)
    torch.testing.assert_close(other(x.contiguous(memory_format=torch.channels_last)), logits)
