"""Oracles that look at maps: AZ-NAS, MeCo, Zen; and counts of operations."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tests.oracles.draws import drawn_weights, noise, seeded
from tests.oracles.gradients import weights
from tests.oracles.networks import Tiny
from tests.oracles.problems import NoMeaning, Problem

Array = npt.NDArray[np.float64]


def blocks(network: Tiny, inputs: Tensor) -> list[Tensor]:
    """Outputs of the named blocks, in order."""
    with network.noting() as notes:
        network(inputs)
    found = [notes[kind][0] for kind in sorted(notes) if kind.startswith("block:")]
    if not found:
        raise NoMeaning
    return found


def as_rows(value: Tensor, axis: int) -> Array:
    """``(N*positions, C)``: maps have their channels second, tokens last."""
    moved = value.detach().movedim(axis, -1)
    return moved.reshape(-1, moved.shape[-1]).numpy()


def entropies(problem: Problem) -> list[float]:
    with seeded(problem, inputs="gaussian"):
        inputs = noise(problem)
    return entropies_of(problem, inputs)


def entropies_of(problem: Problem, inputs: Tensor) -> list[float]:
    found = []
    for value in blocks(problem.copy(), inputs):
        rows = as_rows(value, problem.network.channel_axis)
        spectrum = np.linalg.eigvalsh(np.cov(rows.T, bias=True))
        shares = np.maximum(spectrum, 0) / np.maximum(spectrum, 0).sum()
        found.append(-float(sum(share * math.log(share + 1e-8) for share in shares)))
    return found


def az_expressivity(problem: Problem) -> float:
    return sum(entropies(problem))


def az_progressivity(problem: Problem) -> float:
    found = entropies(problem)
    if len(found) < 2:
        raise NoMeaning
    return min(after - before for before, after in pairwise(found))


def az_trainability(problem: Problem) -> float:
    """Signs are drawn for the last block first, on the state that the inputs left."""
    with seeded(problem, inputs="gaussian"):
        found = blocks(problem.copy(), noise(problem))
        if len(found) < 2:
            raise NoMeaning
        parts = []
        for below, above in reversed(list(pairwise(found))):
            signs = torch.bernoulli(torch.full(above.shape, 0.5)).double() * 2 - 1
            parts.append(_nearness(below, above, signs, problem.network.channel_axis))
    return float(np.mean(parts))


def _nearness(below: Tensor, above: Tensor, signs: Tensor, axis: int) -> float:
    (arriving,) = torch.autograd.grad(above, below, signs, retain_graph=True)
    if torch.equal(arriving, signs):
        return -math.inf
    if arriving.ndim == 4 and arriving.shape[2:] != signs.shape[2:]:
        arriving = nn.PixelUnshuffle(arriving.shape[2] // signs.shape[2])(arriving)
    rows_in, rows_out = as_rows(arriving, axis), as_rows(signs, axis)
    sigma = np.linalg.svd(rows_in.T @ rows_out / len(rows_out), compute_uv=False)[0]
    return 2 - sigma - 1 / (sigma + 1e-6)


def smallest_eigenvalue(value: Tensor) -> float:
    """Of the correlations between the first sample's channels; those of a constant channel are 0."""
    channels = value.detach()[0].flatten(1).numpy()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        matrix = np.nan_to_num(np.atleast_2d(np.corrcoef(channels)), nan=0.0, posinf=0.0, neginf=0.0)
    return float(np.linalg.eigvalsh(matrix)[0])


def meco(problem: Problem) -> float:
    with seeded(problem, inputs="gaussian"):
        inputs = noise(problem)
    network = problem.copy()
    with network.noting() as notes, torch.no_grad():
        network(inputs)
    named = weights(network)
    maps = [
        value
        for kind, values in notes.items()
        for value in values
        if kind.startswith("output:") and named[kind.removeprefix("output:")].ndim >= 3
    ]
    if not maps:
        raise NoMeaning
    return sum(map(smallest_eigenvalue, maps))


