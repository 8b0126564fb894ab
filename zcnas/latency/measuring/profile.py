"""What the nodes of a network take inside it, by ONNX Runtime's own profile."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from zcnas.errors import InputError
from zcnas.latency.layers import Entry
from zcnas.latency.measuring.export import exported
from zcnas.latency.measuring.runner import opened
from zcnas.latency.measuring.statistic import summary
from zcnas.space import Layer

_SUFFIX = "_kernel_time"


class NodeTime(NamedTuple):
    """A node of the network that ONNX Runtime made by its optimisation.

    Attributes:
        name: Of the node.
        op: Its type, such as ``Conv`` or ``FusedConv``.
        entry: What it took in one run, in ms.
    """

    name: str
    op: str
    entry: Entry


def profile_nodes(
    network: Layer,
    *,
    runs: int = 50,
    warmup: int = 10,
    threads: int = 1,
    statistic: str = "median",
    provider: str = "CPUExecutionProvider",
) -> list[NodeTime]:
    """Times every node of a whole network, in the order in which they run.

    Args:
        network: A module and the shapes of its inputs, with the batch.
        runs: To measure.
        warmup: Runs before.
        threads: That compute.
        statistic: One of :data:`~zcnas.latency.measuring.STATISTICS`.
        provider: Of ONNX Runtime.

    Raises:
        InputError: No runs.
        MissingExtraError: The extra ``onnx`` is not installed.
        ModelError: Torch cannot export the network.
    """
    if runs < 1 or warmup < 0:
        raise InputError(f"expected runs from 1 on and warmup from 0 on, got {runs} and {warmup}")
    model = exported(network)
    with tempfile.TemporaryDirectory(prefix="zcnas-profile-") as folder:
        events = _events(model, runs + warmup, threads, provider, Path(folder))
    found: dict[tuple[str, str], list[float]] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith(_SUFFIX):
            key = (event["name"].removesuffix(_SUFFIX), event["args"]["op_name"])
            found.setdefault(key, []).append(event["dur"] / 1e3)  # microseconds there
    return [NodeTime(*key, _entry(times[warmup:], statistic)) for key, times in found.items()]


def _entry(times: Sequence[float], statistic: str) -> Entry:
    told = summary(times, statistic)
    return Entry(told.value, told.spread, told.samples)


def _events(model: bytes, runs: int, threads: int, provider: str, folder: Path) -> list[Any]:
    session, feed = opened(model, threads, provider, str(folder / "profile"))
    for _ in range(runs):
        session.run(None, feed)
    events: list[Any] = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    return events
