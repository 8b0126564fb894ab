"""How a network is trained: numbers, and the papers that they are from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from zcnas.errors import InputError, InputTypeError, UnknownNameError

PRECISIONS = ("float32", "bfloat16", "float16")
"""What :attr:`Recipe.precision` may be."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stochastic gradient descent on the cross-entropy; the rate falls as a cosine.

    Attributes:
        epochs: Passes over the training images.
        batch_size: Images per step; the last step of an epoch takes what is left.
        learning_rate: The highest one.
        final_rate: Where the cosine ends, at the end of the last epoch.
        warmup: Epochs in which the rate rises linearly to the highest.
        by_step: Whether the rate changes after every step, or after every epoch.
        momentum: Of the gradients, from 0 to below 1.
        nesterov: Whether the momentum is Nesterov's.
        weight_decay: Times the weights, added to their gradients; of all parameters.
        padding: Black pixels put around an image before a crop of its own size is taken at random.
        flip: Whether half of the images are mirrored, left to right.
        cutout: Side in pixels of a square that is set to the mean colour, wherever its centre falls, so that some of
            it may lie outside (DeVries and Taylor 2017, arXiv:1708.04552); 0 for none.
        label_smoothing: Share of the target that is spread evenly over all classes.
        auxiliary: Weight of the loss of the second logits, where a network in train mode returns two.
        drop_path: What a network's attribute ``drop_path`` is raised to, linearly from 0 in the first epoch, so that
            the last one has ``(epochs - 1) / epochs`` of it; without such an attribute nothing is dropped.
        clip: Largest norm of the gradient of all parameters together, to which longer ones are cut.
        precision: ``bfloat16`` and ``float16`` multiply and convolve in that type, by ``torch.autocast``; the second
            needs a GPU, and scales the loss.

    Raises:
        InputError: A number outside its range.
        UnknownNameError: Another precision.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    final_rate: float = 0.0
    warmup: int = 0
    by_step: bool = False
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    padding: int = 0
    flip: bool = False
    cutout: int = 0
    label_smoothing: float = 0.0
    auxiliary: float = 0.0
    drop_path: float = 0.0
    clip: float | None = None
    precision: str = "float32"

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name))
        if self.warmup >= self.epochs:
            raise InputError(f"recipe: expected a warmup shorter than the {self.epochs} epochs, got {self.warmup}")
        if self.final_rate > self.learning_rate:
            raise InputError(
                f"recipe: expected a final rate of at most {self.learning_rate}, the highest, got {self.final_rate}"
            )
        if self.nesterov and not self.momentum:
            raise InputError("recipe: expected momentum above 0 where it is Nesterov's, got 0; set nesterov=False")
        if self.precision not in PRECISIONS:
            raise UnknownNameError("precision", self.precision, PRECISIONS)


_COUNTS = {"epochs": 1, "batch_size": 1, "warmup": 0, "padding": 0, "cutout": 0}
_SHARES = ("momentum", "label_smoothing", "drop_path")
_SWITCHES = ("by_step", "nesterov", "flip")


def _check(name: str, value: Any) -> None:
    if name in ("precision",) or name in _SWITCHES or (name == "clip" and value is None):
        return
    if isinstance(value, bool) or not isinstance(value, int if name in _COUNTS else int | float):
        kind = "a whole number" if name in _COUNTS else "a number"
        raise InputTypeError(f"recipe: expected {kind} for {name}, got {value!r}")
    if name in _COUNTS and value < _COUNTS[name]:
        raise InputError(f"recipe: expected {name} of at least {_COUNTS[name]}, got {value}")
    if name in _SHARES and not 0 <= value < 1:
        raise InputError(f"recipe: expected {name} from 0 to below 1, got {value}")
    positive = name in ("learning_rate", "clip")
    if not math.isfinite(value) or value < 0 or (positive and value == 0):
        raise InputError(f"recipe: expected {name} {'above' if positive else 'of at least'} 0, got {value}")


RECIPES: Mapping[str, Recipe] = {
    # Section A.2 of the paper; the released code (cnn/train.py) has momentum that is not Nesterov's.
    "darts": Recipe(
        epochs=600,
        batch_size=96,
        learning_rate=0.025,
        weight_decay=3e-4,
        padding=4,
        flip=True,
        cutout=16,
        auxiliary=0.4,
        drop_path=0.2,
        clip=5.0,
    ),
    # Section A.1 of the paper: the weights of the supernet.
    "darts_search": Recipe(
        epochs=50,
        batch_size=64,
        learning_rate=0.025,
        final_rate=0.001,
        weight_decay=3e-4,
        padding=4,
        flip=True,
        clip=5.0,
    ),
    # Table 2 of the paper.
    "nasbench201": Recipe(
        epochs=200,
        batch_size=256,
        learning_rate=0.1,
        by_step=True,
        nesterov=True,
        weight_decay=5e-4,
        padding=4,
        flip=True,
    ),
    # Ours: seconds on a CPU for a small network. Digits that are mirrored are no digits.
    "digits": Recipe(
        epochs=12,
        batch_size=64,
        learning_rate=0.1,
        warmup=2,
        by_step=True,
        nesterov=True,
        weight_decay=5e-4,
        padding=1,
    ),
}
"""Names for :func:`recipe`.

``darts``: for CIFAR (Liu et al. 2019, arXiv:1806.09055), of networks built with ``C=36, layers=20, auxiliary=True``.
``darts_search``: for the weights of DARTS's supernet, with ``C=16, layers=8``, on one half of CIFAR-10.
``nasbench201``: for CIFAR (Dong and Yang 2020, arXiv:2001.00326), of networks with ``C=16, N=5``.
``digits``: for scikit-learn's digits of 8x8 pixels.
"""


def recipe(name: str, **changes: Any) -> Recipe:
    """The recipe of that name, perhaps with other numbers.

    Raises:
        UnknownNameError: No such recipe, or no such number in it.
        InputError: A number outside its range.

    >>> recipe("nasbench201", epochs=12).learning_rate
    0.1
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    known = [field.name for field in fields(Recipe)]
    for change in changes:
        if change not in known:
            raise UnknownNameError("number of a recipe", change, known)
    return replace(RECIPES[name], **changes)
