"""Runs one pass: one forward, and one backward per functional that somebody wants differentiated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from zcnas.batch import Batch, one_sample
from zcnas.errors import InputError, OutOfMemory, Undefined
from zcnas.passes.batch_norm import batch_norm
from zcnas.passes.convolution import CONVOLUTIONS_TWICE, conv2d
from zcnas.passes.dropout import dropout
from zcnas.passes.inputs import make_inputs
from zcnas.passes.intercept import TWICE_DIFFERENTIABLE, Function, Interceptor
from zcnas.passes.inventory import Inventory
from zcnas.passes.manners import prepared
from zcnas.passes.observe import Observation, Recorder, Run
from zcnas.passes.pooling import AveragePool
from zcnas.passes.setting import Setting, explained, logits_of, scalar_of
from zcnas.passes.sharing import SharedReLU, SharedTensorChanged
from zcnas.passes.spec import Functional, Pass
from zcnas.passes.substitute import Substitutes
from zcnas.seeding import derive_seed

# What the classes of NAS-Bench-201's reduction blocks are called, here and in the benchmark's own code.
_REDUCTIONS = ("Reduction", "ResNetBasicblock")

Outcome = Any | Exception
Wanted = Sequence[Observation[Any]]
Recorders = Mapping[Observation[Any], Recorder[Any] | Exception]


@dataclass(frozen=True, slots=True)
class Means:
    """Faster ways to run a pass, given up where a model cannot live with them.

    Attributes:
        fast: Channels-last layout (for ``images``), and functions that stand in for torch's own.
        images: Whether the inputs are images.
        sharing: One ReLU for all branches that rectify the same tensor.
    """

    fast: bool
    images: bool
    sharing: bool

    @property
    def channels_last(self) -> bool:
        """Whether tensors are stored channels last."""
        return self.fast and self.images


class MeansRefused(Exception):
    """The model needs torch's default layout, or runs modules again and checks that nothing has changed."""


def run_pass(setting: Setting, spec: Pass, wanted: Wanted) -> dict[Observation[Any], Outcome]:
    """Makes all ``wanted`` observations of one pass.

    Returns:
        By observation: its result, or the exception that kept it from being made.
    """
    _keep_freed_memory()
    # A single image in float64 gains nothing from another layout.
    images = setting.batches[0].inputs.ndim == 4 and not spec.double
    means = Means(not setting.exact, images, sharing=not setting.exact)
    while True:
        try:
            return _run(setting, spec, wanted, means)
        except SharedTensorChanged:
            means = replace(means, sharing=False)
        except MeansRefused:
            means = replace(means, fast=False, sharing=False)


@cache
def _keep_freed_memory() -> None:
    """Lets the C library keep up to 64 MB of freed memory, once in a process.

    Layers free tensors of a few MB and ask for the next: glibc would return each to the system and fetch it
    again, zeroed page by page, which costs a twentieth of a pass. It adapts to the largest block that was freed,
    up to 32 MB; this one is never written to, so that it costs no memory.
    """
    torch.empty(2**25 - 2**16, dtype=torch.uint8, device="cpu")


def _run(setting: Setting, spec: Pass, wanted: Wanted, means: Means) -> dict[Observation[Any], Outcome]:
    batch = _batch(setting, spec)
    graph = any(observation.needs_graph for observation in wanted)
    seed = derive_seed(setting.seed, spec.seed_parts())
    with ExitStack() as stack:
        stack.enter_context(prepared(setting.parts, train=spec.train, grad=graph, seed=seed, device=setting.device))
        if spec.second_order:
            stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        tensors = substitutes(setting, spec, setting.device, means.channels_last)
        run = _prepare(setting, batch, tensors, spec, stack, wanted, means)
        sharing = SharedReLU() if means.sharing else None
        if sharing is not None:
            run.interceptor.replace[F.relu] = sharing
            run.interceptor.in_place.append(sharing.check)
        recorders = _recorders(run, wanted)
        if setting.memo is not None:
            setting.memo.attach(means, run, batch.inputs, recorders)
        # Until the end, because checkpointed modules run again in the backward pass.
        stack.enter_context(tensors.installed())
        if not run.interceptor.idle:
            stack.enter_context(run.interceptor)
        logits = _forward(setting, run, means)
        if sharing is not None and sharing.changed:  # the model may have caught what was raised
            raise SharedTensorChanged
        run.forward_done = True
        _backwards(setting, run, recorders, logits, batch)
        return {observation: _finish(recorder) for observation, recorder in recorders.items()}


