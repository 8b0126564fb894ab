"""A layer several times over, so that one more of it can be told from all that comes beside."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class Repeated(nn.Module):
    """Layers of one kind, one after the other where sizes allow it, else side by side on the same input.

    What one layer adds to a network is the difference that one more makes, and not what it takes alone: alone it bears
    the call of the runtime and the conversions of its input and output, and cannot be fused with what comes before.

    Args:
        layers: Of one kind, each with weights of its own.
        chained: Whether the output of one has the shape of the next one's first input.
    """

    def __init__(self, layers: Sequence[nn.Module], *, chained: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self._chained = chained

    def forward(self, x: Tensor, *further: Tensor) -> tuple[Tensor, ...]:
        """Maps inputs of the layer to its output, or to those of all."""
        if not self._chained:
            return tuple(layer(x, *further) for layer in self.layers)
        for layer in self.layers:
            x = layer(x, *further)
        return (x,)
