"""What operations mean, whatever a benchmark calls them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

KINDS = (
    *("input", "output", "zero", "skip", "concat", "sum", "product", "blend", "state", "noise"),
    *("conv", "sep_conv", "dil_conv", "inverted", "basic", "cell", "reduction", "linear"),
    *("max_pool", "avg_pool", "tanh", "sigmoid", "leaky_relu"),
    *("gat", "gcn", "gin", "cheb", "sage", "arma", "graph"),
)
"""What an operation does, but for its sizes. Indices of types follow from it; a later kind is a type of its own."""

ATTRIBUTES = ("kernel", "dilation", "expansion", "groups", "stride", "wider", "width")
"""Sizes that are told beside the kind, as logarithms to the base of 2."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A node's operation.

    Attributes:
        kind: One of :data:`KINDS`, or a name of one's own.
        kernel: Height and width of the kernel; 1 where there is none.
        dilation: Of the kernel.
        expansion: Inner channels of an inverted residual, in multiples of what it reads.
        groups: Of its pointwise convolutions.
        stride: How many times smaller its output is.
        wider: How many times more channels its output has.
        width: Channels of its output in multiples of 16, where the space chooses these; else 1.
    """

    kind: str
    kernel: int = 1
    dilation: int = 1
    expansion: int = 1
    groups: int = 1
    stride: int = 1
    wider: int = 1
    width: float = 1.0

    @property
    def type(self) -> Operation:
        """The operation without stride and channels: what has an index of its own, as conv 3x3 has in all spaces."""
        return replace(self, stride=1, wider=1, width=1.0)

    @property
    def attributes(self) -> tuple[float, ...]:
        """Logarithms of the sizes, in the order of :data:`ATTRIBUTES`."""
        return tuple(math.log2(getattr(self, name)) for name in ATTRIBUTES)
