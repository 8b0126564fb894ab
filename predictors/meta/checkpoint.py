"""How far a training over tasks has come, on disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zcnas.errors import DataError, InputError
from zcnas.predictors.learned import Array, Learned, read, write

_NAME = "checkpoint"
_META, _OPTIMISER = "meta/", "optimiser/"
Optimiser = torch.optim.Optimizer
Falling = torch.optim.lr_scheduler.LRScheduler


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file with all that the next step needs; what goes on from it ends as what was never interrupted.

    Attributes:
        path: The file; made if it is not there, and left where it is at the end.
        settings: What the training depends on; plain JSON.
        every: How many steps lie between two writes.
    """

    path: str | os.PathLike[str]
    settings: Mapping[str, Any]
    every: int = 50

    def restored(self, meta: Mapping[str, Tensor], optimiser: Optimiser, falling: Falling) -> int:
        """Fills in what the file holds, if there is one.

        Returns:
            How many steps were taken.

        Raises:
            InputError: The file belongs to another training.
            DataError: It is garbled, or no checkpoint.
        """
        if not Path(self.path).exists():
            return 0
        learned, about = read(self.path)
        if about["name"] != _NAME:
            raise DataError(f"{os.fspath(self.path)}: expected a checkpoint, got {about['name']}; name another path")
        self._require(about["settings"])
        with torch.no_grad():
            for name, value in meta.items():
                value.copy_(torch.from_numpy(learned.arrays[f"{_META}{name}"]))
        falling.load_state_dict(learned.facts["falling"])
        optimiser.load_state_dict({"state": _nested(learned.arrays), "param_groups": learned.facts["groups"]})
        return int(learned.facts["steps"])

    def passed(self, steps: int, meta: Mapping[str, Tensor], optimiser: Optimiser, falling: Falling) -> None:
        """Writes the file if it is time to."""
        if steps % self.every:
            return
        told = optimiser.state_dict()
        arrays = {f"{_META}{name}": value.detach().numpy() for name, value in meta.items()}
        for place, state in told["state"].items():
            arrays |= {f"{_OPTIMISER}{place}/{name}": value.numpy() for name, value in state.items()}
        facts = {"steps": steps, "falling": falling.state_dict(), "groups": told["param_groups"]}
        write(self.path, Learned(arrays, facts), {"name": _NAME, "settings": self.settings})

    def _require(self, found: Mapping[str, Any]) -> None:
        names = sorted({*found, *self.settings})
        if differing := ", ".join(name for name in names if found.get(name) != self.settings.get(name)):
            raise InputError(
                f"{os.fspath(self.path)}: belongs to another training, which differs in {differing}; "
                "name another path, or delete it"
            )


def _nested(arrays: Mapping[str, Array]) -> dict[int, dict[str, Tensor]]:
    found: dict[int, dict[str, Tensor]] = {}
    for name, array in arrays.items():
        if name.startswith(_OPTIMISER):
            place, key = name.removeprefix(_OPTIMISER).split("/")
            found.setdefault(int(place), {})[key] = torch.from_numpy(np.array(array))
    return found
