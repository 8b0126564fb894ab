"""Oracles that compare samples: correlations of Jacobians, per-sample gradients, codes of rectifiers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.oracles.draws import drawn_weights, line, noise, seeded
from tests.oracles.gradients import weights
from tests.oracles.networks import Tiny
from tests.oracles.problems import NoMeaning, Problem

Array = npt.NDArray[np.float64]
K = 1e-5


def jacobian(problem: Problem) -> Array:
    """``(N, D)``: all derivatives of all logits for one sample's input, summed over samples and logits."""
    if not problem.inputs.is_floating_point():
        raise NoMeaning
    network = problem.copy()
    full = torch.autograd.functional.jacobian(network, problem.inputs)
    assert isinstance(full, Tensor)
    return full.sum(dim=(0, 1)).flatten(1).numpy()


def jacob_cov(problem: Problem) -> float:
    values = np.linalg.eigvalsh(np.corrcoef(jacobian(problem)))
    return -sum(math.log(max(value, 0.0) + K) + 1 / (max(value, 0.0) + K) for value in values)


def epe_nas(problem: Problem) -> float:
    rows = jacobian(problem)
    scores = {}
    for label in set(problem.targets.tolist()):
        own = rows[problem.targets.numpy() == label]
        matrix = np.atleast_2d(np.corrcoef(own))
        scores[label] = sum(math.log(abs(entry) + K) for entry in matrix.ravel()), len(own)
    if len(scores) <= 100:
        return sum(abs(score) for score, _ in scores.values())
    means = [score / size for score, size in scores.values()]
    return sum(abs(one - other) for one in means for other in means) / len(means)


def sample_gradients(problem: Problem, logits: bool) -> list[list[Tensor]]:
    """For every sample, alone in its batch: gradients of the summed logits or of the loss, one per weight tensor."""
    found = []
    for index in range(len(problem.inputs)):
        network = problem.copy()
        output = network(problem.inputs[index : index + 1])
        scalar = output.sum() if logits else F.cross_entropy(output, problem.targets[index : index + 1])
        scalar.backward()
        found.append([torch.zeros_like(w) if w.grad is None else w.grad.clone() for w in weights(network).values()])
    return found


def ntk_condition(problem: Problem) -> float:
    rows = [torch.cat([g.flatten() for g in one]).numpy() for one in sample_gradients(problem, logits=True)]
    values = np.linalg.eigvalsh(np.array([[one @ other for other in rows] for one in rows]))
    if values[0] < 1e-6 * values[-1]:
        raise NoMeaning
    return values[-1] / values[0]


def ntk_condition_released(problem: Problem) -> float:
    """All samples at once, in train mode; every parameter that is called weight."""
    network = problem.copy()
    output = network(problem.inputs)
    named = [value for name, value in network.named_parameters() if "weight" in name]
    rows = []
    for sample in output:
        found = torch.autograd.grad(sample.sum(), named, retain_graph=True, allow_unused=True)
        rows.append(np.concatenate([g.numpy().ravel() for g in found if g is not None]))
    values = np.linalg.eigvalsh(np.array([[one @ other for other in rows] for one in rows]))
    if values[0] < 1e-6 * values[-1]:
        raise NoMeaning
    return values[-1] / values[0]


def gradsign(problem: Problem, mean: bool = False) -> float:
    per_tensor = zip(*sample_gradients(problem, logits=False), strict=True)
    agreements = [np.abs(np.sign(torch.stack(one).numpy()).sum(axis=0)).ravel() for one in per_tensor]
    flat = np.concatenate(agreements)
    return float(flat.mean() if mean else flat.sum())


def codes(network: Tiny, inputs: Tensor) -> list[list[bool]]:
    """For every sample, the state of every unit."""
    with network.noting() as notes, torch.no_grad():
        network(inputs)
    if not notes["units"]:
        raise NoMeaning
    return torch.cat([(value > 0).flatten(1) for value in notes["units"]], dim=1).tolist()


def nwot(problem: Problem, train: bool = True) -> float:
    return log_determinant(codes(problem.copy(train), problem.inputs))


def nwot_released(problem: Problem) -> float:
    """The inputs of all modules whose class is called something with ReLU."""
    network, seen = problem.copy(), []
    for module in network.modules():
        if "ReLU" in type(module).__name__:
            module.register_forward_pre_hook(lambda _, args: seen.append((args[0] > 0).flatten(1)))
    with torch.no_grad():
        network(problem.inputs)
    if not seen:
        raise NoMeaning
    return log_determinant(torch.cat(seen, dim=1).tolist())


def log_determinant(found: list[list[bool]]) -> float:
    """Of the matrix of agreements: all units but those in whose state two samples differ."""
    kernel = [[sum(a == b for a, b in zip(one, other, strict=True)) for other in found] for one in found]
    sign, value = np.linalg.slogdet(np.array(kernel, dtype=float))
    return float(value) if sign > 0 else -math.inf


def linear_regions(problem: Problem) -> float:
    """1 and the number of changes of state on the way along a line."""
    with seeded(problem, inputs="line", size=64):
        network, inputs = problem.copy(), line(problem, 64)
    steps = pairwise(codes(network, inputs))
    return 1.0 + sum(a != b for one, other in steps for a, b in zip(one, other, strict=True))


def linear_regions_released(problem: Problem) -> float:
    with seeded(problem, inputs="gaussian", size=1000):
        network, inputs = problem.copy(), noise(problem, 1000)
    return float(len(set(map(tuple, codes(network, inputs)))))


def swap(problem: Problem, mu: float | None = None) -> float:
    """Different columns of the table of samples by units, with weights drawn four times."""
    counts = []
    for draw in range(4):
        with seeded(problem, draw=draw, size=16, weights="gaussian"):
            network = drawn_weights(problem)
        counts.append(len(set(zip(*codes(network, problem.inputs[:16]), strict=True))))
    millions = sum(value.numel() for value in problem.network.parameters()) / 1e6
    return np.mean(counts) * (1.0 if mu is None else math.exp(-((millions - mu) ** 2)))
