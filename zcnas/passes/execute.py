"""Runs one pass: one forward, and one backward per functional that somebody wants differentiated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from zcnas.batch import Batch
from zcnas.errors import InputError, ModelError, OutOfMemory, Undefined, ZcnasError
from zcnas.passes.batch_norm import batch_norm
from zcnas.passes.convolution import CONVOLUTIONS_TWICE
from zcnas.passes.inputs import make_inputs
from zcnas.passes.intercept import TWICE_DIFFERENTIABLE, Function, Interceptor
from zcnas.passes.manners import forked_rng, mode
from zcnas.passes.observe import Observation, Recorder, Run
from zcnas.passes.sharing import SharedReLU, SharedTensorChanged
from zcnas.passes.spec import Functional, Pass
from zcnas.passes.substitute import Substitutes
from zcnas.seeding import derive_seed

Loss = Callable[[Tensor, Tensor], Tensor]
Outcome = Any | Exception
Wanted = Sequence[Observation[Any]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all passes of one scoring share."""

    module: nn.Module
    batches: Sequence[Batch]
    seed: int
    loss: Loss
    output: Callable[[Any], Any] | None
    device: torch.device
    exact: bool
    base: Mapping[str, Tensor] | None = None


def run_pass(setting: Setting, spec: Pass, wanted: Wanted) -> dict[Observation[Any], Outcome]:
    """Makes all ``wanted`` observations of one pass.

    Returns:
        By observation: its result, or the exception that kept it from being made.
    """
    try:
        return _run(setting, spec, wanted, None if setting.exact else SharedReLU())
    except SharedTensorChanged:
        return _run(setting, spec, wanted, None)


def _run(setting: Setting, spec: Pass, wanted: Wanted, sharing: SharedReLU | None) -> dict[Observation[Any], Outcome]:
    batch = _batch(setting, spec)
    seed = derive_seed(setting.seed, spec.seed_parts())
    with ExitStack() as stack:
        stack.enter_context(forked_rng(seed, setting.device))
        stack.enter_context(mode(setting.module, spec.train))
        stack.enter_context(torch.set_grad_enabled(any(observation.needs_graph for observation in wanted)))
        if spec.second_order:
            stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        tensors = Substitutes(setting.module, spec, setting.device, _channels_last(setting, spec, batch), setting.base)
        run = _prepare(setting, spec, batch, tensors, stack, wanted)
        if sharing is not None:
            run.interceptor.replace[F.relu] = sharing
            run.interceptor.in_place.append(sharing.check)
        recorders = _recorders(run, wanted)
        logits = _forward(setting, run, tensors)
        if sharing is not None and sharing.changed:  # the model may have caught what was raised
            raise SharedTensorChanged
        _backwards(setting, run, recorders, logits, batch)
        return {observation: _finish(recorder) for observation, recorder in recorders.items()}


def _batch(setting: Setting, spec: Pass) -> Batch:
    if spec.inputs != "data":
        return setting.batches[0]
    if spec.batch >= len(setting.batches):
        raise Undefined(f"needs {spec.batch + 1} batches, got {len(setting.batches)}: pass batch=[first, second, ...]")
    return setting.batches[spec.batch]


def _channels_last(setting: Setting, spec: Pass, batch: Batch) -> bool:
    # Convolutions run faster in this layout; a single image in float64 gains nothing.
    return not (setting.exact or spec.double) and batch.inputs.ndim == 4


def _prepare(setting: Setting, spec: Pass, batch: Batch, tensors: Substitutes, stack: ExitStack, wanted: Wanted) -> Run:
    inputs = make_inputs(spec, batch, setting.device, _dtype(tensors))
    if _channels_last(setting, spec, batch):
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    if inputs.is_floating_point() and any(observation.needs_input_gradient for observation in wanted):
        inputs = inputs.detach().requires_grad_()
    interceptor = Interceptor(bypass_norms=spec.norms == "bypassed")
    # Watchers and the run refer to each other: cut, or activations would wait for the garbage collector.
    stack.callback(interceptor.clear)
    interceptor.replace.update(_replacements(setting, spec, batch))
    parameters, weights = tensors.parameters, tensors.weights()
    return Run(spec, setting.module, inputs, parameters, weights, tensors.buffers, interceptor, stack)


def _replacements(setting: Setting, spec: Pass, batch: Batch) -> dict[Function, Function]:
    """Functions that stand in for torch's own: faster or more accurate, except where ``exact`` is asked for."""
    found: dict[Function, Function] = {}
    if _channels_last(setting, spec, batch) or (spec.second_order and not setting.exact):
        found[F.batch_norm] = batch_norm
    if spec.second_order:
        found |= TWICE_DIFFERENTIABLE
        found |= {} if setting.exact else CONVOLUTIONS_TWICE
    return found


def _dtype(tensors: Substitutes) -> torch.dtype:
    floating = (value.dtype for value in tensors.parameters.values() if value.is_floating_point())
    return next(floating, torch.float32)


def _recorders(run: Run, wanted: Wanted) -> dict[Observation[Any], Recorder[Any] | Exception]:
    recorders: dict[Observation[Any], Recorder[Any] | Exception] = {}
    for observation in wanted:
        try:
            recorders[observation] = observation.recorder(run)
        except ZcnasError as error:
            recorders[observation] = error
    return recorders


