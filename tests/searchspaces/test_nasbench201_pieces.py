"""Layers by themselves, and which of them are left where a runtime optimises the network."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from zcnas.errors import InputError
from zcnas.latency.measuring import Settings, plan_architectures
from zcnas.latency.measuring.export import exported
from zcnas.searchspaces import get
from zcnas.searchspaces.nasbench201 import NASBench201
from zcnas.searchspaces.nasbench201.keys import layer_keys
from zcnas.space import LayerBuilder

SPACE = NASBench201()

CELLS = (
    (3, 2, 4, 0, 3, 4),  # plain
    (0, 0, 0, 4, 3, 4),  # a convolution of a node without inputs, and a dead pool
    (0, 0, 1, 4, 2, 3),  # constants of constants
    (1, 0, 0, 4, 4, 0),  # equal pools of equal values
    (4, 4, 0, 4, 4, 1),  # pools of equal pools
    (1, 1, 1, 1, 1, 1),  # sums only
    (0, 0, 0, 0, 3, 2),  # the output is constant
    (0, 0, 0, 0, 0, 0),
)
OPERATORS = {"nor_conv_1x1": "Conv", "nor_conv_3x3": "Conv", "avg_pool_3x3": "AveragePool", "add": "Add"}


def test_every_layer_of_every_cell_can_be_made() -> None:
    assert isinstance(SPACE, LayerBuilder)
    rng = np.random.default_rng(0)
    drawn = [SPACE.architecture((0,) * 6), *(SPACE.sample(rng) for _ in range(300))]
    keys = {
        key for folded in (False, True) for arch in drawn for key in layer_keys(arch.genome, 5, 4, 1, 3, folded=folded)
    }
    assert len(keys) == 3 * 5 + 5
    for key in keys:
        module, shapes, alone = SPACE.layer(key, seed=0)
        out = module.eval()(*(torch.zeros(2, *shape) for shape in shapes))
        told = [int(number) for number in key.rpartition("output:")[2].split("x")]
        assert list(out.shape) == [2, told[-1], *told[:-1]]
        assert alone is key.startswith("constant")


def test_layers_by_themselves_make_up_the_network() -> None:
    """The same parameters in all, and the same operations."""
    arch = SPACE.architecture((3, 2, 4, 0, 3, 4))
    layers = [SPACE.layer(key).module for key in SPACE.layers(arch, C=4, N=2)]
    network = SPACE.build(arch, C=4, N=2)
    assert sum(p.numel() for one in layers for p in one.parameters()) == sum(p.numel() for p in network.parameters())


def test_weights_are_drawn_from_seed_and_key() -> None:
    key = "nor_conv_3x3-input:8x8x4-output:8x8x4"
    before = torch.get_rng_state()
    first, again, other = (SPACE.layer(key, seed=seed).module.op[1].weight for seed in (0, 0, 1))  # type: ignore[union-attr,index]
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    "key", ["", "add", "add-input:8x8x4", "conv-input:8x8x4-output:8x8x4", "add-input:8x9x4-output:8x8x4"]
)
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(InputError, match="expected a layer of nasbench201"):
        SPACE.layer(key)


@pytest.mark.parametrize("codes", CELLS)
def test_what_is_left_is_what_onnx_runtime_keeps(codes: tuple[int, ...], tmp_path: Path) -> None:
    """Beside stem, reductions and head, which have 1 + 2 * 3 convolutions, two pools and two sums."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    arch = SPACE.architecture(codes)
    plan = plan_architectures(get("nasbench201"), [arch], Settings(build={"C": 4, "N": 1}), resolution=8)
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # that an optimised network is for this machine
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    runtime.InferenceSession(exported(plan.network(plan.jobs[0])), options, providers=["CPUExecutionProvider"])
    nodes = Counter(node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node)
    keys = SPACE.layers(arch, resolution=8, C=4, N=1, folded=True)
    told = Counter(OPERATORS[kind] for key in keys if (kind := key.partition("-")[0]) in OPERATORS)
    if keys[0].startswith("constant"):
        assert nodes["Conv"] == nodes["AveragePool"] == 0
    else:
        told.update({"Conv": 7, "AveragePool": 2, "Add": 2})
        assert {op: nodes[op] for op in told} == dict(told)
