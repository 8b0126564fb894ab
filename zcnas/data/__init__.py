"""Batches of real images, of scikit-learn's digits and of noise.

>>> [batch] = batches("digits", batch_size=16, seed=1)
>>> batch.inputs.shape, batch.targets.shape
(torch.Size([16, 1, 8, 8]), torch.Size([16]))

Nothing is downloaded unless ``download=True`` is passed, and nothing in a file is ever run.
"""

from __future__ import annotations

from typing import Any

from zcnas.batch import Batch
from zcnas.data.cifar import read_cifar10, read_cifar100
from zcnas.data.digits import read_digits
from zcnas.data.files import MissingDataError
from zcnas.data.imagenet16 import read_imagenet16
from zcnas.data.imageset import ImageSet
from zcnas.data.noise import Noise
from zcnas.data.pictures import read_pictures
from zcnas.data.selection import divide
from zcnas.data.selection import per_class as _per_class
from zcnas.data.selection import shuffled as _shuffled
from zcnas.data.stream import Stream
from zcnas.errors import InputError, InputTypeError
from zcnas.registry import Registry

__all__ = ["SOURCES", "ImageSet", "MissingDataError", "Noise", "Stream", "batches", "divide", "load"]

Source = ImageSet | Noise

SOURCES: Registry[Source] = Registry("data source", group="data")
SOURCES.register("digits", read_digits)
SOURCES.register("cifar10", read_cifar10)
SOURCES.register("cifar100", read_cifar100)
SOURCES.register("imagenet16-120", read_imagenet16)
SOURCES.register("pictures", read_pictures)
SOURCES.register("noise", Noise)


def load(name: str, **options: Any) -> Source:
    """The data source registered under ``name``; its own documentation lists the ``options``.

    >>> len(load("digits")), load("noise", size=16)
    (1797, Noise(channels=3, size=16, num_classes=None))

    Raises:
        UnknownNameError: No such source.
        InputError: Options that it does not know.
        MissingDataError: Its files are not there; the message says where they should be, and a remedy.
        DataError: Its files are damaged, or are something else.
    """
    factory = SOURCES[name]
    try:
        return factory(**options)
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
        raise InputError(f"data source {name!r}: {error}; see help(zcnas.data.SOURCES[{name!r}])") from error


def batches(
    source: str | Source,
    *,
    batch_size: int = 64,
    count: int = 1,
    per_class: int | None = None,
    seed: int = 0,
    **options: Any,
) -> list[Batch]:
    """``count`` batches from ``source``, the same ones for the same ``seed``.

    Either the first batches of a shuffle, or, with ``per_class``, that many images of every class, sorted by
    class. No image comes twice. Batch k does not depend on how many follow it.

    Args:
        source: Something from :func:`load`, or a name for it.
        batch_size: Images of a batch; not used with ``per_class``.
        count: Number of batches.
        per_class: Images of each class in a batch.
        seed: Fixes the selection, or the noise.
        options: Passed to :func:`load` with a name.

    Raises:
        InputError: Numbers below 1, or more images than there are.
    """
    held = load(source, **options) if isinstance(source, str) else source
    _check(held, options if held is source else {}, batch_size=batch_size, count=count, per_class=per_class)
    if isinstance(held, Noise):
        return [held.batch(batch_size, index, seed) for index in range(count)]
    if per_class is None:
        chosen = _shuffled(held, batch_size, count, seed)
    else:
        chosen = _per_class(held, per_class, count, seed)
    return [held.batch(indices.tolist(), f"{held.name}[{index}] seed {seed}") for index, indices in enumerate(chosen)]


def _check(source: Source, unused: dict[str, Any], **numbers: int | None) -> None:
    if not isinstance(source, ImageSet | Noise):
        raise InputTypeError(
            f"data source: expected a name, an ImageSet or Noise, got {type(source).__name__}; known names: "
            f"{', '.join(SOURCES)}"
        )
    if unused:
        raise InputError(f"data source: expected no options beside a source, got {', '.join(unused)}")
    for name, value in numbers.items():
        if value is not None and value < 1:
            raise InputError(f"batches: expected {name} of at least 1, got {value}")
    if isinstance(source, Noise) and numbers["per_class"] is not None:
        raise InputError("batches: noise has no classes to select by; leave per_class out")
