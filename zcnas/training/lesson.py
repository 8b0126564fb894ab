"""One epoch of training: every image once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from zcnas.data import ImageSet
from zcnas.errors import ModelError, OutOfMemory, ZcnasError
from zcnas.passes.setting import is_out_of_memory
from zcnas.seeding import generator
from zcnas.training.augmentation import augmented, draws
from zcnas.training.evaluation import dtype_of, evaluate
from zcnas.training.history import Epoch
from zcnas.training.loss import losses
from zcnas.training.recipes import Recipe
from zcnas.training.schedule import drop_path, learning_rate
from zcnas.training.surroundings import drop_path_of, set_drop_path
from zcnas.training.tally import Tally

Before = Callable[["Lesson", int, int, tuple[Tensor, Tensor]], None]


@dataclass(frozen=True, slots=True)
class Lesson:
    """All that an epoch needs.

    Attributes:
        network: Changes.
        optimiser: Of its parameters.
        scaler: Of losses in float16; else it does nothing.
        data: Images to train on.
        validation: Images to look at after every epoch.
        recipe: How.
        seed: Of orders and augmentations.
        device: Where the network is.
        bar: Shows steps.
        before: Called before each step, with this lesson, the epoch, the step and its images and labels.
    """

    network: nn.Module
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    data: ImageSet
    validation: ImageSet | None
    recipe: Recipe
    seed: int
    device: torch.device
    bar: Any
    before: Before | None = None

    def __call__(self, epoch: int) -> Epoch:
        """Trains for one epoch, numbered from 0, and validates.

        Raises:
            Diverged: The loss is no finite number.
            ModelError: The network raised.
            OutOfMemory: Memory ran out.
        """
        start, tally = time.perf_counter(), Tally(epoch + 1)
        self.network.train()
        if drop_path_of(self.network) is not None:
            set_drop_path(self.network, drop_path(self.recipe, epoch))
        steps = steps_of(len(self.data), self.recipe.batch_size)
        if not self.bar.n:
            self.bar.initial = self.bar.n = epoch * steps
        for step, (images, targets) in enumerate(batches(self.data, self.recipe, self.seed, epoch, self.device)):
            self.optimiser.param_groups[0]["lr"] = learning_rate(self.recipe, epoch, step, steps)
            with explained(f"epoch {epoch + 1}, step {step + 1}", images):
                images = images.to(dtype_of(self.network))
                if self.before is not None:
                    self.before(self, epoch, step, (images, targets))
                tally.add(*self._step(images, targets), targets)
            self.bar.update()
        loss, accuracy = tally.means()
        seconds = time.perf_counter() - start
        seen = None if self.validation is None else evaluate(self.network, self.validation)
        self.bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{(seen.accuracy if seen else accuracy):.1f}")
        return Epoch(
            epoch=epoch + 1,
            learning_rate=learning_rate(self.recipe, epoch, 0, steps),
            loss=loss,
            accuracy=accuracy,
            validation_loss=None if seen is None else seen.loss,
            validation_accuracy=None if seen is None else seen.accuracy,
            seconds=seconds,
        )

    def _step(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and logits of one step down the gradient."""
        self.optimiser.zero_grad(set_to_none=True)
        mixed, kind = self.recipe.precision != "float32", getattr(torch, self.recipe.precision)
        with torch.autocast(self.device.type, dtype=kind if mixed else None, enabled=mixed):
            logits, loss, whole = losses(self.network(images), targets, self.data, self.recipe)
        self.scaler.scale(whole).backward()
        if self.recipe.clip is not None:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return loss, logits


def steps_of(images: int, batch_size: int) -> int:
    """Steps in an epoch, the last one with what is left."""
    return -(-images // batch_size)


def batches(
    data: ImageSet, recipe: Recipe, seed: int, epoch: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Images (N, C, H, W) and labels (N,) in the order of this epoch, which depends on its number and the seed."""
    drawn = draws(len(data), seed, epoch)
    order = torch.as_tensor(generator("training-order", seed, epoch).permutation(len(data)))
    for places in order.split(recipe.batch_size):
        yield augmented(data, places, drawn, recipe, device), data.labels[places].to(device)


@contextmanager
def explained(where: str, images: Tensor) -> Iterator[None]:
    """Says in which step the network failed. Raises :class:`ModelError` or :class:`OutOfMemory`."""
    try:
        yield
    except ZcnasError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(
                f"{where}: memory ran out with {len(images)} images at a time; use a recipe with a smaller batch_size"
            ) from error
        raise ModelError(
            f"{where}: the network raised {type(error).__name__} on images {tuple(images.shape)}: {error}; check that "
            "it trains on such images by itself"
        ) from error
