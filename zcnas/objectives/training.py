"""Real training as an objective."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, get_args

from zcnas.data import ImageSet
from zcnas.errors import InputError, UnknownNameError
from zcnas.objectives.base import Evaluation, Goal, Objective
from zcnas.objectives.describe import plain
from zcnas.provenance import digest, named, versions
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace
from zcnas.training import Recipe, recipe, train

Epoch = Literal["last", "best"]
_LONGEST_NAME = 120
"""Characters of a genome that go into a folder's name; file systems take 255 bytes."""


class TrainingObjective(Objective):
    """Validation accuracy in % of a network that is trained for it.

    With a ``folder``, every architecture has its own in it, with checkpoints: an interrupted training goes on after its
    last epoch. Weights, order of images and augmentation are drawn from ``seed`` and the architecture's key.

    Args:
        space: Where networks are built.
        data: Images to train on.
        validation: Images that networks are compared on; others than those, and than the final test's.
        how: A recipe, or its name.
        folder: For checkpoints and logs.
        seed: As above.
        build: Further arguments of the space's ``build``.
        devices: Where to train, for one worker after the other.
        epoch: ``"last"``, or ``"best"``, whose accuracy flatters.

    Raises:
        UnknownNameError: An unknown recipe or epoch.
        InputError: Without images to validate on, or without devices.
    """

    def __init__(
        self,
        space: SearchSpace,
        data: ImageSet,
        validation: ImageSet,
        how: Recipe | str,
        *,
        folder: str | os.PathLike[str] | None = None,
        seed: int = 0,
        build: Mapping[str, Any] | None = None,
        devices: str | Sequence[str] = "cpu",
        epoch: Epoch = "last",
    ) -> None:
        if epoch not in get_args(Epoch):
            raise UnknownNameError("epoch", epoch, get_args(Epoch))
        self._space, self._data, self._validation = space, data, validation
        self._recipe = recipe(how) if isinstance(how, str) else how
        self._folder = None if folder is None else Path(folder)
        self._seed, self._build, self._epoch = seed, dict(build or {}), epoch
        self._devices = (devices,) if isinstance(devices, str) else tuple(devices)
        if not len(data) or not len(validation) or not self._devices:
            raise InputError(
                f"expected images to train and to validate on, and a device, got {len(data)} and {len(validation)} "
                f"images and devices {self._devices}"
            )
        self._device = self._devices[0]
        self.goals = (Goal(f"validation accuracy on {validation.name}", "%"),)

    def evaluate(self, arch: Architecture) -> Evaluation:
        seed, classes = derive_seed(self._seed, arch.key), len(self._data.classes)
        network = self._space.build(arch, seed=self._seed, **{"num_classes": classes, **self._build})
        done = train(
            network,
            self._data,
            self._recipe,
            validation=self._validation,
            seed=seed,
            name=arch.key,
            device=self._device,
            folder=self.folder_of(arch),
            progress=False,
        )
        chosen = done.last if self._epoch == "last" else done.best
        assert chosen.validation_accuracy is not None  # there are images to validate on
        return Evaluation((chosen.validation_accuracy,), math.fsum(one.seconds for one in done.history))

    def folder_of(self, arch: Architecture) -> Path | None:
        """Where an architecture's checkpoints and log are."""
        genome = "-".join(map(str, arch.genome))
        name = genome if len(genome) <= _LONGEST_NAME else digest([genome])
        return None if self._folder is None else self._folder / arch.space / name

    def require_seconds(self) -> None:
        """Trainings are timed."""

    def settings(self) -> dict[str, Any]:
        sets = {"data": self._data, "validation": self._validation}
        return {
            "objective": "training",
            "space": named(self._space),
            "recipe": plain(asdict(self._recipe)),
            **{key: [one.name, digest([one.images, one.labels, one.mean, one.std])] for key, one in sets.items()},
            "seed": self._seed,
            "build": plain(self._build),
            "epoch": self._epoch,
            "torch": versions()["torch"],
        }

    def on(self, worker: int, /) -> Objective:
        """On the device for this worker."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self), _device=self._devices[worker % len(self._devices)])
        return twin
