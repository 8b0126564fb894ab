"""Scores any network: joins a model, a batch and proxies."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.batch import Batch
from zcnas.errors import InputError, InputTypeError, OutOfMemory, Undefined, ZcnasError
from zcnas.passes import Memo, ProxyContext
from zcnas.passes.manners import forked_rng, neutral
from zcnas.passes.setting import Loss, explained, is_out_of_memory
from zcnas.passes.substitute import check_parameters, reinitialised
from zcnas.provenance import versions
from zcnas.proxies import LayerwiseProxy, Proxy, resolve
from zcnas.scores import Score, Scores, Status
from zcnas.seeding import derive_seed

Data = Batch | Tensor | tuple[Tensor, Tensor] | Sequence[Batch | tuple[Tensor, Tensor]]
Model = nn.Module | Callable[[], nn.Module]


def score(
    model: Model,
    proxies: str | Proxy | Iterable[str | Proxy] = "all",
    *,
    batch: Data,
    loss: Loss = F.cross_entropy,
    output: Callable[[Any], Any] | None = None,
    seed: int = 0,
    seeds: int | None = None,
    device: torch.device | str | None = None,
    exact: bool = False,
    per_layer: bool = False,
    memo: Memo | None = None,
) -> Scores:
    """Scores a classifier with zero-cost proxies, from as few traversals as they need together.

    The model, its gradients, hooks and modes, and all random states are left bit-identical. Frozen
    parameters score like others; half precision is computed in float32.

    Args:
        model: Any ``nn.Module`` that maps a batch to logits ``(N, K)``, or a function that builds one.
        proxies: ``"all"``, a name, a pattern such as ``"az_*"``, a :class:`~zcnas.proxies.Proxy`, or several.
        batch: A :class:`~zcnas.batch.Batch`, inputs ``(N, ...)``, a pair ``(inputs, targets)``, or several
            batches (ZiCo needs two).
        loss: Maps logits ``(N, K)`` and labels ``(N,)`` to a scalar.
        output: Picks the logits from what the model returns, e.g. ``lambda out: out[0]``.
        seed: Seeds everything random (Gaussian inputs, redrawn weights, dropout).
        seeds: Score this many fresh initialisations and report mean, deviation and count. A function is
            called once per seed; a module's layers are reset by their own ``reset_parameters``.
        device: Where to compute; the model is not moved. Default: where it is.
        exact: Keep torch's default memory layout: equal to released code, and slower.
        per_layer: Also report the parts of proxies that are sums over layers.
        memo: Keeps block outputs from one call to the next, for networks that share blocks and the batch.

    Returns:
        Values by proxy name; statuses, costs and provenance beside them.

    Raises:
        InputTypeError: ``model`` or ``batch`` is of the wrong type.
        InputError: Wrong shapes or labels, or no proxies.
        UnknownNameError: An unknown proxy name; the message suggests one.
        ModelError: The model raised in every pass, or its parameters cannot be used.
        OutOfMemory: Memory ran out; the batch is never split silently.
    """
    chosen, batches = resolve(proxies), as_batches(batch)
    _check_callable(loss=loss, output=output)
    requests = [request for proxy in chosen.values() for request in proxy.passes()]
    runs, traversals = [], []
    for module, base in _initialisations(model, seed, seeds):
        context = ProxyContext(
            module,
            batches,
            seed=seed,
            loss=loss,
            output=output,
            device=device,
            exact=exact,
            base=base,
            memo=memo,
            requests=requests,
        )
        with neutral(context.setting.device), torch.no_grad():
            try:
                runs.append(_score_once(context, chosen, per_layer))
            finally:
                context.forget()
        traversals += context.traversals
    settings = {
        "seed": seed,
        "seeds": seeds,
        "exact": exact,
        "batch": [f"{b.name}: {len(b)}" for b in batches],
    }
    details = {name: _joined([run[name] for run in runs]) for name in chosen}
    return Scores(details, tuple(traversals), {**settings, **versions()})


def _check_callable(**functions: object) -> None:
    for name, function in functions.items():
        if not (callable(function) or (name == "output" and function is None)):
            raise InputTypeError(f"{name}: expected a function, got {type(function).__name__}: {function!r}")


def as_batches(data: Data) -> list[Batch]:
    """What :func:`score` takes as ``batch``, as a list. Raises :class:`InputTypeError` for anything else."""
    if isinstance(data, Tensor):
        return [Batch(data)]
    single = _batch(data)
    if single is not None:
        return [single]
    found = [_batch(part) for part in data] if isinstance(data, Sequence) else []
    batches = [batch for batch in found if batch is not None]
    if batches and len(batches) == len(found):
        return batches
    raise InputTypeError(
        f"batch: expected a Batch, inputs, a pair (inputs, targets) of tensors, or a list of Batch, got "
        f"{type(data).__name__}: see zcnas.data for ready-made ones"
    )


def _batch(data: object) -> Batch | None:
    """A batch, or the pair ``(inputs, targets)`` that makes one."""
    if isinstance(data, Batch):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        inputs, targets = data
        if isinstance(inputs, Tensor) and isinstance(targets, Tensor):
            return Batch(inputs, targets)
    return None


def _initialisations(
    model: Model, seed: int, seeds: int | None
) -> Iterator[tuple[nn.Module, Mapping[str, Tensor] | None]]:
    """Pairs of a module and, where its weights are drawn anew, the values that stand for its own."""
    if isinstance(model, type) or not (isinstance(model, nn.Module) or callable(model)):
        came = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise InputTypeError(f"model: expected an nn.Module (an instance) or a function that builds one, got {came}")
    if seeds is not None and (isinstance(seeds, bool) or not isinstance(seeds, int)):
        raise InputTypeError(f"seeds: expected a number of initialisations, got {type(seeds).__name__}: {seeds!r}")
    if seeds is not None and seeds < 1:
        raise InputError(f"seeds: expected at least 1, got {seeds}")
    for index in range(seeds or 1):
        own = derive_seed(seed, "initialisation", index)
        if isinstance(model, nn.Module):
            module = getattr(model, "_orig_mod", model)  # torch.compile's wrapper hides the module that it runs
            check_parameters(module)
            yield module, reinitialised(module, own) if seeds else None
        else:
            yield _built(model, own), None


def _built(builder: Callable[[], nn.Module], seed: int) -> nn.Module:
    with forked_rng(seed, torch.device("cpu")):
        built = builder()
    module = getattr(built, "_orig_mod", built)
    if not isinstance(module, nn.Module):
        raise InputTypeError(f"model: expected the function to return an nn.Module, got {type(module).__name__}")
    check_parameters(module)
    return module


def _score_once(context: ProxyContext, chosen: Mapping[str, Proxy], per_layer: bool) -> dict[str, Score]:
    errors: list[Exception] = []
    scores = {name: _one(context, proxy, per_layer, errors) for name, proxy in chosen.items()}
    # Numbers that need no pass say nothing about the model's health; if no other is left, the call has failed.
    if errors and not any(scores[name].status == "ok" for name, proxy in chosen.items() if not proxy.static):
        raise errors[0]
    errors.clear()  # they refer to this list through their frames
    return scores


def _one(context: ProxyContext, proxy: Proxy, per_layer: bool, errors: list[Exception]) -> Score:
    start, before, made = time.perf_counter(), set(context.seconds), len(context.traversals)
    value, layers, status, reason = math.nan, None, "ok", ""
    try:
        if per_layer and isinstance(proxy, LayerwiseProxy):
            layers = proxy.layers(context)
            value = math.fsum(layers.values())
        else:
            value = proxy.score(context)
        if math.isnan(value) or value == math.inf:
            value, status, reason = math.nan, "undefined", f"the value is {value}"
    except Undefined as error:
        status, reason = "undefined", str(error)
    except (InputError, InputTypeError, OutOfMemory):
        raise
    except Exception as error:  # one bad proxy must not lose what the others found
        if is_out_of_memory(error):
            raise explained(error, proxy.name, context.setting.batches[0].inputs) from error
        errors.append(error)
        status, reason = "failed", str(error) if isinstance(error, ZcnasError) else f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - start
    shared = [spec for spec in dict.fromkeys(spec for spec, _ in proxy.passes()) if spec in before]
    seconds += math.fsum(context.seconds[spec] for spec in shared)
    kind: Status = status  # type: ignore[assignment]
    own = [one.description for one in context.traversals[made:]]
    passes = tuple(dict.fromkeys([*(spec.describe() for spec in shared), *own]))
    return Score(value, kind, reason, seconds, proxy.higher_is_better, repr(proxy), (value,), passes, layers)


def _joined(scores: Sequence[Score]) -> Score:
    """The mean over seeds of what is finite; layers averaged alike."""
    first = scores[0]
    if len(scores) == 1:
        return first
    values = tuple(one.values[0] for one in scores)
    usable = [one for one in scores if one.status == "ok"]
    if not usable:
        return replace(first, values=values, seconds=math.fsum(one.seconds for one in scores))
    layers = None
    if first.layers is not None:
        names = dict.fromkeys(name for one in usable for name in one.layers or {})
        layers = {name: _mean([(one.layers or {}).get(name, 0.0) for one in usable]) for name in names}
    return replace(
        usable[0],
        value=_mean([one.value for one in usable]),
        values=values,
        layers=layers,
        seconds=math.fsum(one.seconds for one in scores),
    )


def _mean(values: Sequence[float]) -> float:
    return -math.inf if -math.inf in values else math.fsum(values) / len(values)
