"""A smooth supernet in double precision, with nothing in it that differentiates badly."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from tqdm import tqdm

from tests.training.helpers import digits
from zcnas.data import ImageSet
from zcnas.space import Architecture
from zcnas.supernet import Edge, Mixture, Supernet
from zcnas.training import recipe
from zcnas.training.architect import Architect
from zcnas.training.lesson import Lesson
from zcnas.training.relaxation import Relaxation
from zcnas.training.run import sgd

HOW = recipe("darts_search", epochs=2, batch_size=16, flip=False, padding=0, cutout=0, learning_rate=0.1)


class Noisy(nn.Module):
    """Carries nothing but noise."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.randn_like(x)


def smooth(*, noise: bool = False) -> Supernet:
    """Two edges in a row, with three operations each: a layer, tanh, and what does nothing, or noise."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        third = Noisy if noise else nn.Identity
        edges = [Mixture(edge, [nn.Linear(6, 6), nn.Tanh(), third()]) for edge in range(2)]
        network = nn.Sequential(nn.Flatten(), nn.Linear(64, 6), *edges, nn.Linear(6, 10)).double()
    names = [Edge(f"edge{place}", ("linear", "tanh", "third")) for place in range(2)]
    return Supernet(network, names, lambda ops: Architecture("smooth", tuple(op or 0 for op in ops)))


def batch(data: ImageSet) -> tuple[Tensor, Tensor]:
    held = data.batch(range(16))
    assert held.targets is not None
    return held.inputs.double(), held.targets


def prepared(order: int, *, radius: float = 0.01, steps: int = 0) -> tuple[Architect, Lesson]:
    """An architect and a lesson whose weights have taken so many steps."""
    supernet, (train, other) = smooth(), digits()
    strengths = [[0.3, -0.2, 0.1], [-0.4, 0.2, 0.5]]
    relaxation = Relaxation(supernet, strengths, torch.zeros(0, dtype=torch.float64))
    optimiser = sgd(supernet.network, replace(HOW, clip=None))
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    bar, device = tqdm(disable=True), torch.device("cpu")
    lesson = Lesson(supernet.network, optimiser, scaler, train, other, HOW, 0, device, bar)
    adam = torch.optim.Adam(relaxation.parameters(), lr=3e-4, betas=(0.5, 0.999), weight_decay=1e-3)
    architect = Architect(supernet, relaxation, adam, other, order, 0, radius)
    for _ in range(steps):
        supernet.mix([weight.detach() for weight in relaxation()])
        images, targets = batch(train)
        optimiser.zero_grad()
        nn.functional.cross_entropy(lesson.network(images), targets).backward()
        optimiser.step()
    return architect, lesson
