r"""Trains one architecture: what a search has found, or any other.

    python experiments/train.py --space nasbench201 --data digits --out runs/cell \
        --arch '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|'

Interrupt it at any time: the same command goes on after the last finished epoch, and ends with the weights to which it
would have come without. ``--out`` gets ``last.pt`` and ``best.pt`` (checkpoints), ``log.csv``, and in the end
``weights.pt`` with ``weights.json``.
"""

from __future__ import annotations

import argparse
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from typing import Any

from zcnas.cli.common import pairs
from zcnas.data import ImageSet, divide, load
from zcnas.errors import InputError, ZcnasError
from zcnas.searchspaces import get
from zcnas.space import SearchSpace
from zcnas.training import Epoch, Training, export_weights, recipe, train

SPLITS = {"cifar10": ("train", "test"), "cifar100": ("train", "test"), "pictures": ("train", "val")}
"""What is trained on and what it is tried on, unless ``--splits`` says otherwise."""
HELD_OUT = 0.2
"""Share of digits, which come in one piece, that is not trained on."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Builds, trains, exports, prints."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    try:
        _run(options, given)
    except ZcnasError as error:
        raise SystemExit(f"train.py: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit(f"train.py: stopped; the same command goes on from {options.out}") from None


def _run(options: argparse.Namespace, given: Sequence[str]) -> None:
    data, validation = _images(options)
    space = get(options.space)
    arch = space.parse(options.arch)
    build = {"num_classes": len(data.classes), **_channels(space, data), **pairs(options.build)}
    network = space.build(arch, seed=options.seed, **build)
    done = train(
        network,
        data,
        recipe(options.recipe, **_changes(options)),
        validation=validation,
        seed=options.seed,
        name=arch.key,
        device=options.device,
        folder=options.out,
        tensorboard=options.tensorboard,
        progress=not options.quiet,
    )
    last = {"accuracy": done.last.accuracy, "validation_accuracy": done.last.validation_accuracy}
    # What the modules are follows from the architecture.
    settings = {name: value for name, value in done.settings.items() if name != "network"}
    export_weights(network, options.out / "weights.pt", arch=arch, build=build, meta={**settings, **last})
    params = sum(weight.numel() for weight in network.parameters())
    print(f"# {space.name} on {data.name}\n")
    print(f"`{space.format(arch)}`, {params:,} parameters, recipe {options.recipe}.\n")
    print(_table(done))
    names = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "torch", "numpy"))
    print(f"\nCommand: `{shlex.join(['python', 'experiments/train.py', *given])}`. Seed {options.seed}.", end=" ")
    print(f"Python {platform.python_version()}, {names}.")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--space", required=True, help="see 'zcnas list spaces'")
    parser.add_argument("--arch", required=True, help="in the space's own spelling")
    parser.add_argument("--build", nargs="+", default=[], metavar="NAME=VALUE", help="of the network, e.g. C=16 N=5")
    parser.add_argument("--data", default="digits", choices=["digits", *SPLITS])
    parser.add_argument("--root", help="where the data lie: a folder or an archive")
    parser.add_argument("--validation-root", help="where those to try it on lie, if elsewhere")
    parser.add_argument("--splits", nargs=2, metavar=("TRAIN", "VALIDATION"), help="names of parts of the data")
    parser.add_argument("--data-options", nargs="+", default=[], metavar="NAME=VALUE", help="e.g. size=32 channels=3")
    parser.add_argument("--recipe", default="digits", help="darts, nasbench201 or digits")
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="of the recipe, e.g. cutout=16")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--seed", type=int, default=0, help="of weights and all else that is random")
    parser.add_argument("--device", help="cpu, cuda, cuda:1")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, logs and weights")
    parser.add_argument("--tensorboard", action="store_true", help="curves as well (extra tensorboard)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


def _images(options: argparse.Namespace) -> tuple[ImageSet, ImageSet]:
    further = pairs(options.data_options) | ({} if options.root is None else {"root": options.root})
    if options.data not in SPLITS:
        if options.splits:
            raise InputError(f"--splits: {options.data} come in one piece; leave it out")
        first, second = divide(_load(options.data, further), (1 - HELD_OUT, HELD_OUT))
        return first, second
    train_split, other_split = options.splits or SPLITS[options.data]
    first = _load(options.data, {**further, "split": train_split})
    if options.validation_root is not None:
        further["root"] = options.validation_root
    second = _load(options.data, {**further, "split": other_split})
    if first.classes != second.classes:
        raise InputError(f"{second.name}: expected the classes of {first.name}, got {', '.join(second.classes)[:200]}")
    return first, second


def _load(name: str, options: Mapping[str, Any]) -> ImageSet:
    held = load(name, **options)
    assert isinstance(held, ImageSet)
    return held


def _channels(space: SearchSpace, data: ImageSet) -> dict[str, int]:
    """Those of the images, for a space that has a choice."""
    channels = data.images.shape[1]
    if "in_channels" in signature(space.build).parameters:
        return {"in_channels": channels}
    if channels != 3:
        raise InputError(f"{space.name}: expected images of 3 channels, got {channels}; use --data-options channels=3")
    return {}


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    named = {"epochs": options.epochs, "batch_size": options.batch_size}
    return pairs(options.set) | {name: value for name, value in named.items() if value is not None}


def _table(done: Training) -> str:
    rows = {"first": done.history[0], "best": done.best, "last": done.last}
    head = "| epoch | | loss | accuracy, % | validation loss | validation accuracy, % | seconds |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *(_row(name, epoch) for name, epoch in rows.items())])


def _row(name: str, epoch: Epoch) -> str:
    seen = f"{epoch.validation_loss:.3f} | {epoch.validation_accuracy:.2f}"
    return f"| {epoch.epoch} | {name} | {epoch.loss:.3f} | {epoch.accuracy:.2f} | {seen} | {epoch.seconds:.1f} |"


if __name__ == "__main__":
    main()
