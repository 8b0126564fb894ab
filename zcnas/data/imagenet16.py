"""ImageNet16-120: the first 120 classes of ImageNet at 16 by 16 pixels."""

from __future__ import annotations

import os

import numpy as np
import torch

from zcnas.data.files import Labels, Pixels, as_root, one_of, pickled_batch, require
from zcnas.data.imageset import ImageSet
from zcnas.errors import DataError

CLASSES, ALL_CLASSES = 120, 1000
FILES = {"train": tuple(f"train_data_batch_{number}" for number in range(1, 11)), "val": ("val_data",)}
# Of ImageNet's pixels, as NAS-Bench-201 normalises them.
MEAN = (122.68 / 255, 116.66 / 255, 104.01 / 255)
STD = (63.22 / 255, 61.26 / 255, 65.09 / 255)
REMEDY = "get 'Train(16x16)' and 'Val(16x16)' from image-net.org (downsampled ImageNet) and unpack them there"


def read_imagenet16(root: str | os.PathLike[str] | None = None, *, split: str = "train") -> ImageSet:
    """Downsampled ImageNet (Chrabaszcz et al., 2017, arXiv:1707.08819) as NAS-Bench-201 uses it.

    Reads the official pickled batches, keeps the labels 1 to 120 and calls them 0 to 119.

    Args:
        root: Folder that holds ``train_data_batch_1`` to ``train_data_batch_10`` and ``val_data``.
        split: ``"train"`` or ``"val"``.

    Raises:
        MissingDataError: A file is not there. There is no download, as the site asks for an account.
        DataError: A file is damaged, or is none of this dataset.
    """
    folder = as_root("imagenet16-120", root)
    paths = [folder / file for file in FILES[one_of("imagenet16-120 split", split, FILES)]]
    require(paths, REMEDY)
    parts = [_first_classes(*pickled_batch(path, "labels", 3 * 16 * 16, REMEDY), str(path)) for path in paths]
    return ImageSet(
        name=f"imagenet16-120 {split}",
        images=torch.from_numpy(np.concatenate([pixels for pixels, _ in parts]).reshape(-1, 3, 16, 16)),
        labels=torch.from_numpy(np.concatenate([labels for _, labels in parts])),
        classes=tuple(str(label) for label in range(CLASSES)),
        mean=MEAN,
        std=STD,
    )


def _first_classes(pixels: Pixels, labels: Labels, path: str) -> tuple[Pixels, Labels]:
    if len(labels) and not 1 <= labels.min() <= labels.max() <= ALL_CLASSES:
        raise DataError(
            f"{path}: expected labels from 1 to {ALL_CLASSES}, got {labels.min()} to {labels.max()}; {REMEDY}"
        )
    kept = labels <= CLASSES
    return pixels[kept], labels[kept] - 1
