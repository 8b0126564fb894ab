"""Logs of a training: a table that grows with it, and curves for TensorBoard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from zcnas.errors import MissingExtraError
from zcnas.training.files import append, write
from zcnas.training.history import Epoch

_COLUMNS = [field.name for field in fields(Epoch)]


class Log:
    """``log.csv`` with a line for each epoch, and if asked for a folder ``tensorboard``.

    What was logged after the last checkpoint is taken back first, so that no epoch is there twice.

    Args:
        folder: Where they are.
        history: The epochs that the training has.
        tensorboard: Whether to write for TensorBoard.

    Raises:
        MissingExtraError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path, history: Sequence[Epoch], tensorboard: bool) -> None:
        self._path = folder / "log.csv"
        self._writer = _writer(folder / "tensorboard", len(history)) if tensorboard else None
        write(self._path, "".join(f"{line}\n" for line in [",".join(_COLUMNS), *map(_line, history)]).encode())

    def add(self, epoch: Epoch) -> None:
        """Logs one more epoch."""
        append(self._path, _line(epoch))
        if self._writer is not None:
            for name in _COLUMNS[1:]:
                if (value := getattr(epoch, name)) is not None:
                    self._writer.add_scalar(name, value, epoch.epoch)
            self._writer.flush()

    def close(self) -> None:
        """Ends what was begun."""
        if self._writer is not None:
            self._writer.close()


def _line(epoch: Epoch) -> str:
    return ",".join("" if value is None else repr(value) for value in astuple(epoch))


def _writer(folder: Path, finished: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError(
            f"tensorboard=True: expected tensorboard, got {error}; install the extra 'tensorboard', as in "
            "pip install 'zcnas[tensorboard]', or leave it out: log.csv has the same numbers"
        ) from error
    return SummaryWriter(str(folder), purge_step=finished + 1)
