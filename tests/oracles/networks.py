"""Tiny networks in float64 that show oracles what happens inside them, each with something of its own to get wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Tiny(nn.Module):
    """A network that says, where asked, what its values are.

    Kinds of notes: ``units`` (before a rectifier, with the side of its kink that counts as on at 0), ``output:NAME``
    (after a weighted operation with that weight), ``norm`` (before a batch norm), ``block:NAME``, ``last`` (before
    pooling). A noted value is handed on as a copy, so that operations in place spare the note.
    """

    notes: dict[str, list[Tensor]] | None = None
    channel_axis = 1

    def note(self, kind: str, value: Tensor) -> Tensor:
        if self.notes is None:
            return value
        self.notes[kind].append(value)
        return value.clone()

    @contextmanager
    def noting(self) -> Any:
        """Collects notes, by kind."""
        self.notes = defaultdict(list)
        try:
            yield self.notes
        finally:
            self.notes = None

    def rectified(self, value: Tensor, function: Callable[[Tensor], Tensor] = F.relu) -> Tensor:
        return function(self.note("units", value))

    def weighted(self, layer: nn.Module, value: Tensor, weight: str) -> Tensor:
        return self.note(f"output:{weight}", layer(value))

    def normed(self, norm: nn.Module, value: Tensor) -> Tensor:
        return norm(self.note("norm", value))


class Residual(Tiny):
    """Convolutions, batch norms, a skip connection; rectifiers in place; blocks named."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 3, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(3)
        self.block = nn.ModuleDict(
            {
                "conv1": nn.Conv2d(3, 3, 3, padding=1, bias=False),
                "norm1": nn.BatchNorm2d(3, momentum=0.3),
                "conv2": nn.Conv2d(3, 3, 1),
                "norm2": nn.BatchNorm2d(3),
            }
        )
        self.head = nn.Linear(3, 4)
        self.cut0, self.cut1 = nn.Identity(), nn.Identity()
        self.block_names: tuple[str, ...] = ("cut0", "cut1")
        self.last_map_name = "cut1"

    def forward(self, x: Tensor) -> Tensor:
        x = self.normed(self.stem_norm, self.weighted(self.stem, x, "stem.weight"))
        x = self.note("block:0", self.cut0(self.rectified(x, lambda value: F.relu(value, inplace=True))))
        y = self.weighted(self.block["conv1"], x, "block.conv1.weight")
        y = self.rectified(self.normed(self.block["norm1"], y), lambda value: F.relu(value, inplace=True))
        y = self.normed(self.block["norm2"], self.weighted(self.block["conv2"], y, "block.conv2.weight"))
        y += x
        x = self.note("last", self.note("block:1", self.cut1(y)))
        x = self.rectified(x)
        return self.weighted(self.head, x.mean(dim=(2, 3)), "head.weight")


class MLP(Tiny):
    """No maps, no norms."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(10, 7), nn.Linear(7, 6), nn.Linear(6, 4)])
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        for index, layer in enumerate(self.layers):
            x = self.rectified(x, self.relu) if index else x
            x = self.weighted(layer, x, f"layers.{index}.weight")
        return x


class Tied(Tiny):
    """Two layers with one weight tensor; activations that torch derives once only, unless they are written out."""

    written_out = False

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 4)
        self.two.weight = self.one.weight

    def forward(self, x: Tensor) -> Tensor:
        x = 3 * self.weighted(self.one, x, "one.weight")
        x = x * F.relu6(x + 3) / 6 if self.written_out else F.hardswish(x)
        x = 3 * self.weighted(self.two, x, "one.weight")
        x = F.relu6(x + 3) / 6 if self.written_out else F.hardsigmoid(x)
        return self.weighted(self.head, x, "head.weight")


class Reused(Tiny):
    """Functional operations; a layer used twice; an unused layer; biases and no norms; a buffer of either sign."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(3, 2, 2, 2) / 3)
        self.kernel_bias = nn.Parameter(torch.randn(3) / 5)
        self.register_buffer("gain", torch.tensor([[[0.7]], [[-0.9]], [[1.2]]]))
        self.twice = nn.Conv2d(3, 3, 3, padding=1)
        self.unused = nn.Linear(3, 5)
        self.head = nn.Linear(3, 4)
        self.cut = nn.Identity()
        self.block_names: tuple[str, ...] = ("cut",)
        self.last_map_name = "cut"

    def forward(self, x: Tensor) -> Tensor:
        x = self.note("output:kernel", F.conv2d(x, self.kernel, self.kernel_bias, stride=2))
        x = self.rectified(x * self.gain, torch.relu)
        x = self.weighted(self.twice, x, "twice.weight")
        x = self.rectified(x, F.relu)
        x = self.weighted(self.twice, x, "twice.weight")
        x = self.rectified(x, lambda value: value.relu())
        x = self.note("last", self.note("block:0", self.cut(x))).amax(dim=(2, 3))
        return self.weighted(self.head, x, "head.weight")


