"""CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), as torchvision keeps them on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from zcnas.data.files import as_root, one_of, pickled_batch, require
from zcnas.data.imageset import ImageSet
from zcnas.errors import DataError


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the two: its name in torchvision, its files, and the statistics of its training images."""

    torchvision_class: str
    folder: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    labels_key: str
    num_classes: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


_KINDS = {
    "cifar10": _Kind(
        "CIFAR10",
        "cifar-10-batches-py",
        tuple(f"data_batch_{number}" for number in range(1, 6)),
        ("test_batch",),
        "labels",
        10,
        (0.4914, 0.4822, 0.4465),
        (0.2470, 0.2435, 0.2616),
    ),
    "cifar100": _Kind(
        "CIFAR100",
        "cifar-100-python",
        ("train",),
        ("test",),
        "fine_labels",
        100,
        (0.5071, 0.4865, 0.4409),
        (0.2673, 0.2564, 0.2762),
    ),
}


def read_cifar10(
    root: str | os.PathLike[str] | None = None, *, split: str = "train", download: bool = False
) -> ImageSet:
    """60,000 colour images of 32 by 32 pixels in 10 classes.

    Args:
        root: Folder that holds ``cifar-10-batches-py``.
        split: ``"train"`` or ``"test"``.
        download: Fetch the files into ``root`` first, unless they are there.

    Raises:
        MissingDataError: A file is not there, and ``download`` is not set.
        DataError: A file is damaged, is none of this dataset, or cannot be fetched.
    """
    return _load("cifar10", root, split, download)


def read_cifar100(
    root: str | os.PathLike[str] | None = None, *, split: str = "train", download: bool = False
) -> ImageSet:
    """60,000 such images in 100 classes, from ``cifar-100-python``; otherwise as :func:`read_cifar10`."""
    return _load("cifar100", root, split, download)


def _load(name: str, root: str | os.PathLike[str] | None, split: str, download: bool) -> ImageSet:
    kind, folder = _KINDS[name], as_root(name, root)
    names = {"train": kind.train, "test": kind.test}[one_of(f"{name} split", split, ("train", "test"))]
    paths = [folder / kind.folder / file for file in names]
    if download and not all(path.is_file() for path in paths):
        _download(kind, folder)
    require(paths, f"pass download=True to fetch {kind.torchvision_class} into {folder}")
    remedy = f"delete {folder / kind.folder} and pass download=True to fetch it again"
    parts = [pickled_batch(path, kind.labels_key, 3 * 32 * 32, remedy) for path in paths]
    for path, (_, labels) in zip(paths, parts, strict=True):
        if len(labels) and not 0 <= labels.min() <= labels.max() < kind.num_classes:
            raise DataError(
                f"{path}: expected labels from 0 to {kind.num_classes - 1}, "
                f"got {labels.min()} to {labels.max()}; {remedy}"
            )
    return ImageSet(
        name=f"{name} {split}",
        images=torch.from_numpy(np.concatenate([pixels for pixels, _ in parts]).reshape(-1, 3, 32, 32)),
        labels=torch.from_numpy(np.concatenate([labels for _, labels in parts])),
        classes=tuple(str(label) for label in range(kind.num_classes)),
        mean=kind.mean,
        std=kind.std,
    )


def _download(kind: _Kind, root: Path) -> None:
    # Fetched and checked by torchvision, but not read by it: it would unpickle without restriction.
    import torchvision.datasets
    from torchvision.datasets.utils import download_and_extract_archive

    source = getattr(torchvision.datasets, kind.torchvision_class)
    try:
        download_and_extract_archive(source.url, str(root), filename=source.filename, md5=source.tgz_md5)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"{source.url}: could not be fetched into {root} ({error}); unpack a copy of it there by hand"
        ) from error
