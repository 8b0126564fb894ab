"""Measures on this device."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from zcnas.journal import Journal
from zcnas.latency.files import LatencyTable
from zcnas.latency.measuring.clocks import clock_named
from zcnas.latency.measuring.plan import Job, Plan
from zcnas.latency.measuring.results import Results
from zcnas.latency.measuring.runner import load, processor, samples, surroundings
from zcnas.latency.measuring.runtimes import RUNNING, Eager, OnnxRuntime
from zcnas.latency.measuring.timing import torch_threads


def measure(
    *plans: Plan,
    device: str | None = None,
    journal: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> list[LatencyTable]:
    """Runs all networks of some plans here, in rounds, and makes a table of each plan.

    Every round runs all networks of all plans once in turn: layers, and the networks that they shall be compared with,
    then see the same hours of a machine that has other work too.

    Args:
        *plans: Of layers or of architectures.
        device: What tables call this machine; by default the name of its processor.
        journal: A file for finished pieces; what is there is not measured again. It belongs to these plans, this
            device and versions.
        progress: Whether to show a bar.

    Raises:
        MissingExtraError: ONNX Runtime is not installed.
        InputError: The journal belongs to other work, or cannot be written; a clock that does not fit.
        ModelError: A network that cannot be exported.
    """
    return [one.table() for one in results(*plans, device=device, journal=journal, progress=progress)]


def results(
    *plans: Plan,
    device: str | None = None,
    journal: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> list[Results]:
    """The same before tables are made: all that was measured. See :func:`measure`."""
    with tempfile.TemporaryDirectory(prefix="zcnas-latency-") as folder:
        runtimes = [RUNNING[plan.settings.runtime](plan, Path(folder) / str(at)) for at, plan in enumerate(plans)]
        name, here = device or processor(), surroundings()
        told = {"device": name, "runtimes": [one.name for one in runtimes], "surroundings": here}
        pieces = Journal(journal, {"plans": [plan.plain() for plan in plans], **told})
        for key, at, job in tqdm([*_work(plans)], desc="measuring", unit="network", disable=not progress):
            if key not in pieces:
                pieces.add(key, _piece(runtimes[at], plans[at], job))
    return [
        Results(plan, name, runtimes[at].name, here, _of(pieces, at), statistic=plan.settings.statistic)
        for at, plan in enumerate(plans)
    ]


def _work(plans: Sequence[Plan]) -> Iterator[tuple[str, int, Job]]:
    """Keys of pieces, with the place of a plan and its job."""
    for turn in range(max(plan.settings.rounds for plan in plans)):
        for at, plan in enumerate(plans):
            if turn < plan.settings.rounds:
                yield from ((f"{at}/{turn}/{job.name}", at, job) for job in plan.jobs)


def _piece(runtime: Eager | OnnxRuntime, plan: Plan, job: Job) -> dict[str, Any]:
    settings = plan.settings
    with torch_threads(settings.threads):
        clock = clock_named(settings.clock, threads=settings.threads)
        found = samples(runtime.prepare(job), clock, settings.seconds, settings.warmup)
    return {"seconds": found, "load": load()}


def _of(pieces: Journal, at: int) -> Mapping[str, Any]:
    """Those of one plan, as a runner names them."""
    return {key.partition("/")[2]: pieces[key] for key in pieces if key.startswith(f"{at}/")}
