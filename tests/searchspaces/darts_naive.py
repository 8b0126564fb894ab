"""DARTS's network for CIFAR once more, in functions, from the genotype and the weights alone; in eval mode."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from zcnas.searchspaces.darts import DARTSNetwork, Genotype

PADDING = {"sep_conv_3x3": 1, "sep_conv_5x5": 2, "dil_conv_3x3": 2, "dil_conv_5x5": 4}


class Naive:
    def __init__(self, network: DARTSNetwork) -> None:
        self.weights, self.layers = network.state_dict(), len(network.cells)

    def logits(self, genotype: Genotype, x: Tensor) -> Tensor:
        before = last = self.norm("stem.1", F.conv2d(x, self.weights["stem.0.weight"], padding=1))
        for place in range(self.layers):
            thirds = (self.layers // 3, 2 * self.layers // 3)
            name, reduction, shrunk = f"cells.{place}", place in thirds, place - 1 in thirds
            preprocess = self.factorized_reduce if shrunk else self.convolution
            states = [preprocess(f"{name}.preprocess0", before), self.convolution(f"{name}.preprocess1", last)]
            pairs = genotype.reduce if reduction else genotype.normal
            for node in range(4):
                first, second = (
                    self.edge(f"{name}._ops.{index}", *pairs[index], states, reduction)
                    for index in (2 * node, 2 * node + 1)
                )
                states.append(first + second)
            before, last = last, torch.cat(states[2:], 1)
        return F.linear(last.mean((2, 3)), self.weights["classifier.weight"], self.weights["classifier.bias"])

    def edge(self, name: str, op: str, source: int, states: list[Tensor], reduction: bool) -> Tensor:
        x, stride = states[source], 2 if reduction and source < 2 else 1
        if op == "skip_connect":
            return x if stride == 1 else self.factorized_reduce(name, x)
        if op == "max_pool_3x3":
            return F.max_pool2d(x, 3, stride, 1)
        if op == "avg_pool_3x3":
            return F.avg_pool2d(x, 3, stride, 1, count_include_pad=False)
        if op.startswith("dil"):
            return self.separable(name, 0, x, stride, PADDING[op], dilation=2)
        return self.separable(name, 4, self.separable(name, 0, x, stride, PADDING[op]), 1, PADDING[op])

    def separable(self, name: str, start: int, x: Tensor, stride: int, padding: int, dilation: int = 1) -> Tensor:
        depthwise, pointwise = (self.weights[f"{name}.op.{start + place}.weight"] for place in (1, 2))
        out = F.conv2d(F.relu(x), depthwise, None, stride, padding, dilation, groups=len(depthwise))
        return self.norm(f"{name}.op.{start + 3}", F.conv2d(out, pointwise))

    def convolution(self, name: str, x: Tensor) -> Tensor:
        return self.norm(f"{name}.op.2", F.conv2d(F.relu(x), self.weights[f"{name}.op.1.weight"]))

    def factorized_reduce(self, name: str, x: Tensor) -> Tensor:
        one, two = (self.weights[f"{name}.conv_{half}.weight"] for half in (1, 2))
        halves = [F.conv2d(F.relu(x), one, stride=2), F.conv2d(F.relu(x)[:, :, 1:, 1:], two, stride=2)]
        return self.norm(f"{name}.bn", torch.cat(halves, 1))

    def norm(self, name: str, x: Tensor) -> Tensor:
        mean, variance = self.weights[f"{name}.running_mean"], self.weights[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])
