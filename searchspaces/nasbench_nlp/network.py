"""The language model that the benchmark trains: embeddings, three recurrent layers, a decoder tied to the first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench_nlp.recipe import (
    BLEND,
    FIRST_NODE,
    H_PREV,
    LEAKY,
    LINEAR,
    PROD,
    SIGM,
    TANH,
    Node,
    Recipe,
    X,
)

_ACTIVATIONS: dict[int, Callable[[Tensor], Tensor]] = {TANH: torch.tanh, SIGM: torch.sigmoid, LEAKY: F.leaky_relu}
_RANGE = 0.1  # Of embeddings at the start, as the authors draw them.


class Linear(nn.Module):
    """The sum of linear maps of several inputs, with one bias."""

    def __init__(self, widths: Sequence[int], hidden: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(width, hidden, bias=place == 0) for place, width in enumerate(widths))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Maps vectors ``(N, width)`` of each width to ``(N, hidden)``."""
        terms = [one(given) for one, given in zip(self.maps, inputs, strict=True)]
        return torch.stack(terms).sum(0)


class RecurrentLayer(nn.Module):
    """Runs a recipe over time.

    Args:
        recipe: The cell.
        in_features: Size of the input.
        hidden: Size of every node.
    """

    def __init__(self, recipe: Recipe, in_features: int, hidden: int) -> None:
        super().__init__()
        self._recipe, self._hidden = recipe, hidden
        widths = ([in_features if source == X else hidden for source in node.inputs] for node in recipe.nodes)
        self.ops = nn.ModuleList(
            Linear(sizes, hidden) if node.op == LINEAR else nn.Identity()
            for node, sizes in zip(recipe.nodes, widths, strict=True)
        )
        bound = 1 / math.sqrt(hidden)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, T, in_features)`` to ``(N, T, hidden)``; hidden states are zero at first."""
        states = [x.new_zeros(len(x), self._hidden) for _ in self._recipe.hidden]
        outputs = []
        for moment in x.unbind(1):
            states = self._step(moment, states)
            outputs.append(states[0])
        return torch.stack(outputs, dim=1)

    def _step(self, x: Tensor, states: Sequence[Tensor]) -> list[Tensor]:
        values = {X: x, **{H_PREV + place: state for place, state in enumerate(states)}}
        for place, (op, node) in enumerate(zip(self.ops, self._recipe.nodes, strict=True)):
            values[FIRST_NODE + place] = _computed(op, node, [values[source] for source in node.inputs])
        return [values[FIRST_NODE + place] for place in self._recipe.hidden]


class LanguageModel(nn.Module):
    """Maps tokens ``(N, T)`` to logits of the token after the last, ``(N, K)``.

    The dropouts of the authors' training are left out.

    Args:
        recipe: The cell of every layer.
        num_classes: Tokens K; the Penn Treebank has 10,000.
        embedding: Size of an embedding, and of the last layer's output, which the embeddings decode.
        hidden: Size of the other layers.
        layers: Number of layers.
        every: Give logits after every token, ``(N, T, K)``.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        num_classes: int = 10_000,
        embedding: int = 400,
        hidden: int = 600,
        layers: int = 3,
        every: bool = False,
    ) -> None:
        super().__init__()
        if layers < 1:
            raise InputError(f"layers: expected at least 1, got {layers}")
        self.encoder = nn.Embedding(num_classes, embedding)
        widths = [embedding, *[hidden] * (layers - 1), embedding]
        self.layers = nn.Sequential(*(RecurrentLayer(recipe, *sizes) for sizes in pairwise(widths)))
        self.decoder = nn.Linear(embedding, num_classes)
        self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -_RANGE, _RANGE)
        nn.init.zeros_(self.decoder.bias)
        self._every = every

    def forward(self, tokens: Tensor) -> Tensor:
        """Maps tokens ``(N, T)``, or their embeddings ``(N, T, embedding)``, to logits."""
        real = tokens.is_floating_point()
        if tokens.ndim != 2 + real or (real and tokens.shape[-1] != self.encoder.embedding_dim):
            raise InputError(
                f"language model: expected tokens (N, T) or embeddings (N, T, {self.encoder.embedding_dim}), got "
                f"{tokens.dtype} of shape {tuple(tokens.shape)}"
            )
        states: Tensor = self.layers(tokens if real else self.encoder(tokens))
        logits: Tensor = self.decoder(states if self._every else states[:, -1])
        return logits


def _computed(op: nn.Module, node: Node, inputs: list[Tensor]) -> Tensor:
    if node.op == LINEAR:
        summed: Tensor = op(*inputs)
        return summed
    if node.op in _ACTIVATIONS:
        return _ACTIVATIONS[node.op](inputs[0])
    if node.op == BLEND:
        gate, one, other = inputs
        return gate * one + (1 - gate) * other
    first, second = inputs
    return first * second if node.op == PROD else first + second
