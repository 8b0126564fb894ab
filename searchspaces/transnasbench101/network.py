"""An encoder and what a task puts on top of it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.transnasbench101.decoders import DECODERS
from zcnas.searchspaces.transnasbench101.encoder import Encoder
from zcnas.searchspaces.transnasbench101.tasks import TASKS

_SIDE = 3
_PIECES = _SIDE**2


class TaskNetwork(nn.Module):
    """TransNAS-Bench-101's network for a task (Duan et al., 2021, arXiv:2105.11871, section 3 and appendix).

    Written after the authors' published code. No recorded size of a network was at hand: parameters are checked
    against sums that were worked out from the paper's description, shapes against the authors' settings.

    Args:
        encoder: The searched part.
        task: A key of :data:`TASKS`; ``None`` for a plain classifier, as for ``class_object``.
        num_classes: Classes K of the plain classifier; tasks have their own numbers.
        pooled: Average outputs ``(N, K, H, W)`` over pixels, to ``(N, K)``: proxies score networks with one row of
            logits per image. Pixels then share one noise label.

    Attributes:
        block_names: The stem and every cell, in order.
        last_map_name: The encoder's output, which is the last map before global pooling.
    """

    def __init__(self, encoder: Encoder, task: str | None, num_classes: int, *, pooled: bool = False) -> None:
        super().__init__()
        if task is not None and task not in TASKS:
            raise UnknownNameError("task of TransNAS-Bench-101", task, TASKS)
        kind, outputs = ("linear", num_classes) if task is None else (TASKS[task].decoder, TASKS[task].outputs)
        self.encoder = encoder
        self.decoder = DECODERS[kind](encoder.channels, encoder.halvings, outputs)
        self._pieces, self._pooled = kind == "jigsaw", pooled
        blocks = (f"encoder.layers.{index}" for index in range(len(encoder.layers)))
        self.block_names: tuple[str, ...] = ("encoder.stem", *blocks)
        self.last_map_name: str = "encoder"

    def forward(self, x: Tensor) -> Tensor:
        """Maps images ``(N, in_channels, H, W)`` to ``(N, K)``, or to images ``(N, K, H, W)`` for tasks of pixels.

        A jigsaw is ``(N, 9, in_channels, H, W)``, or images whose sides are multiples of three, which are cut into
        nine pieces. For tasks of pixels H and W must be multiples of the factor by
        which the encoder shrinks them, at most 64.
        """
        out: Tensor = self.decoder(self._puzzled(x) if self._pieces else self.encoder(x))
        return out.mean((2, 3)) if self._pooled and out.ndim == 4 else out

    def _puzzled(self, x: Tensor) -> Tensor:
        if x.ndim == 4 and not x.shape[2] % _SIDE and not x.shape[3] % _SIDE:
            rows = x.unflatten(3, (_SIDE, -1)).unflatten(2, (_SIDE, -1))
            x = rows.permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
        if x.ndim != 5 or x.shape[1] != _PIECES:
            raise InputError(
                f"jigsaw: expected nine images (N, {_PIECES}, C, H, W), or images (N, C, H, W) with sides that are "
                f"multiples of {_SIDE}, got {tuple(x.shape)}"
            )
        # One after the other, as the benchmark does: in train mode batch norm then sees one place at a time.
        return torch.cat([self.encoder(piece) for piece in x.unbind(1)], dim=1)
