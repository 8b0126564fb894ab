"""Zero-Cost-PT: proposals from one untrained supernet, and the best of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np
from tqdm import tqdm

from zcnas import workers as pool
from zcnas.data.imageset import ImageSet
from zcnas.data.noise import Noise
from zcnas.data.stream import Stream
from zcnas.errors import InputError, Undefined, UnknownNameError
from zcnas.journal import Journal
from zcnas.opscore.measures import Measure, measure
from zcnas.opscore.orders import ORDERS, Order
from zcnas.opscore.provenance import settings_of
from zcnas.opscore.run import Step
from zcnas.opscore.scorers import DEFAULT, OperationScorer, operation_scorer
from zcnas.opscore.work import CHUNK, Job, Plan, prepare, work
from zcnas.provenance import versions
from zcnas.proxies import Proxy
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Masking, Mixing, Supernet


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one discretisation of the supernet gave.

    Attributes:
        arch: The architecture.
        steps: All decisions in order.
        scores: How many masked supernets were scored.
        seconds: Processor time that it took.
    """

    arch: Architecture
    steps: tuple[Step, ...]
    scores: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        best: The proposal that validation ranks first.
        ranking: All different proposals with their validation scores, best first; for a proxy the mean over
            batches, for an aggregate its value among these. NaN where one could not be scored on some batch, and
            where there is only one, which needs no validation.
        proposals: In the order of their numbers.
        validation_scores: How many stand-alone networks were scored, counting every batch.
        validation_seconds: Processor time that it took.
        provenance: Settings and versions.
    """

    best: Architecture
    ranking: tuple[tuple[Architecture, float], ...]
    proposals: tuple[Proposal, ...]
    validation_scores: int
    validation_seconds: float
    provenance: Mapping[str, Any]

    @property
    def scores(self) -> int:
        """How many masked supernets were scored in all."""
        return sum(proposal.scores for proposal in self.proposals)

    @property
    def seconds(self) -> float:
        """Processor time of proposals and validation, whatever the number of workers."""
        return sum(proposal.seconds for proposal in self.proposals) + self.validation_seconds


def search(
    space: SearchSpace,
    images: ImageSet | Noise,
    *,
    scorer: str | OperationScorer = "zc_pt",
    proxy: str | Proxy | Measure = DEFAULT,
    order: str | Order = "random",
    proposals: int = 10,
    validations: int = 100,
    batch_size: int = 64,
    seed: int = 0,
    masking: Masking = "skip",
    supernet: Supernet | None = None,
    mixing: Mixing | None = None,
    supernet_options: Mapping[str, Any] | None = None,
    network_options: Mapping[str, Any] | None = None,
    workers: int = 1,
    devices: str | Sequence[str] = "cpu",
    journal: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Found:
    """Discretises a supernet several times, and validates what comes out with a proxy.

    A proposal begins with fresh mixture weights and fresh batches, on the same supernet weights. Different proposals
    are built as networks of their own, with fresh weights, and scored on the same validation batches.

    Args:
        space: One with a supernet.
        images: Where batches come from, by repeated seeded shuffles.
        scorer: One of :data:`~zcnas.opscore.SCORERS`, of which the last three want ``supernet`` and ``mixing`` as
            trained; or your own.
        proxy: What ``zc_pt``, ``disc_zc`` and, after every scorer, validation measure: a proxy, its name, an
            aggregate's name, or a :class:`~zcnas.opscore.Measure`.
        order: One of :data:`~zcnas.opscore.ORDERS`, or a function that decides all edges of a run.
        proposals: N.
        validations: V: batches on which every proposal is scored.
        batch_size: Images of a batch.
        seed: Fixes weights, batches and order.
        masking: What masked operations do; see :meth:`~zcnas.supernet.Supernet.view`.
        supernet: A supernet, such as a trained one, in the place of a fresh one; it is left as it is.
        mixing: Its mixture weights, in the place of drawn ones.
        supernet_options: Go to ``space.supernet``.
        network_options: Go to ``space.build`` in validation.
        workers: Processes. The result does not depend on their number. Several want all arguments picklable.
        devices: Where to compute, for one worker after the other, e.g. ``["cuda:0", "cuda:1"]``.
        journal: File that keeps finished pieces, so that an interrupted search goes on where it was.
        progress: Whether to show it.

    Reference: Xiang et al., Zero-Cost Operation Scoring in Differentiable Architecture Search, AAAI 2023,
    arXiv:2106.06799. Deviations from the authors' code: any proxy; masked operations are not computed; the operation
    chosen for an edge is the one that this edge gets (released scripts for NAS-Bench-Macro and NAS-Bench-1Shot1
    attach it to another); an edge that DARTS's nodes drop stays dropped in later tests of its node.

    Raises:
        UnknownNameError: No such scorer, proxy, order or masking.
        InputError: A space without supernet, numbers below 1, more images in a batch than there are, weights that do
            not fit the supernet, or a journal of another search.
        InputTypeError: Images or a proxy that are something else.
        Undefined: No operation of an edge, or no proposal, could be scored.
    """
    _check({"proposals": proposals, "validations": validations, "workers": workers}, order, masking)
    plan = Plan(
        space,
        images,
        operation_scorer(scorer, proxy),
        measure(proxy),
        ORDERS[order] if isinstance(order, str) else order,
        validations,
        batch_size,
        seed,
        masking,
        supernet_options or {},
        network_options or {},
        supernet,
        mixing,
        (devices,) if isinstance(devices, str) else tuple(devices),
    )
    _check_parts(plan)
    provenance = {**settings_of(plan), "proposals": proposals, "versions": versions()}
    done = Journal(journal, provenance)
    first = [Job(number) for number in range(proposals)]
    _finish(plan, first, done, workers, progress, "proposals")
    archs = _different(plan, [_arch(done[job.key]) for job in first])
    second = [Job(number, arch.genome, arch.space) for arch in archs for number in range(0, validations, CHUNK)]
    if len(archs) > 1:
        _finish(plan, second, done, workers, progress, "validation")
    ranking = _ranked(plan, archs, second, done)
    return Found(
        ranking[0][0],
        tuple(ranking),
        tuple(_proposal(done[job.key]) for job in first),
        len(archs) * validations if len(archs) > 1 else 0,
        sum(done[job.key]["seconds"] for job in second if job.key in done),
        provenance,
    )


def _check(counts: Mapping[str, int], order: str | Order, masking: str) -> None:
    if isinstance(order, str) and order not in ORDERS:
        raise UnknownNameError("edge order", order, ORDERS)
    if masking not in get_args(Masking):
        raise UnknownNameError("masking", masking, get_args(Masking))
    for name, value in counts.items():
        if value < 1:
            raise InputError(f"{name}: expected at least 1, got {value}")


def _check_parts(plan: Plan) -> None:
    """Before a journal is begun, which would refuse the corrected search."""
    Stream(plan.images, plan.batch_size)
    supernet = plan.supernet
    if plan.mixing is not None:
        supernet.check(plan.mixing)


def _finish(plan: Plan, jobs: Sequence[Job], done: Journal, workers: int, progress: bool, unit: str) -> None:
    missing = [job for job in jobs if job.key not in done]
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(missing), unit=f" {unit}", disable=None if progress else True)
    with bar:
        results: Iterable[tuple[Job, Any]]
        if workers == 1:
            results = pool.here(plan.do, missing)
        else:
            results = pool.run(work, missing, min(workers, len(missing) or 1), prepare=partial(prepare, plan))
        for job, found in results:
            if isinstance(found, pool.WorkerDied):
                raise found
            done.add(job.key, found)
            bar.update()


def _different(plan: Plan, archs: Iterable[Architecture]) -> list[Architecture]:
    """One of each network, in the order in which they came."""
    known: dict[Architecture, Architecture] = {}
    for arch in archs:
        known.setdefault(plan.representative(arch), arch)
    return list(known.values())


def _ranked(
    plan: Plan, archs: Sequence[Architecture], jobs: Sequence[Job], done: Journal
) -> list[tuple[Architecture, float]]:
    if len(archs) == 1:  # there is nothing to compare it with
        return [(archs[0], float("nan"))]
    rows: dict[tuple[int, ...], list[dict[str, float]]] = {arch.genome: [] for arch in archs}
    for job in jobs:
        rows[job.genome or ()] += done[job.key]["columns"]
    names = rows[archs[0].genome][0]
    # Minus infinity on one batch is minus infinity on average; so is NaN NaN, and so are infinities of both signs.
    with np.errstate(invalid="ignore"):
        columns = {
            name: np.array([np.mean([row[name] for row in rows[arch.genome]]) for arch in archs]) for name in names
        }
    values = plan.judge.join(columns)
    if np.isnan(values).all():
        raise Undefined("no proposal could be scored on the validation batches: use another proxy or other images")
    order = sorted(range(len(archs)), key=lambda place: (np.isnan(values[place]), -values[place]))
    return [(archs[place], float(values[place])) for place in order]


def _arch(piece: Mapping[str, Any]) -> Architecture:
    return Architecture(piece["space"], tuple(piece["genome"]))


def _proposal(piece: Mapping[str, Any]) -> Proposal:
    return Proposal(_arch(piece), tuple(Step(**step) for step in piece["steps"]), piece["scores"], piece["seconds"])
