"""One training run of the digits benchmark."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from functools import lru_cache

import torch
import torch.nn.functional as F
from _digits_task import CLASSES, Images, Task, distort, splits
from torch import Tensor, nn

from zcnas.searchspaces import NASBench201
from zcnas.seeding import generator


@dataclass(frozen=True, slots=True)
class Recipe:
    """Stochastic gradient descent with Nesterov momentum; the rate rises linearly, then falls as a cosine.

    Attributes:
        C: Channels of the network's first stage.
        N: Cells per stage.
        epochs: Passes over the training images.
        batch_size: Images per step.
        rate: Highest learning rate.
        warmup: Share of the steps in which the rate rises.
        momentum: Nesterov momentum.
        decay: Weight decay.
    """

    C: int = 8
    N: int = 1
    epochs: int = 12
    batch_size: int = 64
    rate: float = 0.1
    warmup: float = 0.2
    momentum: float = 0.9
    decay: float = 5e-4


@dataclass(frozen=True, slots=True)
class Job:
    """Which network to train, from which seed, on what, and how."""

    arch: str
    seed: int
    task: Task = field(default_factory=Task)
    recipe: Recipe = field(default_factory=Recipe)


@dataclass(frozen=True, slots=True)
class Run:
    """What a job gave: accuracies in %, processor seconds of the training, trainable parameters."""

    arch: str
    seed: int
    val: float
    test: float
    seconds: float
    params: int


def train(job: Job) -> Run:
    """Trains and tests one network. Depends on the job alone, whichever process runs it."""
    space = NASBench201()
    begin = time.process_time()
    recipe = job.recipe
    network = space.build(
        space.parse(job.arch), num_classes=CLASSES, seed=job.seed, C=recipe.C, N=recipe.N, in_channels=1
    )
    epochs = _epochs(job.task, recipe, job.seed)
    _descend(network, epochs, recipe)
    _settle_statistics(network, epochs[-1])
    seconds = time.process_time() - begin
    data = splits(job.task)
    return Run(
        arch=job.arch,
        seed=job.seed,
        val=_accuracy(network, data.val),
        test=_accuracy(network, data.test),
        seconds=seconds,
        params=sum(weight.numel() for weight in network.parameters()),
    )


# All networks see the same images in the same order under one seed: drawn once per process.
@lru_cache(maxsize=4)
def _epochs(task: Task, recipe: Recipe, seed: int) -> list[Images]:
    epochs = []
    for epoch in range(recipe.epochs):
        images = distort(splits(task).train, task, "train", seed, epoch)
        order = torch.as_tensor(generator("digits-order", seed, epoch).permutation(len(images)))
        epochs.append(Images(images.inputs[order], images.labels[order]))
    return epochs


def _descend(network: nn.Module, epochs: list[Images], recipe: Recipe) -> None:
    batches = [batch for images in epochs for batch in _batches(images, recipe.batch_size)]
    optimiser = torch.optim.SGD(
        network.parameters(),
        recipe.rate,
        momentum=recipe.momentum,
        weight_decay=recipe.decay,
        nesterov=True,
        fused=True,
    )
    network.train()
    for step, (inputs, labels) in enumerate(batches):
        optimiser.param_groups[0]["lr"] = recipe.rate * _rate((step + 0.5) / len(batches), recipe.warmup)
        loss = F.cross_entropy(network(inputs), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def _batches(images: Images, size: int) -> list[tuple[Tensor, Tensor]]:
    return list(zip(images.inputs.split(size), images.labels.split(size), strict=True))


def _rate(progress: float, warmup: float) -> float:
    if progress < warmup:
        return progress / warmup
    return (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))) / 2


def _settle_statistics(network: nn.Module, images: Images) -> None:
    """Takes batch statistics anew: in so few steps the running averages never catch up with the weights."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    with torch.no_grad():
        network(images.inputs)


def _accuracy(network: nn.Module, images: Images) -> float:
    network.eval()
    with torch.no_grad():
        hits = network(images.inputs).argmax(1) == images.labels
    return 100 * float(hits.double().mean())
