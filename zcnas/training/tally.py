"""Losses and hits of one epoch."""

from __future__ import annotations

import torch
from torch import Tensor

from zcnas.errors import ZcnasError

_PATIENCE = 32
"""Steps between looks at the losses: each look waits for a GPU to finish its work."""


class Diverged(ZcnasError, ArithmeticError):
    """The loss of a training is no number any more."""


class Tally:
    """Adds up the steps of one epoch. ``epoch`` is its number for messages, from 1."""

    def __init__(self, epoch: int) -> None:
        self._epoch, self._checked = epoch, 0
        self._losses: list[Tensor] = []
        self._hits: list[Tensor] = []
        self._counts: list[int] = []

    def add(self, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
        """One step: a loss (), logits (N, K) and labels (N,). Raises :class:`Diverged`, some steps later perhaps."""
        self._losses.append(loss.detach())
        self._hits.append((logits.detach().argmax(1) == targets).sum())
        self._counts.append(len(targets))
        if loss.device.type == "cpu" or len(self._losses) % _PATIENCE == 0:
            self._check()

    def means(self) -> tuple[float, float]:
        """Loss and accuracy in %, over the images. Raises :class:`Diverged`."""
        self._check()
        losses, total = torch.stack(self._losses).double().cpu(), sum(self._counts)
        loss = float(losses @ torch.tensor(self._counts, dtype=torch.float64)) / total
        return loss, 100 * int(torch.stack(self._hits).sum()) / total

    def _check(self) -> None:
        fresh = torch.stack(self._losses[self._checked :] or [torch.zeros(())]).cpu()
        if not bool(fresh.isfinite().all()):
            place = int((~fresh.isfinite()).nonzero()[0])
            raise Diverged(
                f"epoch {self._epoch}, step {self._checked + place + 1}: expected a finite loss, got "
                f"{float(fresh[place])}; use a lower learning rate, a warmup or clip=5; checkpoints are of the epochs "
                "before"
            )
        self._checked = len(self._losses)
