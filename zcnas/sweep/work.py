"""Doing jobs: in this process or in workers."""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from torch import nn
from tqdm import tqdm

from zcnas import workers as pool
from zcnas.errors import InputError, InputTypeError, ZcnasError
from zcnas.initialisation import initialise
from zcnas.proxies import Proxy
from zcnas.scores import Score
from zcnas.scoring import score
from zcnas.seeding import derive_seed
from zcnas.space import Architecture
from zcnas.store import Record
from zcnas.sweep.plan import Job, Plan

Results = Iterator[tuple[Job, list[Record] | pool.WorkerDied]]

_STUCK = (
    "workers: expected a space and proxies that other processes can import, got {} {!r} ({}); define it, or the "
    "function that it builds networks with, at the top level of a file, not as a lambda; or use workers=1"
)


def results_of(
    plan: Plan, jobs: Sequence[Job], workers: int, progress: bool, total: int
) -> Generator[list[Record], None, None]:
    """The records of one job after the other, in the order of completion."""
    if workers > 1:
        _check_travels(plan)
    remaining = sum(len(job.missing) for job in jobs)
    bar = tqdm(total=total, initial=total - remaining, unit="arch", disable=None if progress else True)
    with bar:
        if workers == 1:
            results: Results = pool.here(Worker(plan, 0).work, jobs)
        else:
            results = pool.run(_work, jobs, workers, prepare=partial(_prepare, plan))
        for job, found in results:
            yield _lost(plan, job, found) if isinstance(found, pool.WorkerDied) else found
            bar.update(len(job.missing))


def _check_travels(plan: Plan) -> None:
    """So that what a new process cannot import is an error here, rather than a dead worker there."""
    for part in (plan.space, *plan.proxies.values()):
        try:
            pickled = pickle.dumps(part)
        except Exception as error:
            raise InputError(_STUCK.format(type(part).__name__, part, error)) from error
        script = sys.modules["__main__"]
        if b"__main__" in pickled and not (getattr(script, "__file__", None) or getattr(script, "__spec__", None)):
            raise InputError(_STUCK.format(type(part).__name__, part, "it is defined in an interactive session"))


def _lost(plan: Plan, job: Job, error: pool.WorkerDied) -> list[Record]:
    return [
        Record(arch.key, name, repr(plan.proxies[name]), math.nan, "failed", str(error), 0.0)
        for arch, names in job.missing.items()
        for name in names
    ]


@dataclass(frozen=True, slots=True)
class Worker:
    """Does jobs; ``number`` says on which device."""

    plan: Plan
    number: int

    def work(self, job: Job) -> list[Record]:
        """Scores the job's network, and for each architecture what depends on its spelling."""
        wanted = dict.fromkeys(name for names in job.missing.values() for name in names)
        own = {name for name in wanted if self.plan.proxies[name].counts_unused()}
        # The network that is scored for all is built once, for what is shared and for its own.
        first = [name for name in wanted if name not in own or name in job.missing.get(job.scored_as, ())]
        done = {job.scored_as: self._records(job.scored_as, first)}
        shared = [record for record in done[job.scored_as] if record.name not in own]
        found = []
        for arch, names in job.missing.items():
            if arch not in done:
                done[arch] = self._records(arch, [name for name in names if name in own])
            mine = [record for record in done[arch] if record.name in own]
            found += [replace(record, arch=arch.key) for record in [*shared, *mine] if record.name in names]
        return found

    def _records(self, arch: Architecture, names: Sequence[str]) -> list[Record]:
        if not names:
            return []
        chosen = {name: self.plan.proxies[name] for name in names}
        try:
            details = self._scored(arch, chosen)
        except (InputError, InputTypeError):  # the caller's data or settings, which no architecture could suit
            raise
        except Exception as error:
            reason = str(error) if isinstance(error, ZcnasError) else f"{type(error).__name__}: {error}"
            return [
                Record(arch.key, name, repr(proxy), math.nan, "failed", reason, 0.0) for name, proxy in chosen.items()
            ]
        return [
            Record(arch.key, name, repr(chosen[name]), one.value, one.status, one.reason, one.seconds)
            for name, one in details.items()
        ]

    def _scored(self, arch: Architecture, chosen: Mapping[str, Proxy]) -> Mapping[str, Score]:
        plan = self.plan
        device = plan.devices[self.number % len(plan.devices)]
        model = self._builder(arch) if plan.seeds else self._built(arch, plan.seed)
        batches = list(plan.batches)
        return score(
            model, chosen.values(), batch=batches, seed=plan.seed, seeds=plan.seeds, device=device, exact=plan.exact
        ).details

    def _builder(self, arch: Architecture) -> Callable[[], nn.Module]:
        """Builds another initialisation at every call."""
        draws = count()
        return lambda: self._built(arch, derive_seed(self.plan.seed, next(draws)))

    def _built(self, arch: Architecture, seed: int) -> nn.Module:
        network = self.plan.space.build(arch, seed=seed, **self.plan.build)
        return initialise(network, self.plan.init, derive_seed(seed, arch.key))


# This process's, in a worker: what is pickled with every job had better be small.
_this: list[Worker] = []


def _prepare(plan: Plan, number: int) -> None:
    _this.append(Worker(plan, number))


def _work(job: Job) -> list[Record]:
    return _this[0].work(job)
