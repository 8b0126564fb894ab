"""What runs networks: torch, or ONNX Runtime."""

from __future__ import annotations

import copy
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch

from zcnas.latency.measuring.export import exported, require_extra
from zcnas.latency.measuring.plan import Job, Plan
from zcnas.latency.measuring.runner import images, prepared
from zcnas.space import Layer

Run = Callable[[], object]


class Eager:
    """Torch, operation by operation, as it is written."""

    def __init__(self, plan: Plan, _folder: Path) -> None:
        self._plan = plan

    @property
    def name(self) -> str:
        """With the version."""
        return f"torch {torch.__version__}, eager"

    def prepare(self, job: Job) -> Run:
        """A call that runs the network of a job once."""
        return eager(self._plan.network(job), self._plan.settings.on)


class OnnxRuntime:
    """ONNX Runtime; every network is exported once.

    Args:
        plan: With the networks.
        folder: For the exported files.

    Raises:
        MissingExtraError: The extra ``onnx`` is not installed.
    """

    def __init__(self, plan: Plan, folder: Path) -> None:
        require_extra()
        self._plan, self._folder = plan, folder

    @property
    def name(self) -> str:
        """With the version."""
        return f"ONNX Runtime {version('onnxruntime')}"

    def prepare(self, job: Job) -> Run:
        """A call that runs the network of a job once."""
        file = self._folder / f"{job.name}.onnx"
        if not file.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(exported(self._plan.network(job)))
        return prepared(str(file), self._plan.settings.threads, self._plan.settings.provider)


def eager(network: Layer, on: str = "cpu") -> Run:
    """A call that runs a copy of the network once, in eval mode and without gradients."""
    module = copy.deepcopy(network.module).eval().to(on)
    named = images({str(place): shape for place, shape in enumerate(network.shapes)})
    inputs = [torch.from_numpy(one).to(on) for one in named.values()]

    def run() -> object:
        with torch.inference_mode():
            return module(*inputs)

    return run


RUNNING: dict[str, type[Eager | OnnxRuntime]] = {"torch": Eager, "onnxruntime": OnnxRuntime}
"""Runtime, as in :class:`Settings` -> what runs it."""
