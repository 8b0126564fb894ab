"""Block outputs of a forward pass, and how gradients flow between neighbouring blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from zcnas.errors import Undefined
from zcnas.features import HasFeatures
from zcnas.passes.blocks import block_names, last_map_name, named_block
from zcnas.passes.observe import Observation, Recorder, Run
from zcnas.passes.setting import explained

_ADVICE = "the model should name its blocks (HasFeatures)"


@dataclass(frozen=True, slots=True)
class Feature:
    """A block's output and the dimension that holds its channels."""

    name: str
    value: Tensor
    channel_axis: int

    def rows(self, value: Tensor | None = None) -> Tensor:
        """``(N*positions, C)`` from this feature, or from a tensor of the same layout."""
        moved = (self.value.detach() if value is None else value).movedim(self.channel_axis, -1)
        return moved.reshape(-1, moved.shape[-1])


class FeatureRecorder(Recorder[Any]):
    """Collects the outputs of all blocks that are feature maps (of four or more dimensions) or tokens."""

    def __init__(self, run: Run, reduce: Callable[[list[Feature]], Any]) -> None:
        super().__init__(run)
        self._features: dict[str, Feature] = {}
        self._reduce = reduce
        norms = (module.normalized_shape for module in run.module.modules() if isinstance(module, nn.LayerNorm))
        self._normalised = {size for shape in norms if len(shape) == 1 for size in shape}
        for name in block_names(run.module):
            self._observe(name)

    def _observe(self, name: str) -> None:
        submodule = named_block(self.run.module, name)

        def keep(_: object, __: object, output: Any) -> Any:
            value = output[0] if isinstance(output, tuple) else output
            if not (isinstance(value, Tensor) and value.ndim >= 3 and len(value) == self.run.samples):
                return None
            self._features.setdefault(name, Feature(name, value, self._channel_axis(value)))
            # The network goes on with a copy, which it may overwrite.
            return _with_first(output, value.clone()) if isinstance(output, tuple) else value.clone()

        self.run.hooks.callback(submodule.register_forward_hook(self.guard(self.in_forward(keep))).remove)

    def result(self) -> Any:
        if not self._features:
            raise Undefined(f"no block gives a feature map: {_ADVICE}")
        # A patch embedding gives a map where the blocks after it give tokens: keep what most blocks give.
        ndim, _ = Counter(feature.value.ndim for feature in self._features.values()).most_common(1)[0]
        return self._reduce([feature for feature in self._features.values() if feature.value.ndim == ndim])

    def _channel_axis(self, value: Tensor) -> int:
        """1 for maps ``(N, C, ...)``; the last where that size, and not the other, is one that is normalised."""
        last, first = (value.shape[axis] in self._normalised for axis in (-1, 1))
        return -1 if last and (value.ndim == 3 or not first) else 1


def _with_first(output: tuple[Any, ...], value: Tensor) -> tuple[Any, ...]:
    make = getattr(type(output), "_make", type(output))  # a named tuple stays one
    changed: tuple[Any, ...] = make((value, *output[1:]))
    return changed


@dataclass(frozen=True, slots=True)
class FeatureSpectra(Observation[dict[str, Tensor]]):
    """By block: the eigenvalues (float64) of the covariance of its channels over samples and positions."""

    def recorder(self, run: Run) -> Recorder[dict[str, Tensor]]:
        return FeatureRecorder(run, lambda features: {one.name: _spectrum(one.rows()) for one in features})


def _spectrum(rows: Tensor) -> Tensor:
    rows = rows - rows.mean(dim=0, keepdim=True)
    covariance = rows.mT @ rows / len(rows)
    eigenvalues: Tensor = torch.linalg.eigvalsh(covariance.double())
    return eigenvalues


@dataclass(frozen=True, slots=True)
class LastMap(Observation[Tensor]):
    """The last feature map before global pooling, ``(N, C, H, W)``."""

    def recorder(self, run: Run) -> Recorder[Tensor]:
        return _LastMapRecorder(run)


