"""Training of one network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from zcnas.data import ImageSet
from zcnas.errors import InputError, InputTypeError
from zcnas.training import course, recipes
from zcnas.training.history import Training
from zcnas.training.identity import described, structure
from zcnas.training.lesson import Before, Lesson, steps_of
from zcnas.training.recipes import Recipe
from zcnas.training.surroundings import device_of, surroundings

Device = torch.device | str | None


def train(
    network: nn.Module,
    data: ImageSet,
    recipe: Recipe | str,
    *,
    validation: ImageSet | None = None,
    seed: int = 0,
    name: str = "",
    device: Device = None,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = True,
    tensorboard: bool = False,
    progress: bool = True,
) -> Training:
    """Trains a network in place.

    With a ``folder``, every epoch ends with a checkpoint, and the same call goes on from the last one: after Ctrl-C,
    kill -9 or a power cut, weights and numbers are bit for bit those of a training that nothing interrupted, on
    the same machine with the same number of threads. The weights that a network comes with then count for nothing.
    Random states, modes, device and ``drop_path`` are afterwards what they were; gradients are gone.

    Args:
        network: Maps images ``(N, C, H, W)`` to logits ``(N, K)``; in train mode perhaps to a pair of logits, the
            second from an auxiliary head.
        data: Images to train on.
        recipe: One, or its name.
        validation: Images on which the network is tried after every epoch; the best checkpoint is chosen on them.
        seed: Of the order of images, their augmentation, and whatever is random in the network.
        name: Of the network, such as an architecture's key: tells networks apart that have equal layers.
        device: Where to train; by default where the network is.
        folder: For ``last.pt`` and ``best.pt``, the checkpoints, and ``log.csv``; made if need be.
        resume: Without, a folder that has a checkpoint is refused.
        tensorboard: Write curves to the folder's ``tensorboard`` as well (extra ``tensorboard``).
        progress: Show a progress bar, if somebody is looking.

    Raises:
        InputError: No images, images that do not fit the network or each other, a precision that the device has not,
            a folder with a checkpoint of another training, or one that cannot be written.
        DataError: The checkpoint is damaged; it is left as it is.
        Diverged: The loss is no finite number any more; checkpoints are of the epochs before.
        ModelError: The network raised.
        OutOfMemory: Memory ran out.
        MissingExtraError: TensorBoard is wanted and not installed.

    >>> from zcnas.data import divide, load
    >>> from zcnas.searchspaces import NASBench201
    >>> from zcnas.training import recipe
    >>> space, (part, other) = NASBench201(), divide(load("digits"), (0.1, 0.2))
    >>> network = space.build(space.architecture((3, 0, 1, 0, 0, 3)), seed=0, C=4, N=1, in_channels=1)
    >>> done = train(network, part, recipe("digits", epochs=3, warmup=0), validation=other)
    >>> len(done.history), done.last.accuracy > 10
    (3, True)
    """
    told = recipes.recipe(recipe) if isinstance(recipe, str) else recipe
    return carry_out(
        network,
        data,
        told,
        validation=validation,
        seed=seed,
        name=name,
        device=device,
        folder=folder,
        resume=resume,
        tensorboard=tensorboard,
        progress=progress,
        companion=Companion({}, {}),
    )


@dataclass(frozen=True, slots=True)
class Companion:
    """What is trained beside the network's weights.

    Attributes:
        parts: What changes.
        settings: On what it depends, as JSON has it.
        before: Called before each step; see :class:`~zcnas.training.lesson.Lesson`.
    """

    parts: Mapping[str, course.Stateful]
    settings: Mapping[str, Any]
    before: Before | None = None


def carry_out(
    network: nn.Module,
    data: ImageSet,
    recipe: Recipe,
    *,
    validation: ImageSet | None,
    seed: int,
    name: str,
    device: Device,
    folder: str | os.PathLike[str] | None,
    resume: bool,
    tensorboard: bool,
    progress: bool,
    companion: Companion,
) -> Training:
    """As :func:`train`, with a companion."""
    place = device_of(network, device)
    _check(data, validation, recipe, place)
    settings = {
        "recipe": asdict(recipe),
        "seed": seed,
        "name": name,
        "network": structure(network),
        "data": described(data),
        "validation": described(validation),
        **companion.settings,
    }
    total, disable = recipe.epochs * steps_of(len(data), recipe.batch_size), None if progress else True
    with surroundings(network, place), tqdm(total=total, unit="step", disable=disable) as bar:
        optimiser = sgd(network, recipe)
        scaler = torch.amp.GradScaler(place.type, enabled=recipe.precision == "float16")
        own: dict[str, course.Stateful] = {"network": network, "optimiser": optimiser, "scaler": scaler}
        lesson = Lesson(network, optimiser, scaler, data, validation, recipe, seed, place, bar, companion.before)
        planned = course.Course(recipe.epochs, own | dict(companion.parts), settings, seed, place)
        return course.run(planned, lesson, None if folder is None else Path(folder), resume, tensorboard)


def sgd(network: nn.Module, how: Recipe) -> torch.optim.SGD:
    """The optimiser of a recipe, of all parameters that require gradients."""
    return torch.optim.SGD(
        [weight for weight in network.parameters() if weight.requires_grad],
        lr=how.learning_rate,
        momentum=how.momentum,
        weight_decay=how.weight_decay,
        nesterov=how.nesterov,
        # A fused first step that is left out, for its gradients overflowed, leaves momentum that nobody has set.
        fused=how.precision != "float16",
    )


def _check(data: ImageSet, validation: ImageSet | None, how: Recipe, device: torch.device) -> None:
    if not isinstance(how, Recipe):
        raise InputTypeError(f"expected a Recipe or the name of one, got {type(how).__name__}")
    for held in (data, *([] if validation is None else [validation])):
        if not isinstance(held, ImageSet):
            raise InputTypeError(f"expected images as an ImageSet, got {type(held).__name__}; see zcnas.data.load")
        if not len(held):
            raise InputError(f"{held.name}: expected images, there are none")
    if validation is not None and len(validation.classes) != len(data.classes):
        raise InputError(
            f"{validation.name}: expected {len(data.classes)} classes as in {data.name}, got {len(validation.classes)}"
        )
    if how.precision == "float16" and device.type != "cuda":
        raise InputError(
            f"precision float16: expected a GPU (device 'cuda'), got {device}; use 'bfloat16' or 'float32' here"
        )
