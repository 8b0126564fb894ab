"""Pictures in a folder or in a tar archive, sorted as ``<split>/<class>/<name>.jpg``."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from zcnas.data.archive import SUFFIXES, Member, members_of_folder, members_of_tar
from zcnas.data.files import MissingDataError, as_root, one_of
from zcnas.data.imageset import ImageSet
from zcnas.errors import DataError, InputError

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
"""What is decoded; other decoders of the imaging library have not been made for files of strangers."""

MOST_PIXELS = 10**8


def read_pictures(
    root: str | os.PathLike[str] | None = None,
    *,
    split: str = "train",
    size: int | None = None,
    channels: int = 3,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
) -> ImageSet:
    """All pictures of one split, decoded into memory; nothing is unpacked to disk.

    Classes are numbered in the order of their names, and pictures are in the order of theirs.

    Args:
        root: A folder, or a tar archive, plain or compressed, with files ``<split>/<class>/<name>.jpg``
            (or .jpeg, .png, .bmp, .webp) and nothing else.
        split: Name of the first level of folders.
        size: Height and width to which pictures are resized, bilinearly. Without, all must have one size.
        channels: 3 for colour or 1 for grey; pictures are converted.
        mean: Per channel, with black to white as 0 to 1; 0.5 by default.
        std: Per channel; 0.5 by default, so that pixels are from -1 to 1.

    Raises:
        MissingDataError: Nothing is at ``root``.
        UnknownNameError: No such split; the message lists those that there are.
        DataError: A damaged archive or picture, links, other files, or sizes that differ.
        InputError: Bad ``size`` or ``channels``.
    """
    place = as_root("pictures", root)
    if channels not in (1, 3) or (size is not None and size < 1):
        raise InputError(f"pictures: expected channels 1 or 3 and size >= 1, got channels={channels} and size={size}")
    found = _members(place, split)
    classes = tuple(sorted({member.label for member in found}))
    numbers = {name: number for number, name in enumerate(classes)}
    return ImageSet(
        name=f"{place.name} {split}",
        images=_stack([(member, _decode(member, size, channels)) for member in found]),
        labels=torch.tensor([numbers[member.label] for member in found]),
        classes=classes,
        mean=tuple(mean or (0.5,) * channels),
        std=tuple(std or (0.5,) * channels),
    )


def _members(place: Path, split: str) -> list[Member]:
    if place.is_dir():
        found, splits = members_of_folder(place, split)
    elif place.is_file():
        found, splits = members_of_tar(place, split)
    else:
        raise MissingDataError(
            f"{place}: expected a folder or a tar archive with files <split>/<class>/<name>{SUFFIXES[0]}, "
            "there is nothing; correct root="
        )
    if not splits:
        raise DataError(f"{place}: expected files <split>/<class>/<name>{SUFFIXES[0]}, there are none; correct root=")
    one_of(f"split of {place}", split, sorted(splits))
    if not found:
        raise DataError(f"{place}: expected pictures at {split}/<class>/<name>{SUFFIXES[0]}, there are none")
    return sorted(found, key=lambda member: (member.label, member.path))


def _decode(member: Member, size: int | None, channels: int) -> Tensor:
    """One picture (channels, H, W) of uint8."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(member.data), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise DataError(f"{picture.width} x {picture.height} pixels")
            pixels = picture.convert("RGB" if channels == 3 else "L")
    # Damage shows in many ways: the decoders raise whatever their parsing stumbles over.
    except Exception as error:
        raise DataError(
            f"{member.path}: expected a picture ({', '.join(FORMATS)}), got a file that cannot be decoded "
            f"({error}); remove it or fetch it again"
        ) from error
    if size is not None:
        pixels = pixels.resize((size, size), Image.Resampling.BILINEAR)
    array = np.array(pixels, dtype=np.uint8).reshape(pixels.height, pixels.width, channels)
    return torch.from_numpy(array).permute(2, 0, 1)


def _stack(pictures: Sequence[tuple[Member, Tensor]]) -> Tensor:
    first, expected = pictures[0]
    for member, picture in pictures:
        if picture.shape != expected.shape:
            sizes = ["{2} x {1}".format(*shape) for shape in (expected.shape, picture.shape)]
            raise DataError(
                f"{member.path}: expected {sizes[0]} pixels as in {first.path}, got {sizes[1]}; "
                "pass size= to resize all pictures"
            )
    return torch.stack([picture for _, picture in pictures])
