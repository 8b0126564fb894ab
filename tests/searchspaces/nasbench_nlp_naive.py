"""NAS-Bench-NLP's networks once more: from the names of a recipe's nodes and the weights alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from zcnas.searchspaces.nasbench_nlp import LanguageModel

FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "blend": lambda gate, one, other: gate * one + (1 - gate) * other,
    "elementwise_prod": torch.mul,
    "elementwise_sum": torch.add,
    "activation_tanh": torch.tanh,
    "activation_sigm": torch.sigmoid,
    "activation_leaky_relu": F.leaky_relu,
}


class Naive:
    """Args: a recipe as JSON spells it, its nodes in the network's order, and the network."""

    def __init__(self, nodes: dict[str, Any], network: LanguageModel) -> None:
        self.nodes, self.weights, self.count = nodes, network.state_dict(), len(network.layers)

    def logits(self, tokens: Tensor) -> Tensor:
        """After every token."""
        sequence = list(self.weights["encoder.weight"][tokens].unbind(1))
        for layer in range(self.count):
            sequence = self.layer(f"layers.{layer}.ops", sequence)
        return torch.stack(sequence, 1) @ self.weights["encoder.weight"].T + self.weights["decoder.bias"]

    def layer(self, name: str, sequence: list[Tensor]) -> list[Tensor]:
        size = next(len(value) for key, value in self.weights.items() if key.startswith(name) and key.endswith("bias"))
        states = [sequence[0].new_zeros(len(sequence[0]), size) for _ in range(3)]
        outputs = []
        for x in sequence:
            values = {"x": x, **{f"h_prev_{place}": state for place, state in enumerate(states)}}
            new = [self.value(f"h_new_{place}", name, values) for place in range(3) if f"h_new_{place}" in self.nodes]
            outputs.append(new[0])
            states = new
        return outputs

    def value(self, node: str, layer: str, values: dict[str, Tensor]) -> Tensor:
        if node not in values:
            inputs = [self.value(one, layer, values) for one in self.nodes[node]["input"]]
            if self.nodes[node]["op"] == "linear":
                values[node] = self.linear(f"{layer}.{list(self.nodes).index(node)}.maps", inputs)
            else:
                values[node] = FUNCTIONS[self.nodes[node]["op"]](*inputs)
        return values[node]

    def linear(self, name: str, inputs: list[Tensor]) -> Tensor:
        total = self.weights[f"{name}.0.bias"]
        for place, one in enumerate(inputs):
            total = total + one @ self.weights[f"{name}.{place}.weight"].T
        return total