class _LastMapRecorder(FeatureRecorder):
    def __init__(self, run: Run) -> None:
        super().__init__(run, lambda features: features[-1].value.detach())
        name = last_map_name(run.module)
        if name is not None:
            self._observe(name)


@dataclass(frozen=True, slots=True)
class BlockJacobians(Observation[dict[str, Tensor]]):
    """By block: how random gradients at its output arrive at its input, as a channel matrix.

    Rademacher signs ``g_out`` shaped like ``f_l`` are drawn from the last block to the first; ``g_in`` is their
    vector-Jacobian product at ``f_{l-1}``, whose extra resolution is folded into channels (pixel unshuffle).
    The matrix is ``g_in^T g_out / (N*positions)``. Blocks that pass gradients through unchanged give an
    empty matrix. Without a path from ``f_{l-1}`` to ``f_l`` the gradient is 0 where the model names its blocks,
    as authors' code has it; where a rule found them, they may be parallel branches, and there is no result.
    """

    needs_graph: ClassVar[bool] = True

    def recorder(self, run: Run) -> Recorder[dict[str, Tensor]]:
        return FeatureRecorder(run, partial(_jacobians, named=isinstance(run.module, HasFeatures)))


def _jacobians(features: list[Feature], named: bool) -> dict[str, Tensor]:
    if len(features) < 2:
        raise Undefined("needs at least two blocks with feature maps")
    found = {}
    for below, above in reversed(list(pairwise(features))):
        shape = torch.full(above.value.shape, 0.5, dtype=torch.float32, device="cpu")
        signs = ((torch.bernoulli(shape) - 0.5) * 2).to(above.value)
        g_in = _pulled_back(below.value, above.value, signs)
        if g_in is None and not named:
            raise Undefined(f"no path leads from block {below.name!r} to block {above.name!r}: {_ADVICE}")
        g_in = torch.zeros_like(below.value) if g_in is None else g_in
        found[above.name] = _channel_matrix(below, above, g_in, signs)
    return found


def _channel_matrix(below: Feature, above: Feature, g_in: Tensor, g_out: Tensor) -> Tensor:
    if g_in.shape == g_out.shape and torch.equal(g_in, g_out):
        return g_out.new_empty(0, 0)
    rows_in, rows_out = _folded(below.rows(g_in), g_in, g_out, below), above.rows(g_out)
    if len(rows_in) != len(rows_out):
        raise Undefined(f"shapes {tuple(g_in.shape)} and {tuple(g_out.shape)} of blocks cannot be matched")
    return rows_in.mT @ rows_out / len(rows_out)


def _pulled_back(below: Tensor, above: Tensor, g_out: Tensor) -> Tensor | None:
    """The vector-Jacobian product, or None where no path leads from ``below`` to ``above``."""
    if not (above.requires_grad and below.requires_grad):
        return None
    try:
        return torch.autograd.grad(above, below, g_out, retain_graph=True, allow_unused=True)[0]
    except Exception as error:
        raise explained(error, "backward pass (train mode, between blocks", below) from error


def _folded(rows: Tensor, g_in: Tensor, g_out: Tensor, below: Feature) -> Tensor:
    """Rows of ``g_in`` at the resolution of ``g_out``: finer positions become channels (pixel unshuffle)."""
    maps_in, maps_out = g_in.movedim(below.channel_axis, 1), g_out.movedim(below.channel_axis, 1)
    if g_in.ndim != 4 or maps_in.shape[2:] == maps_out.shape[2:]:
        return rows
    stride, rest = divmod(maps_in.shape[2], maps_out.shape[2])
    if rest or maps_in.shape[3] != stride * maps_out.shape[3]:
        raise Undefined(f"resolutions {tuple(maps_in.shape[2:])} and {tuple(maps_out.shape[2:])} are no multiples")
    folded = torch.nn.functional.pixel_unshuffle(maps_in, stride)
    return folded.movedim(1, -1).reshape(-1, folded.shape[1])
