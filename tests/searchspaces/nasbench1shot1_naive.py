"""An architecture of NAS-Bench-1Shot1 with the weights of the supernet, once more, in functions; in train mode."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.searchspaces.nasbench101 import OPS, Cell


def naive_logits(network: nn.Module, cell: Cell, cells_per_stack: int, x: Tensor) -> Tensor:
    weights = network.state_dict()
    x = convolution(weights, "stem", x)
    for place in range(3 * cells_per_stack):
        if place in (cells_per_stack, 2 * cells_per_stack):
            x = F.max_pool2d(x, 2, ceil_mode=True)
        x = cell_output(weights, f"cells.{place}", cell, x)
    x = F.conv2d(F.relu(x), weights["postprocess.op.1.weight"])
    x = F.batch_norm(x, None, None, training=True).mean((2, 3))
    return F.linear(x, weights["classifier.weight"], weights["classifier.bias"])


def cell_output(weights: dict[str, Tensor], name: str, cell: Cell, x: Tensor) -> Tensor:
    """Every vertex is computed, whoever reads it."""
    values = [x]
    for vertex, sources in enumerate(cell.sources[1:-1], start=1):
        read = sum(value(weights, f"{name}.readers.{vertex - 1}", source, values) for source in sources)
        assert isinstance(read, Tensor)
        op = OPS[cell.ops[vertex - 1]]
        block = f"{name}.vertices.{vertex - 1}.operations.{OPS.index(op)}"
        values.append(F.max_pool2d(read, 3, 1, 1) if op == "maxpool3x3" else convolution(weights, block, read))
    parts = [value(weights, f"{name}.output", source, values) for source in range(cell.output)]
    return torch.cat(
        [part if source in cell.sources[-1] else torch.zeros_like(part) for source, part in enumerate(parts)], 1
    )


def value(weights: dict[str, Tensor], reader: str, source: int, values: list[Tensor]) -> Tensor:
    if source:
        return values[source]
    name = f"{reader}.parents.0"
    chosen = f"{name}.operations.0.0.weight" in weights
    return convolution(weights, f"{name}.operations.0" if chosen else name, values[0])


def convolution(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    kernel = weights[f"{name}.0.weight"]
    x = F.conv2d(x, kernel, padding=kernel.shape[-1] // 2)
    scale, shift = weights[f"{name}.1.weight"], weights[f"{name}.1.bias"]
    return F.relu(F.batch_norm(x, None, None, scale, shift, training=True))