def substitutes(setting: Setting, spec: Pass, device: torch.device, channels_last: bool = False) -> Substitutes:
    """Copies of the module's tensors as ``spec`` wants them."""
    return Substitutes(setting.parts, setting.known, spec, device, channels_last, setting.base)


def _batch(setting: Setting, spec: Pass) -> Batch:
    if spec.inputs != "data":
        return setting.batches[0]
    if spec.batch >= len(setting.batches):
        raise Undefined(f"needs {spec.batch + 1} batches, got {len(setting.batches)}: pass batch=[first, second, ...]")
    return setting.batches[spec.batch]


def _prepare(
    setting: Setting, batch: Batch, tensors: Substitutes, spec: Pass, stack: ExitStack, wanted: Wanted, means: Means
) -> Run:
    sized = replace(spec, size=one_sample(setting.module)) if spec.size == 1 else spec
    inputs = make_inputs(sized, batch, setting.device, tensors.dtype)
    if means.channels_last and inputs.ndim == 4:
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    if inputs.is_floating_point() and any(observation.needs_input_gradient for observation in wanted):
        inputs.requires_grad_()
    interceptor = Interceptor(bypass_norms=spec.norms != "kept")
    if spec.norms == "reductions":
        _keep_norms_in_reductions(setting.parts, interceptor, stack)
    # Watchers and the run refer to each other: cut, or activations would wait for the garbage collector.
    stack.callback(interceptor.clear)
    interceptor.replace.update(_replacements(spec, means))
    return Run(spec, setting.module, inputs, tensors.parameters, tensors.weights(), interceptor, stack)


def _keep_norms_in_reductions(parts: Inventory, interceptor: Interceptor, stack: ExitStack) -> None:
    def switch(bypass: bool) -> Callable[..., None]:
        return lambda *_: setattr(interceptor, "bypass_norms", bypass)

    for child in parts.modules.values():
        if type(child).__name__ in _REDUCTIONS:
            stack.callback(child.register_forward_pre_hook(switch(False)).remove)
            stack.callback(child.register_forward_hook(switch(True)).remove)


def _replacements(spec: Pass, means: Means) -> dict[Function, Function]:
    """Functions that stand in for torch's own: faster, more accurate, or differentiable twice."""
    found: dict[Function, Function] = {}
    if means.channels_last or (spec.second_order and means.fast):
        found[F.batch_norm] = batch_norm
    if means.channels_last:
        found[F.dropout] = dropout
        found[F.conv2d] = conv2d
    if means.channels_last or (spec.second_order and means.fast):
        found[F.avg_pool2d] = AveragePool()
    if spec.second_order:
        found |= TWICE_DIFFERENTIABLE
        found |= CONVOLUTIONS_TWICE if means.fast else {}
    return found


def _recorders(run: Run, wanted: Wanted) -> dict[Observation[Any], Recorder[Any] | Exception]:
    recorders: dict[Observation[Any], Recorder[Any] | Exception] = {}
    for observation in wanted:
        try:
            recorders[observation] = observation.recorder(run)
        except Exception as error:  # handed to the proxies that asked, by the context
            recorders[observation] = error.with_traceback(None)  # whose frames would keep the pass's tensors
    return recorders


def _forward(setting: Setting, run: Run, means: Means) -> Tensor:
    # A leaf could not be overwritten in place; a copy of it can.
    inputs = run.inputs.clone() if run.inputs.requires_grad else run.inputs
    try:
        output = setting.module(inputs)
    except SharedTensorChanged:
        raise
    except Exception as error:
        if means.fast and "view size is not compatible" in str(error):
            raise MeansRefused from error
        raise explained(error, f"forward pass ({_mode(run)}", run.inputs) from error
    return logits_of(setting, output, run.samples)


