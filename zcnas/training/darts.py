"""Training of a supernet by DARTS, or of its weights alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from zcnas.data import ImageSet
from zcnas.errors import InputError, InputTypeError
from zcnas.supernet import Mixing, Supernet
from zcnas.training import recipes
from zcnas.training.architect import Architect
from zcnas.training.history import Training
from zcnas.training.recipes import Recipe
from zcnas.training.relaxation import Relaxation, Strengths, initial
from zcnas.training.run import Companion, Device, carry_out
from zcnas.training.surroundings import device_of


@dataclass(frozen=True, slots=True)
class StrengthRecipe:
    """How strengths are trained: by Adam. The numbers are the paper's.

    Attributes:
        learning_rate: Of all steps.
        weight_decay: Times the strengths, added to their gradients.
        betas: Adam's.
        radius: Of the finite difference in the second order, over the length of its direction.
    """

    learning_rate: float = 3e-4
    weight_decay: float = 1e-3
    betas: tuple[float, float] = (0.5, 0.999)
    radius: float = 0.01


@dataclass(frozen=True, slots=True)
class SupernetTraining:
    """A supernet's training that has ended.

    Attributes:
        training: Its epochs and settings.
        strengths: By edge, every operation's alpha.
        mixing: By edge, the weights that these give; for :meth:`~zcnas.supernet.Supernet.view`.
    """

    training: Training
    strengths: Strengths
    mixing: Mixing


def train_supernet(
    supernet: Supernet,
    data: ImageSet,
    validation: ImageSet | None,
    recipe: Recipe | str = "darts_search",
    *,
    order: int = 1,
    strengths: Sequence[Sequence[float]] | None = None,
    how: StrengthRecipe | None = None,
    seed: int = 0,
    name: str = "",
    device: Device = None,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = True,
    tensorboard: bool = False,
    progress: bool = True,
) -> SupernetTraining:
    """Trains a supernet's weights in place, and the strengths of its operations.

    DARTS (Liu et al. 2019, arXiv:1806.09055) takes a step of the strengths on ``validation`` before each step of the
    weights on ``data``; see :class:`~zcnas.training.architect.Architect`. Weights that the supernet's mixtures have are
    afterwards what they were: take :attr:`SupernetTraining.mixing`.

    Args:
        supernet: Whose network is trained.
        data: Images for the weights; in the paper one half of the training images.
        validation: Images for the strengths, the other half, on which the network is tried after every epoch too.
            Without strengths to train it may be ``None``.
        recipe: For the weights.
        order: 2 for the paper's second order, 1 for the first, 0 for weights alone: the strengths stay.
        strengths: By edge, where they start; by default small normal numbers that depend on the seed.
        how: For the strengths.
        seed: Of all that is random.
        name: Tells apart supernets of equal layers, such as the space's name.
        device: As for :func:`zcnas.training.train`, and so the others.
        folder: For checkpoints and logs.
        resume: Without, a folder that has a checkpoint is refused.
        tensorboard: Write curves.
        progress: Show a progress bar.

    Raises:
        InputError: Another order, no images for the strengths, a recipe of which no step can be foreseen, or what
            :func:`zcnas.training.train` refuses. Its other errors too.
    """
    told, how = recipes.recipe(recipe) if isinstance(recipe, str) else recipe, how or StrengthRecipe()
    _check(supernet, validation, told, order)
    place = device_of(supernet.network, device)
    like = next(supernet.network.parameters())
    start = initial(supernet, seed) if strengths is None else strengths
    before = [(mixture, mixture.weights) for mixture in supernet.mixtures()]
    with torch.inference_mode(False):
        relaxation = Relaxation(supernet, start, torch.empty(0, dtype=like.dtype, device=place))
        supernet.mix([weight.detach() for weight in relaxation()])
    try:
        training = carry_out(
            supernet.network,
            data,
            told,
            validation=validation,
            seed=seed,
            name=name,
            device=place,
            folder=folder,
            resume=resume,
            tensorboard=tensorboard,
            progress=progress,
            companion=_companion(supernet, relaxation, validation, order, how, seed),
        )
    finally:
        for mixture, weights in before:
            mixture.weights = weights
    return SupernetTraining(training, relaxation.plain(), relaxation.mixing())


def _companion(
    supernet: Supernet, relaxation: Relaxation, data: ImageSet | None, order: int, how: StrengthRecipe, seed: int
) -> Companion:
    settings: dict[str, Any] = {
        "edges": [[edge.name, *edge.operations] for edge in supernet.edges],
        "strengths": [list(row) for row in relaxation.plain()],
        "order": order,
    }
    if order == 0 or data is None:
        return Companion({"strengths": relaxation}, settings)
    settings["how"] = {**asdict(how), "betas": list(how.betas)}
    adam = torch.optim.Adam(
        relaxation.parameters(), lr=how.learning_rate, betas=how.betas, weight_decay=how.weight_decay
    )
    architect = Architect(supernet, relaxation, adam, data, order, seed, how.radius)
    return Companion({"strengths": relaxation, "adam": adam}, settings, architect)


def _check(supernet: Supernet, validation: ImageSet | None, recipe: Recipe, order: int) -> None:
    if not isinstance(supernet, Supernet):
        raise InputTypeError(f"supernet: expected a Supernet, got {type(supernet).__name__}; see a space's supernet()")
    if order not in (0, 1, 2):
        raise InputError(f"order: expected 2, 1, or 0 for weights alone, got {order!r}")
    if order and validation is None:
        raise InputError("validation: expected images for the strengths, got none; give some, or order=0")
    if recipe.precision != "float32":
        raise InputError(f"precision: expected float32 for a supernet, got {recipe.precision}")
    if order == 2 and recipe.nesterov:
        raise InputError("order 2: expected momentum that is not Nesterov's, whose step is foreseen otherwise")