def _forward(setting: Setting, run: Run, tensors: Substitutes) -> Tensor:
    watching = nullcontext() if run.interceptor.idle else run.interceptor
    try:
        with tensors.installed(setting.module), watching:
            output = setting.module(run.inputs)
    except SharedTensorChanged:
        raise
    except torch.OutOfMemoryError as error:
        raise _out_of_memory(run) from error
    except Exception as error:
        raise _model_error(run, error) from error
    return check_logits(setting.output(output) if setting.output else output, run.samples)


def _out_of_memory(run: Run) -> OutOfMemory:
    return OutOfMemory(
        f"memory ran out with batch size {run.samples}: use a smaller batch for all architectures alike "
        "(the batch is never split silently, because that changes scores)"
    )


def _model_error(run: Run, error: Exception) -> Exception:
    if "not enough memory" in str(error) or isinstance(error, MemoryError):
        return _out_of_memory(run)
    if "more than 1 value per channel" in str(error):
        return Undefined(f"a batch norm cannot normalise {run.samples} sample(s) of one position: {error}")
    shape, kind = tuple(run.inputs.shape), "train" if run.spec.train else "eval"
    return ModelError(
        f"the model raised {type(error).__name__} in its forward pass ({kind} mode, input {shape} of "
        f"{run.inputs.dtype}): {error}"
    )


def check_logits(output: Any, samples: int) -> Tensor:
    """The model's output, if it is logits ``(samples, K)``. Raises :class:`InputError`."""
    if not isinstance(output, Tensor):
        raise InputError(
            f"expected the model to return logits (N, K), got {type(output).__name__}: pass "
            "output=lambda out: out[0], or whatever picks the logits"
        )
    if output.ndim != 2 or len(output) != samples:
        raise InputError(
            f"expected logits of shape ({samples}, K), got {tuple(output.shape)}: pass output=... to "
            "reshape or pick them"
        )
    return output


Recorders = Mapping[Observation[Any], Recorder[Any] | Exception]


def _backwards(setting: Setting, run: Run, recorders: Recorders, logits: Tensor, batch: Batch) -> None:
    """The logits first: the loss's backward may then free the graph as it goes."""
    groups = {functional: _group(recorders, functional) for functional in ("logits", "loss")}
    features = any(observation.needs_graph and observation.functional is None for observation in recorders)
    for functional in ("logits", "loss"):
        if not groups[functional]:
            continue
        keep = features or (functional == "logits" and bool(groups["loss"]))
        try:
            run.active = functional
            scalar = scalar_of(setting, functional, logits, batch)
            gradients = _differentiate(run, groups[functional], scalar, keep)
        except torch.OutOfMemoryError as error:
            raise _out_of_memory(run) from error
        except (ZcnasError, RuntimeError) as error:
            for recorder in groups[functional]:
                recorder.error = recorder.error or error
        else:
            for recorder in groups[functional]:
                recorder.receive(gradients)
        finally:
            run.active = None


def _group(recorders: Recorders, functional: str) -> list[Recorder[Any]]:
    pairs = recorders.items()
    return [rec for obs, rec in pairs if obs.functional == functional and isinstance(rec, Recorder)]


def scalar_of(setting: Setting, functional: Functional, logits: Tensor, batch: Batch) -> Tensor:
    """What is differentiated: the sum of all logits, or the loss for the batch's labels."""
    if functional == "logits":
        return logits.sum()
    if batch.targets is None:
        raise Undefined("needs labels: pass a batch with targets")
    targets = batch.targets.to(logits.device, torch.long)
    if setting.loss is F.cross_entropy:
        low, high = int(targets.min()), int(targets.max())
        if low < 0 or high >= logits.shape[1]:
            raise InputError(
                f"labels must lie in 0..{logits.shape[1] - 1} for {logits.shape[1]} logits, got "
                f"{low}..{high}: check the labels or the model's number of classes"
            )
    loss = setting.loss(logits, targets)
    if loss.ndim != 0:
        raise InputError(f"expected the loss to return one number, got shape {tuple(loss.shape)}: use its mean")
    return loss


def _differentiate(run: Run, group: Sequence[Recorder[Any]], scalar: Tensor, keep: bool) -> dict[int, Tensor | None]:
    leaves = {id(leaf): leaf for recorder in group for leaf in recorder.leaves()}
    if not all(leaf.requires_grad for leaf in leaves.values()):
        raise Undefined("needs real-valued inputs to differentiate for, got integers")
    if not leaves or not scalar.requires_grad:
        return dict.fromkeys(leaves)
    second = run.spec.second_order
    found = torch.autograd.grad(
        scalar, list(leaves.values()), retain_graph=keep or second, create_graph=second, allow_unused=True
    )
    gradients: dict[int, Tensor | None] = dict(zip(leaves, found, strict=True))
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
    return {-key: value for key, value in zip(leaves, found, strict=True)}


def _finish(recorder: Recorder[Any] | Exception) -> Outcome:
    if isinstance(recorder, Exception):
        return recorder
    try:
        return recorder.finish()
    except Exception as error:  # handed to the proxies that asked, by the context
        return error