class Depthwise(Tiny):
    """Grouped and strided convolutions, other rectifiers, a batch norm without scale and shift."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False)
        self.norm0 = nn.BatchNorm2d(4)
        self.depth = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False)
        self.norm1 = nn.BatchNorm2d(4, affine=False)
        self.point = nn.Conv2d(4, 6, 1, groups=2, bias=False)
        self.norm2 = nn.BatchNorm2d(6)
        self.head = nn.Linear(6, 4)
        self.cuts = nn.ModuleList(nn.Identity() for _ in range(3))
        self.block_names: tuple[str, ...] = ("cuts.0", "cuts.1", "cuts.2")
        self.last_map_name = "cuts.2"

    def forward(self, x: Tensor) -> Tensor:
        x = self.normed(self.norm0, self.weighted(self.stem, x, "stem.weight"))
        x = self.note("block:0", self.cuts[0](self.rectified(x, lambda value: F.leaky_relu(value, 0.2))))
        x = self.normed(self.norm1, self.weighted(self.depth, x, "depth.weight"))
        x = self.note("block:1", self.cuts[1](self.rectified(x, F.relu6)))
        x = self.normed(self.norm2, self.weighted(self.point, x, "point.weight"))
        x = self.note("last", self.note("block:2", self.cuts[2](x)))
        # Without this the mean over samples and positions would be fixed by the norm, and the Jacobian 0.
        return self.weighted(self.head, x.sigmoid().mean(dim=(2, 3)), "head.weight")


class ReLUConv(Tiny):
    """A wrapper whose name contains ReLU, as released code looks for."""

    def __init__(self, inside: int, outside: int, stride: int = 1) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(self.relu(x)))


class Wrapped(Tiny):
    """Wrappers called ReLU..., a block that is the identity, and one that halves the resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.same = nn.Identity()
        self.wrapper = ReLUConv(2, 4, stride=2)
        self.pool = nn.AvgPool2d(3)
        self.head = nn.Linear(4, 4)
        self.block_names: tuple[str, ...] = ("stem", "same", "wrapper")
        self.last_map_name = "wrapper"

    def forward(self, x: Tensor) -> Tensor:
        x = self.note("block:0", self.weighted(self.stem, x, "stem.weight"))
        x = self.note("block:1", self.same(x))
        x = self.wrapper.relu(self.note("units", x)) if self.notes is not None else x
        x = self._wrapped(x) if self.notes is not None else self.wrapper(x)
        x = self.note("last", self.note("block:2", x))
        return self.weighted(self.head, self.pool(x.sigmoid()).flatten(1), "head.weight")

    def _wrapped(self, x: Tensor) -> Tensor:
        x = self.weighted(self.wrapper.conv, x, "wrapper.conv.weight")
        return self.normed(self.wrapper.norm, x)


class Tokens(Tiny):
    """A transformer layer on tokens ``(N, L, E)``: layer norms, attention of two heads, a rectified MLP.

    The positions have a bias of two dimensions, which is no weight.
    """

    channel_axis = -1

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(4, 6)
        self.position_bias = nn.Parameter(torch.randn(5, 6) / 3)
        self.norm1, self.norm2 = nn.LayerNorm(6), nn.LayerNorm(6)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.up, self.down = nn.Linear(6, 5), nn.Linear(5, 6)
        self.head = nn.Linear(6, 4)
        self.cuts = nn.ModuleList(nn.Identity() for _ in range(2))
        self.block_names: tuple[str, ...] = ("cuts.0", "cuts.1")
        self.last_map_name = "cuts.1"

    def forward(self, x: Tensor) -> Tensor:
        x = self.weighted(self.embed, x, "embed.weight") + self.position_bias
        x = self.note("block:0", self.cuts[0](x))
        y = self.norm1(x)
        x = x + (self.attention(y, y, y, need_weights=False)[0] if self.notes is None else self._attention(y))
        y = self.rectified(self.weighted(self.up, self.norm2(x), "up.weight"))
        x = x + self.weighted(self.down, y, "down.weight")
        x = self.note("last", self.note("block:1", self.cuts[1](x)))
        return self.weighted(self.head, x.mean(dim=1), "head.weight")

    def _attention(self, x: Tensor) -> Tensor:
        """Written out, samples first."""
        inner = self.attention
        packed = F.linear(x, inner.in_proj_weight, inner.in_proj_bias)
        packed = self.note("output:attention.in_proj_weight", packed)
        queries, keys, values = (part.unflatten(-1, (2, 3)).transpose(1, 2) for part in packed.chunk(3, dim=-1))
        weights = (queries @ keys.mT / 3**0.5).softmax(dim=-1)
        mixed = (weights @ values).transpose(1, 2).flatten(2)
        return self.note("output:attention.out_proj.weight", inner.out_proj(mixed))


class Words(Tiny):
    """Integers in: an embedding and a linear map."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(9, 5)
        self.head = nn.Linear(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.weighted(self.head, self.rectified(self.table(x).mean(dim=1)), "head.weight")


class Signal(Tiny):
    """One-dimensional convolutions and batch norm; nothing to rectify."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 4, 3)
        self.norm = nn.BatchNorm1d(4)
        self.up = nn.ConvTranspose1d(4, 3, 2, stride=2)
        self.head = nn.Linear(3, 4)
        self.cuts = nn.ModuleList(nn.Identity() for _ in range(2))
        self.block_names: tuple[str, ...] = ("cuts.0", "cuts.1")
        self.last_map_name = "up"

    def forward(self, x: Tensor) -> Tensor:
        x = self.note("block:0", self.cuts[0](self.weighted(self.conv, x, "conv.weight")))
        x = self.note("block:1", self.cuts[1](torch.tanh(self.normed(self.norm, x))))
        x = self.note("last", self.weighted(self.up, x, "up.weight"))
        return self.weighted(self.head, x.square().mean(dim=2), "head.weight")
