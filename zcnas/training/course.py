"""The frame of every training: epochs one after the other, each kept on disk when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from zcnas.errors import InputError
from zcnas.passes.manners import forked_rng
from zcnas.provenance import versions
from zcnas.seeding import derive_seed
from zcnas.training import checkpoint
from zcnas.training.history import Epoch, Training, best
from zcnas.training.log import Log

LAST, BEST = "last.pt", "best.pt"
"""Checkpoints of a folder."""


class Stateful(Protocol):
    """Networks, optimisers and whatever else is kept."""

    def state_dict(self) -> dict[str, Any]:
        """All that it has learnt."""

    def load_state_dict(self, state_dict: Any) -> Any:
        """Takes over what :meth:`state_dict` gave."""


@dataclass(frozen=True, slots=True)
class Course:
    """A training as a row of epochs.

    Attributes:
        epochs: How many.
        parts: What changes in the course of it, by name.
        settings: All on which it depends, as JSON has it.
        seed: Of all that is random.
        device: Whose random generator is seeded, beside the CPU's.
    """

    epochs: int
    parts: Mapping[str, Stateful]
    settings: Mapping[str, Any]
    seed: int
    device: torch.device


def run(
    course: Course, one_epoch: Callable[[int], Epoch], folder: Path | None, resume: bool, tensorboard: bool
) -> Training:
    """Runs the epochs that are missing.

    Every epoch starts from random states of its own, so that it does not matter whether those before it were run now.

    Args:
        course: What is run.
        one_epoch: Trains for the epoch of that number, from 0.
        folder: Where checkpoints and logs are kept.
        resume: Go on from the last checkpoint there.
        tensorboard: Log for TensorBoard as well.

    Raises:
        InputError: The folder has a checkpoint of another training, or has one and ``resume`` is not set; or it
            cannot be written.
        DataError: The checkpoint is damaged.
        MissingExtraError: TensorBoard is not installed.
    """
    if tensorboard and folder is None:
        raise InputError("tensorboard=True: expected a folder for its files, got none; pass folder=...")
    history = [] if folder is None else list(_restored(course, folder / LAST, resume))
    resumed = len(history)
    with ExitStack() as stack:
        log = None if folder is None else Log(folder, history, tensorboard)
        if log is not None:
            stack.callback(log.close)
        for number in range(resumed, course.epochs):
            with forked_rng(derive_seed("training", course.seed, number), course.device):
                history.append(one_epoch(number))
            if folder is not None and log is not None:
                _keep(course, folder, history)
                log.add(history[-1])
    return Training(tuple(history), course.settings, versions(), resumed)


def _restored(course: Course, path: Path, resume: bool) -> tuple[Epoch, ...]:
    if not path.exists():
        return ()
    if not resume:
        raise InputError(
            f"{path}: expected no checkpoint for a training that starts anew (resume=False), there is one; "
            "choose another folder, or move this one away"
        )
    found = checkpoint.load(path)
    checkpoint.check(path, found, course.settings, versions())
    for name, part in course.parts.items():
        part.load_state_dict(found.states[name])
    return found.history


def _keep(course: Course, folder: Path, history: list[Epoch]) -> None:
    states = {name: part.state_dict() for name, part in course.parts.items()}
    now = checkpoint.Checkpoint(course.settings, versions(), tuple(history), states)
    # First, so that the best one is never older than the last one says.
    if best(history) is history[-1]:
        checkpoint.save(folder / BEST, now)
    checkpoint.save(folder / LAST, now)
