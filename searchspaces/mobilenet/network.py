"""A chain of blocks between a stem and a head."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from zcnas.searchspaces.chain import working


class MobileNetwork(nn.Module):
    """A stem, blocks, a last 1x1 convolution, average pooling, a head. No layer works in place.

    Args:
        stem: What comes before the blocks.
        blocks: In order; identities may be left out.
        last: The convolution after them.
        head: Maps pooled ``(N, C, 1, 1)`` to logits ``(N, K)``.

    Attributes:
        last_map_name: The last convolution.
    """

    def __init__(self, stem: nn.Module, blocks: Sequence[nn.Module], last: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.stem = stem
        self.blocks = nn.ModuleList(blocks)
        self.last = last
        self.global_pooling = nn.AdaptiveAvgPool2d(1)
        self.head = head
        self.last_map_name: str = "last"

    @property
    def block_names(self) -> tuple[str, ...]:
        """The stem and every block that does something, in order."""
        return ("stem", *working("blocks", self.blocks))

    def forward(self, x: Tensor) -> Tensor:
        """Maps images ``(N, in_channels, H, W)`` to logits ``(N, K)``."""
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.head(self.global_pooling(self.last(x)))
        return logits
