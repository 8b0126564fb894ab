"""Checkpoints: all that a training needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import io
import logging
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from zcnas.errors import DataError, InputError
from zcnas.training.files import write
from zcnas.training.history import Epoch

_FORM = "zcnas checkpoint 1"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a training after one of its epochs.

    No state of a random generator is among it: each epoch seeds its own, from the seed and its number.

    Attributes:
        settings: Recipe, seed, network and data; two trainings with equal ones are the same.
        versions: Of what computed it.
        history: The epochs so far.
        states: What ``state_dict`` gave, of the network, the optimisers and others, by name.
    """

    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    history: tuple[Epoch, ...]
    states: Mapping[str, Any]


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Writes the file as a whole or not at all. Raises :class:`~zcnas.errors.InputError` if it cannot."""
    content = io.BytesIO()
    rows = [asdict(epoch) for epoch in checkpoint.history]
    whole = {"form": _FORM, "settings": checkpoint.settings, "versions": checkpoint.versions, "history": rows}
    torch.save({**whole, "states": checkpoint.states}, content)
    write(path, content.getvalue())


def load(path: Path) -> Checkpoint:
    """Reads a checkpoint, and runs nothing that it says.

    Raises:
        DataError: Damaged, or something else. The file is left as it is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if (damaged := archive.testzip()) is not None:
                raise ValueError(f"the sum of {damaged} is wrong")
        held = torch.load(path, map_location="cpu", weights_only=True)
        if held["form"] != _FORM:
            raise ValueError(f"its form is {held['form']!r}")
        history = tuple(Epoch(**row) for row in held["history"])
        return Checkpoint(held["settings"], held["versions"], history, held["states"])
    # Damage shows in whatever way the reader stumbles.
    except Exception as error:
        # torch's words for such a file advise to read it with less care.
        unsafe = isinstance(error, pickle.UnpicklingError)
        why = "it says more than numbers and texts" if unsafe else f"{type(error).__name__}: {error}"
        raise DataError(
            f"{path}: expected a checkpoint ({_FORM}), got a file that cannot be read ({why}); it is left as it is: "
            "put a copy in its place, or train into another folder"
        ) from error


def check(path: Path, found: Checkpoint, settings: Mapping[str, Any], versions: Mapping[str, str]) -> None:
    """Refuses the checkpoint of another training; that other versions wrote it is only logged.

    Raises:
        InputError: The settings differ; the message says in what.
    """
    told = list(_differences(found.settings, settings))
    if told:
        more = f" (and {len(told) - 5} more)" if len(told) > 5 else ""
        raise InputError(
            f"{path}: expected a checkpoint of this training, got one of another: {'; '.join(told[:5])}{more}; "
            "repeat the call that made it, or train into another folder"
        )
    for name, version in versions.items():
        if found.versions.get(name) != version:
            _log.warning("%s: made with %s %s, goes on with %s", path, name, found.versions.get(name), version)


def _differences(there: Any, here: Any, name: str = "") -> Iterator[str]:
    if isinstance(there, dict) and isinstance(here, dict):
        for key in dict.fromkeys([*there, *here]):
            yield from _differences(there.get(key), here.get(key), f"{name}.{key}" if name else str(key))
    elif isinstance(there, list) and isinstance(here, list):
        pairs = [(a, b) for a, b in zip(there, here, strict=False) if a != b]
        if pairs:
            yield from _differences(*pairs[0], name)
        elif len(there) != len(here):
            yield f"{name} has {len(there)} parts there, {len(here)} here"
    elif there != here:
        yield f"{name} is {there!r} there, {here!r} here"
