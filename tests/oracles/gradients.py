"""Oracles that look at weights and their gradients, one backward pass per network, no sharing."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from tests.oracles.networks import Tiny
from tests.oracles.problems import NoMeaning, Problem

Array = npt.NDArray[np.float64]
Parts = dict[str, float]


def weights(network: Tiny) -> dict[str, Tensor]:
    """Parameters of at least two dimensions that are no biases."""
    named = network.named_parameters()
    return {name: value for name, value in named if value.ndim >= 2 and "bias" not in name.split(".")[-1]}


def loss_gradients(problem: Problem, batch: int = 0) -> dict[str, Array]:
    """By name of every parameter, the gradient of the mean cross-entropy; zeros where there is none."""
    network = problem.copy()
    data = problem.batches[batch]
    F.cross_entropy(network(data.inputs), data.targets).backward()
    return {
        name: np.zeros(tuple(value.shape)) if value.grad is None else value.grad.numpy()
        for name, value in network.named_parameters()
    }


def params(problem: Problem) -> Parts:
    return {name: float(np.prod(value.shape)) for name, value in problem.network.named_parameters()}


def l2_norm(problem: Problem) -> Parts:
    parts = weights(problem.network)
    return {name: math.sqrt(sum(w * w for w in value.flatten().tolist())) for name, value in parts.items()}


def grad_norm(problem: Problem) -> Parts:
    gradients = loss_gradients(problem)
    return {name: math.sqrt((gradients[name] ** 2).sum()) for name in weights(problem.network)}


def grad_norm_global(problem: Problem) -> float:
    return float(np.linalg.norm(np.concatenate([g.ravel() for g in loss_gradients(problem).values()])))


def snip(problem: Problem) -> Parts:
    """As the paper has it: the gradient of a mask of ones on every weight."""
    network = problem.copy()
    masks = {name: torch.ones_like(value, requires_grad=True) for name, value in weights(network).items()}
    masked = {name: value.detach() * masks[name] for name, value in weights(network).items()}
    F.cross_entropy(functional_call(network, masked, (problem.inputs,)), problem.targets).backward()
    return {name: 0.0 if mask.grad is None else mask.grad.abs().sum().item() for name, mask in masks.items()}


def plain(problem: Problem) -> Parts:
    gradients = loss_gradients(problem)
    named = weights(problem.network).items()
    return {name: float((value.detach().numpy() * gradients[name]).sum()) for name, value in named}


def grasp(problem: Problem) -> Parts:
    """With the whole Hessian of the loss in the weights, one row at a time."""
    network = problem.copy()
    named = {name: value.detach() for name, value in weights(network).items()}
    sizes = [value.numel() for value in named.values()]

    def loss(flat: Tensor) -> Tensor:
        pieces = zip(named.items(), flat.split(sizes), strict=True)
        tensors = {name: piece.view(value.shape) for (name, value), piece in pieces}
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            return F.cross_entropy(functional_call(network, tensors, (problem.inputs,)), problem.targets)

    flat = torch.cat([value.flatten() for value in named.values()])
    gradient = torch.autograd.functional.jacobian(loss, flat)
    hessian = torch.autograd.functional.hessian(loss, flat)
    products = (-flat * (hessian @ gradient)).split(sizes)
    return {name: product.sum().item() for name, product in zip(named, products, strict=True)}


def fisher(problem: Problem, released: bool = False) -> Parts:
    network, parts = problem.copy(), {}
    with network.noting() as notes:
        loss = F.cross_entropy(network(problem.inputs), problem.targets)
        named = weights(network)
        for kind, values in notes.items():
            name = kind.removeprefix("output:")
            if name == kind:
                continue
            for use, value in enumerate(values):
                (gradient,) = torch.autograd.grad(loss, value, retain_graph=True)
                factor = named[name].numel() / _channels(network, name) if released else 1.0
                label = f"{name}#{use + 1}" if use else name
                parts[label] = factor * _fisher(value, gradient, _is_linear(network, name))
    return parts


def _is_linear(network: Tiny, name: str) -> bool:
    return weights(network)[name].ndim == 2


def _channels(network: Tiny, name: str) -> int:
    transposed = isinstance(network.get_submodule(name.rpartition(".")[0]), torch.nn.ConvTranspose1d)
    return weights(network)[name].shape[1 if transposed else 0]


def _fisher(value: Tensor, gradient: Tensor, channels_last: bool) -> float:
    """Sum over channels of half the mean over samples of the squared sum over positions."""
    products = (value * gradient).detach()
    products = products.movedim(-1, 1) if channels_last else products
    total = 0.0
    for channel in range(products.shape[1]):
        for sample in range(len(products)):
            total += products[sample, channel].sum().item() ** 2 / 2 / len(products)
    return total


def zico(problem: Problem, signed: bool = False) -> Parts:
    found = [loss_gradients(problem, batch) for batch in range(2)]
    parts = {}
    for name in weights(problem.network):
        total = 0.0
        for pair in zip(*(gradients[name].ravel() for gradients in found), strict=True):
            sizes = np.abs(pair)
            deviation = np.std(pair if signed else sizes)
            total += sizes.mean() / deviation if deviation > 0 else 0.0
        if total > 0:
            parts[name] = math.log(total)
    return parts


def synflow(problem: Problem, norms: bool = False, keep: str = "") -> Parts:
    """On a copy with positive weights, whose norms are replaced by the identity; with norms, in train mode.

    Norms in classes called ``keep`` stay.
    """
    if not problem.inputs.is_floating_point():
        raise NoMeaning
    network = problem.copy(train=norms or bool(keep))
    with torch.no_grad():
        for tensor in (*network.parameters(), *network.buffers()):
            tensor.copy_(tensor.abs())
    if not norms:
        _drop_norms(network, keep)
    network(torch.ones(1, *problem.inputs.shape[1:], dtype=torch.float64)).sum().backward()
    named = weights(network)
    return {
        name: 0.0 if value.grad is None else (value * value.grad).abs().sum().item() for name, value in named.items()
    }


def log_synflow(problem: Problem) -> float:
    total = sum(synflow(problem).values())
    return math.log(total) if total else -math.inf


def _drop_norms(module: torch.nn.Module, keep: str) -> None:
    for name, child in module.named_children():
        if type(child).__name__ == keep:
            continue
        if "Norm" in type(child).__name__:
            setattr(module, name, torch.nn.Identity())
        _drop_norms(child, keep)
