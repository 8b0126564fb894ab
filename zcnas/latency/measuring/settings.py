"""What to measure, and how, in plain values that a file can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.latency.measuring.clocks import CLOCKS
from zcnas.latency.measuring.statistic import STATISTICS

RUNTIMES = ("torch", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Settings:
    """How latencies are measured.

    Attributes:
        runtime: ``"torch"``, eager, or ``"onnxruntime"``.
        threads: That compute.
        batch: Images in a batch.
        clock: One of :data:`~zcnas.latency.measuring.CLOCKS`.
        statistic: One of :data:`~zcnas.latency.measuring.STATISTICS`.
        seconds: To measure each network or layer in each round, by the clock.
        warmup: Seconds to run before, likewise.
        rounds: Times that everything is measured in turn, so that a busy minute meets all alike.
        on: Torch's device, such as ``cpu`` or ``cuda``.
        provider: Of ONNX Runtime.
        build: Arguments for the networks of the space, such as ``num_classes``.

    Raises:
        UnknownNameError: Another runtime, clock or statistic.
        InputError: Numbers out of range, or a clock that does not fit.
    """

    runtime: str = "torch"
    threads: int = 1
    batch: int = 1
    clock: str = "wall"
    statistic: str = "median"
    seconds: float = 0.2
    warmup: float = 0.05
    rounds: int = 3
    on: str = "cpu"
    provider: str = "CPUExecutionProvider"
    build: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = (("runtime", RUNTIMES), ("clock", CLOCKS), ("statistic", tuple(STATISTICS)))
        for name, known in named:
            if getattr(self, name) not in known:
                raise UnknownNameError(name, getattr(self, name), known)
        for name in ("threads", "batch", "rounds"):
            if type(value := getattr(self, name)) is not int or value < 1:
                raise InputError(f"{name}: expected a whole number from 1 on, got {value!r}")
        times = {"seconds": self.seconds > 0, "warmup": self.warmup >= 0}
        for name, fit in times.items():
            if not (fit and math.isfinite(getattr(self, name))):
                raise InputError(f"{name}: expected a time that is finite and not negative, got {getattr(self, name)}")
        if self.clock == "thread" and self.threads != 1:
            raise InputError(f"clock 'thread': expected one thread, whose time it is, got {self.threads}; use 'wall'")
        if self.clock == "cuda" and (self.runtime, self.on[:4]) != ("torch", "cuda"):
            raise InputError("clock 'cuda': expected torch on cuda, whose events it reads; use 'wall'")

    def plain(self) -> dict[str, Any]:
        """As JSON has it; the inverse of :func:`settings_of`."""
        return {**asdict(self), "build": dict(self.build)}


def settings_of(content: Any) -> Settings:
    """Settings of what a file says.

    Raises:
        DataError: Not a dictionary of all the fields.
        InputError: As :class:`Settings`.
        UnknownNameError: As :class:`Settings`.
    """
    names = {one.name for one in fields(Settings)}
    if not isinstance(content, Mapping) or set(content) != names or not isinstance(content["build"], Mapping):
        raise DataError(f"expected settings with {', '.join(sorted(names))}, got {content!r:.200}")
    return Settings(**content)