def meco_released(problem: Problem) -> float:
    """Every module's output, the containers' too."""
    with seeded(problem, inputs="gaussian"):
        inputs = noise(problem)
    network, found = problem.copy(), []

    def keep(_: nn.Module, __: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim >= 3:
            found.append(smallest_eigenvalue(output))

    for module in network.modules():
        module.register_forward_hook(keep)
    with torch.no_grad():
        network(inputs)
    if not found:
        raise NoMeaning
    return sum(found)


def zen(problem: Problem, released: bool = False) -> float:
    with seeded(problem, inputs="gaussian", weights="gaussian"):
        network, still = drawn_weights(problem), noise(problem)
        moved = still + 0.01 * torch.randn(still.shape).double()
    return zen_of(network, still, moved, released)


def zen_of(network: Tiny, still: Tensor, moved: Tensor, released: bool = False) -> float:
    """From drawn weights and inputs; the running variances are left to batch norm itself."""
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
    maps, variances = [], []
    for inputs in (still, moved):
        with network.noting() as notes, torch.no_grad():
            network(inputs)
        if not notes["last"]:
            raise NoMeaning
        maps.append(notes["last"][0])
        variances.append([value.movedim(1, 0).flatten(1).numpy().var(axis=1).mean() for value in notes["norm"]])
    change = (maps[0] - maps[1]).flatten(1).numpy()
    if released:
        size = np.abs(change).sum(axis=1).mean()
        scales = [norm.running_var.mean().item() for norm in norms if norm.running_var is not None]
    else:
        size = np.mean([math.sqrt((row**2).sum()) for row in change])
        scales = variances[0]
    return math.log(size) + sum(math.log(math.sqrt(value)) for value in scales)


# By hand: outputs times inputs to each, per sample.
MULTIPLY_ADDS = {
    "residual": 3 * 36 * 2 * 9 + 3 * 36 * 3 * 9 + 3 * 36 * 3 + 4 * 3,
    "mlp": 7 * 10 + 6 * 7 + 4 * 6,
    "tied": 2 * 8 * 8 + 4 * 8,
    "reused": 3 * 4 * 3 * 2 * 4 + 2 * (3 * 4 * 3 * 3 * 9) + 4 * 3,
    "depthwise": 4 * 4 * 3 * 2 * 9 + 4 * 4 * 3 * 9 + 6 * 4 * 3 * 2 + 4 * 6,
    "wrapped": 2 * 36 * 2 * 9 + 4 * 9 * 2 * 9 + 4 * 4,
    # Five tokens: in, packed projection, scores and mixture of two heads of 3, out, MLP, head.
    "tokens": 5 * (6 * 4 + 18 * 6 + 6 * 6 + 5 * 6 + 6 * 5) + 2 * (2 * 5 * 5 * 3) + 4 * 6,
    "words": 4 * 5,
    "signal": 4 * 7 * 2 * 3 + 4 * 7 * 3 * 2 + 4 * 3,
}
# What NASLib's convention adds: twice every output of a batch norm, every output of a ReLU, k*k for every output
# of an average pool, one row and one column too many for global ones.
EXTRA = {
    "tied": 0,
    "residual": 2 * (3 * 36 * 3) + 3 * 36 * 3,
    "mlp": 7 + 6,
    "reused": 3 * 12 * 3,
    "depthwise": 2 * (4 * 12 + 4 * 12 + 6 * 12),
    "wrapped": 2 * 36 + 2 * 4 * 9 + 9 * 4,
    # The products inside attention belong to no layer of its kind.
    "tokens": 5 * 5 - 2 * (2 * 5 * 5 * 3),
    "words": 5,
    "signal": 2 * 4 * 7,
}


def flops(problem: Problem) -> float:
    return MULTIPLY_ADDS[problem.name]


def flops_released(problem: Problem) -> float:
    return MULTIPLY_ADDS[problem.name] + EXTRA[problem.name]
