"""The network of the benchmark: convolutions that shorten time, cells, a recurrent layer, a linear classifier."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.searchspaces.nasbench_asr.cell import OPS, nodes_of

FILTERS = (600, 800, 1000, 1200)
CELLS = (3, 4, 5, 6)
FEATURES = 80
"""Of a frame of sound: a mel spectrogram has as many bands."""

_STRIDES = (1, 1, 2, 2)
_FUTURE = 4  # Frames that a layer may look ahead, 40 ms, where the stride is 1.
_LARGEST = 20.0
_GROUPS = 100
_KERNELS = {"conv5": (5, 1), "conv5d2": (5, 2), "conv7": (7, 1), "conv7d2": (7, 2)}


class ConvReLU(nn.Module):
    """Padding, a convolution over time, a ReLU that ends at 20, dropout."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        span = (kernel_size - 1) * dilation
        ahead = min(span, _FUTURE // stride)
        self._padding = (span - ahead, ahead)
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, stride, dilation=dilation, groups=groups)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, in_channels, T)`` to ``(N, out_channels, T / stride)``."""
        return _activated(self.conv(F.pad(x, self._padding)), self)


class LinearReLU(nn.Module):
    """The same map of every frame's features, a ReLU that ends at 20, dropout."""

    def __init__(self, channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, channels)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, T)`` to the same shape."""
        return _activated(self.linear(x.transpose(1, 2)), self).transpose(1, 2)


class FrameNorm(nn.LayerNorm):
    """Layer norm over the features of each frame."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, T)`` to the same shape."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class Cell(nn.Module):
    """Three operations in a row, with skips, and a norm."""

    def __init__(self, genome: Sequence[int], channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        nodes = nodes_of(genome)
        self.ops = nn.ModuleList(_operation(OPS[op], channels, dropout) for op, *_ in nodes)
        self.norm = FrameNorm(channels)
        self._skips = [[source for source, skip in enumerate(skips) if skip] for _, *skips in nodes]

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, T)`` to the same shape."""
        states = [x]
        for op, skips in zip(self.ops, self._skips, strict=True):
            terms = [states[source] for source in skips]
            if not isinstance(op, nn.Identity):
                terms.insert(0, op(states[-1]))
            states.append(torch.stack(terms).sum(0) if len(terms) > 1 else terms[0] if terms else torch.zeros_like(x))
        normed: Tensor = self.norm(states[-1])
        return normed


class Recurrent(nn.Module):
    """A long short-term memory with one bias for each gate, as Keras has it; torch's has two."""

    def __init__(self, in_features: int, hidden: int) -> None:
        super().__init__()
        self.input = nn.Linear(in_features, 4 * hidden)
        self.hidden = nn.Linear(hidden, 4 * hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, T, in_features)`` to ``(N, T, hidden)``."""
        gates = self.input(x)
        state = memory = gates.new_zeros(len(x), self.hidden.in_features)
        outputs = []
        for moment in gates.unbind(1):
            enter, forget, new, leave = (moment + self.hidden(state)).chunk(4, dim=1)
            memory = forget.sigmoid() * memory + enter.sigmoid() * new.tanh()
            state = leave.sigmoid() * memory.tanh()
            outputs.append(state)
        return torch.stack(outputs, dim=1)


class ASRNetwork(nn.Module):
    """Maps frames of sound ``(N, 80, T)`` to logits.

    Args:
        genome: Codes and skips of the cell; see :func:`nodes_of`.
        num_classes: Outputs K; the benchmark has 48, a blank among them.
        pooled: Average logits over time, to ``(N, K)``, which proxies want. Without, they are ``(N, T / 4, K)``,
            for connectionist temporal classification.
        rnn: Whether the recurrent layer is there, of 500 features.
        dropout: After every operation of a cell; 0.2 while the benchmark trains.
        filters: Channels of the four blocks, multiples of 100.
        cells: Cells of each block.

    Attributes:
        block_names: The first norm and the cells, for proxies that read block outputs.
        last_map_name: The last cell.
    """

    def __init__(
        self,
        genome: Sequence[int],
        *,
        num_classes: int = 48,
        pooled: bool = True,
        rnn: bool = True,
        dropout: float = 0.0,
        filters: Sequence[int] = FILTERS,
        cells: Sequence[int] = CELLS,
    ) -> None:
        super().__init__()
        if len(filters) != len(cells) or len(filters) != len(_STRIDES) or any(one % _GROUPS for one in filters):
            raise InputError(
                f"filters and cells: expected {len(_STRIDES)} each, filters multiples of {_GROUPS}; got "
                f"{tuple(filters)} and {tuple(cells)}"
            )
        before = (FEATURES, *filters)
        layers: list[nn.Module] = []
        for start, channels, stride, count in zip(before, filters, _STRIDES, cells, strict=False):
            layers += [ConvReLU(start, channels, 8, stride=stride), FrameNorm(channels)]
            layers += [Cell(genome, channels, dropout) for _ in range(count)]
        self.layers = nn.Sequential(*layers)
        blocks = [place for place, layer in enumerate(layers) if isinstance(layer, Cell)]
        self.block_names = ("layers.1", *(f"layers.{place}" for place in blocks))
        self.last_map_name = self.block_names[-1]
        self.rnn = Recurrent(filters[-1], 500) if rnn else nn.Identity()
        self.classifier = nn.Linear(500 if rnn else filters[-1], num_classes)
        self._pooled = pooled

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, 80, T)`` to ``(N, K)``, or to ``(N, T / 4, K)`` where logits are not averaged."""
        if x.ndim != 3 or x.shape[1] != FEATURES:
            raise InputError(f"speech network: expected frames of sound (N, {FEATURES}, T), got {tuple(x.shape)}")
        logits: Tensor = self.classifier(self.rnn(self.layers(x).transpose(1, 2)))
        return logits.mean(1) if self._pooled else logits


def _operation(op: str, channels: int, dropout: float) -> nn.Module:
    if op == "zero":
        return nn.Identity()
    if op == "linear":
        return LinearReLU(channels, dropout)
    kernel_size, dilation = _KERNELS[op]
    return ConvReLU(channels, channels, kernel_size, dilation=dilation, groups=_GROUPS, dropout=dropout)


def _activated(x: Tensor, layer: ConvReLU | LinearReLU) -> Tensor:
    rectified = F.relu(x).clamp(max=_LARGEST)
    return F.dropout(rectified, layer.dropout, layer.training) if layer.dropout else rectified
