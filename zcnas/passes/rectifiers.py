"""Binary codes of piecewise-linear units: which side of its kink each unit is on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from zcnas.errors import Undefined
from zcnas.passes.intercept import RECTIFIERS, Call, samples_first
from zcnas.passes.observe import Observation, Recorder, Run
from zcnas.passes.sharing import Known

# Sums of this many products of 0 and 1 are exact in float32.
_EXACT = 2**24


Consumer = Callable[[Tensor, Tensor, float], None]


class CodeRecorder(Recorder[Any]):
    """Hands every rectifier's input to ``consume``: as it is, as ``(N, units)``, and above what it counts as on."""

    def __init__(self, run: Run, consume: Consumer, result: Callable[[], Any]) -> None:
        super().__init__(run)
        self._consume, self._result, self._seen = consume, result, 0
        self.watch(run.interceptor.before, RECTIFIERS, self._record)

    def _record(self, call: Call, values: Tensor) -> None:
        low = _kink(call)
        folded = samples_first(values.detach(), self.run.samples, call.sequence_first)
        if folded is not None:
            self._seen += 1
            self._consume(values, _flat(folded), low)

    def result(self) -> Any:
        if not self._seen:
            raise Undefined("the network has no piecewise-linear units (ReLU and its relatives)")
        return self._result()


def _kink(call: Call) -> float:
    if call.function not in (F.hardtanh, F.hardtanh_):
        return 0.0
    low = call.argument(1, "min_val")
    return -1.0 if low is None else float(low)


def _flat(values: Tensor) -> Tensor:
    """``(N, units)`` in the order of memory: units are counted, not told apart, and a copy would cost more."""
    if values.ndim == 4 and values.is_contiguous(memory_format=torch.channels_last):
        values = values.permute(0, 2, 3, 1)
    return values.flatten(1)


@dataclass(frozen=True, slots=True)
class CodeKernel(Observation[tuple[Tensor, int]]):
    """``(N, N)`` kernel K (float64): on how many units two samples agree; and the number of units.

    ``by_name`` counts as released code does: the inputs of all modules whose class name contains ``ReLU``,
    so that a wrapper called ReLUConvBN counts its units a second time.
    """

    by_name: bool = False

    def recorder(self, run: Run) -> Recorder[tuple[Tensor, int]]:
        kernel = _Kernel(run.samples, run.inputs.device)
        if self.by_name:
            return _ByNameRecorder(run, kernel)
        return _KernelRecorder(run, kernel)


class _KernelRecorder(CodeRecorder):
    """Sums over rectifiers, so that blocks which are not run again add what they did before."""

    def __init__(self, run: Run, kernel: _Kernel) -> None:
        super().__init__(run, kernel.add, kernel.result)
        self._kernel = kernel

    def part(self) -> tuple[Tensor, int, int]:
        return (*self._kernel.counts(), self._seen)

    def since(self, before: tuple[Tensor, int, int]) -> tuple[Tensor, int, int]:
        common, units, seen = self.part()
        return common - before[0], units - before[1], seen - before[2]

    def add(self, part: tuple[Tensor, int, int]) -> None:
        common, units, seen = part
        self._kernel.add_counts(common, units)
        self._seen += seen


class _Kernel:
    def __init__(self, samples: int, device: torch.device) -> None:
        self._both_on = torch.zeros(samples, samples, dtype=torch.float64, device=device)
        self._units = 0
        self._known: dict[tuple[int, float], Known] = {}

    def add(self, original: Tensor, values: Tensor, low: float) -> None:
        # The edges of a cell often rectify the same node: counted for each, computed once.
        known = self._known.get((id(original), low))
        if known is None or not known.holds_for(original):
            common = sum(_count_common(part, low) for part in values.split(_EXACT, dim=1))
            known = self._known[id(original), low] = Known(ref(original), original._version, common)
        self._units += values.shape[1]
        self._both_on += known.derived

    def counts(self) -> tuple[Tensor, int]:
        """On how many units both samples are on; and the number of units."""
        return self._both_on.clone(), self._units

    def add_counts(self, both_on: Tensor, units: int) -> None:
        self._both_on += both_on
        self._units += units

    def result(self) -> tuple[Tensor, int]:
        # Agreements are both on or both off: units - on_i - on_j + 2 both_on, and on_i is both_on's diagonal.
        on = self._both_on.diagonal()
        return self._units - on[:, None] - on[None, :] + 2 * self._both_on, self._units


def _count_common(values: Tensor, low: float) -> Tensor:
    """``(N, N)``: on how many units both samples are on. Exact: whole numbers below 2^24."""
    # Comparing into floats is several times faster than comparing into bools. Products of bytes would be faster
    # still where the processor has instructions for them, and twenty times slower where it has none.
    on = torch.gt(values, low, out=torch.empty_like(values))
    return (on @ on.mT).double()


class _ByNameRecorder(Recorder[tuple[Tensor, int]]):
    def __init__(self, run: Run, kernel: _Kernel) -> None:
        super().__init__(run)
        self._kernel = kernel
        for module in run.module.modules():
            if "ReLU" in type(module).__name__:
                run.hooks.callback(module.register_forward_pre_hook(self.guard(self.in_forward(self._record))).remove)

    def _record(self, _: object, arguments: tuple[Tensor, ...]) -> None:
        self._kernel.add(arguments[0], _flat(arguments[0].detach()), 0.0)

    def result(self) -> tuple[Tensor, int]:
        kernel, units = self._kernel.result()
        if not units:
            raise Undefined("no module's class name contains 'ReLU'")
        return kernel, units


@dataclass(frozen=True, slots=True)
class SamplePatterns(Observation[int]):
    """How many different patterns of all units the samples have: the linear regions that they fall into."""

    def recorder(self, run: Run) -> Recorder[int]:
        hashes = [hashlib.blake2b(digest_size=16) for _ in range(run.samples)]

        def consume(_: Tensor, values: Tensor, low: float) -> None:
            for digest, row in zip(hashes, np.packbits((values > low).cpu().numpy(), axis=1), strict=True):
                digest.update(row.tobytes())

        return CodeRecorder(run, consume, lambda: len({digest.digest() for digest in hashes}))


@dataclass(frozen=True, slots=True)
class Crossings(Observation[int]):
    """How many units change sides between consecutive samples, summed: boundaries crossed on the way."""

    def recorder(self, run: Run) -> Recorder[int]:
        total = [0]

        def consume(_: Tensor, values: Tensor, low: float) -> None:
            code = values > low
            total[0] += int((code[1:] != code[:-1]).sum())

        return CodeRecorder(run, consume, lambda: total[0])


@dataclass(frozen=True, slots=True)
class UnitPatterns(Observation[int]):
    """How many different patterns over the samples (at most 64) the units of all feature maps have."""

    def recorder(self, run: Run) -> Recorder[int]:
        if run.samples > 64:
            raise Undefined(f"patterns over samples fit 64 samples, got {run.samples}")
        bits = 1 << np.arange(run.samples, dtype=np.uint64)
        seen: list[npt.NDArray[np.uint64]] = []

        def consume(_: Tensor, values: Tensor, low: float) -> None:
            # One number per unit: far cheaper to compare than columns of bools.
            seen.append(np.unique(bits @ (values > low).cpu().numpy().astype(np.uint64)))

        return CodeRecorder(run, consume, lambda: len(np.unique(np.concatenate(seen))))