def _mode(run: Run) -> str:
    return "train mode" if run.spec.train else "eval mode"


def _backwards(setting: Setting, run: Run, recorders: Recorders, logits: Tensor, batch: Batch) -> None:
    """The logits first: the loss's backward may then free the graph as it goes."""
    groups = {functional: _group(recorders, functional) for functional in ("logits", "loss")}
    features = any(observation.needs_graph and observation.functional is None for observation in recorders)
    order: tuple[Functional, ...] = ("logits", "loss")
    for functional in order:
        if not groups[functional]:
            continue
        keep = features or (functional == "logits" and bool(groups["loss"]))
        # In second-order passes each recorder for itself: the gradient that the Hessian meets is its own.
        second = run.spec.second_order
        shares = [[recorder] for recorder in groups[functional]] if second else [groups[functional]]
        for share in shares:
            _backward(setting, run, share, functional, logits, batch, keep or len(shares) > 1)


def _backward(
    setting: Setting,
    run: Run,
    share: Sequence[Recorder[Any]],
    functional: Functional,
    logits: Tensor,
    batch: Batch,
    keep: bool,
) -> None:
    try:
        run.active = functional
        gradients = _differentiate(run, share, scalar_of(setting, functional, logits, batch), keep)
    except Exception as error:
        if type(error).__name__ == "CheckpointError" and F.relu in run.interceptor.replace:
            raise MeansRefused from error
        told = explained(error, f"backward pass ({_mode(run)}", run.inputs)
        if isinstance(told, InputError | OutOfMemory):
            raise told from error
        for recorder in share:
            recorder.error = recorder.error or told
        del told  # see ProxyContext.observe
    else:
        for recorder in share:
            recorder.receive(gradients)
    finally:
        run.active = None


def _group(recorders: Recorders, functional: str) -> list[Recorder[Any]]:
    pairs = recorders.items()
    return [rec for obs, rec in pairs if obs.functional == functional and isinstance(rec, Recorder)]


def _differentiate(run: Run, group: Sequence[Recorder[Any]], scalar: Tensor, keep: bool) -> dict[int, Tensor | None]:
    leaves = {id(leaf): leaf for recorder in group for leaf in recorder.leaves()}
    if not leaves or not scalar.requires_grad:
        return dict.fromkeys(leaves)
    second = run.spec.second_order
    found = torch.autograd.grad(
        scalar, list(leaves.values()), retain_graph=keep or second, create_graph=second, allow_unused=True
    )
    gradients: dict[int, Tensor | None] = {
        key: None if value is None else dense(value) for key, value in zip(leaves, found, strict=True)
    }
    if second:
        gradients.update(_curvature(leaves, gradients, keep))
    return gradients


def _curvature(
    leaves: Mapping[int, Tensor], gradients: Mapping[int, Tensor | None], keep: bool
) -> dict[int, Tensor | None]:
    """Hessian times gradient, under the negated ids."""
    pairs = [gradient for gradient in gradients.values() if gradient is not None and gradient.requires_grad]
    if not pairs:
        return {-key: None for key in leaves}
    product = torch.stack([(gradient * gradient.detach()).sum() for gradient in pairs]).sum()
    found = torch.autograd.grad(product, list(leaves.values()), retain_graph=keep, allow_unused=True)
    return {-key: None if value is None else dense(value) for key, value in zip(leaves, found, strict=True)}


def dense(gradient: Tensor) -> Tensor:
    """``gradient``, written out where an embedding gave it in sparse form."""
    return gradient if gradient.layout is torch.strided else gradient.to_dense()


def _finish(recorder: Recorder[Any] | Exception) -> Outcome:
    if isinstance(recorder, Exception):
        return recorder
    try:
        return recorder.finish()
    except Exception as error:  # handed to the proxies that asked, by the context
        return error.with_traceback(None)
