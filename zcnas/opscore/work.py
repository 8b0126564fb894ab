"""The pieces of a search, which depend on nothing but their number, so that any process may do them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from zcnas.data.imageset import ImageSet
from zcnas.data.noise import Noise
from zcnas.data.stream import Stream
from zcnas.errors import InputError
from zcnas.opscore.measures import Measure
from zcnas.opscore.orders import Order
from zcnas.opscore.run import Run, propose
from zcnas.opscore.scorers import OperationScorer
from zcnas.searchspaces import SPACES
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, Deduplicated, SearchSpace
from zcnas.supernet import HasSupernet, Masking, Mixing, Supernet

CHUNK = 10
"""Batches of a validation that are one piece of work."""


@dataclass(frozen=True, slots=True)
class Job:
    """One proposal, or a part of the validation of one architecture.

    Attributes:
        number: Of the proposal, or of the validation's first batch.
        genome: Whose validation; ``None`` for a proposal.
        space: Of the genome.
    """

    number: int
    genome: tuple[int, ...] | None = None
    space: str = ""

    @property
    def key(self) -> str:
        """Names it in journals."""
        if self.genome is None:
            return f"proposal {self.number}"
        return f"validation {Architecture(self.space, self.genome).key} from {self.number}"


@dataclass(frozen=True)
class Plan:
    """All that the pieces of a search share; see :func:`zcnas.opscore.search` for the arguments."""

    space: SearchSpace
    images: ImageSet | Noise
    scorer: OperationScorer
    judge: Measure
    order: Order
    validations: int
    batch_size: int
    seed: int
    masking: Masking
    supernet_options: Mapping[str, Any] = field(default_factory=dict)
    network_options: Mapping[str, Any] = field(default_factory=dict)
    trained: Supernet | None = None
    mixing: Mixing | None = None
    devices: tuple[str, ...] = ("cpu",)
    number: int = 0

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "supernet"}

    @cached_property
    def supernet(self) -> Supernet:
        """The one that all proposals are cut from; built in every process from the same seed.

        Raises:
            InputError: The space has none, and no other was given.
        """
        if self.trained is not None:
            return self.trained
        if not isinstance(self.space, HasSupernet):
            raise InputError(f"{self.space.name}: expected a space with a supernet; give your own as supernet=...")
        made = self.space.supernet(seed=self.seed, **{"num_classes": self._classes, **self.supernet_options})
        made.network.to(self.device)
        return made

    @property
    def device(self) -> str:
        """Where this process computes. A supernet that was given stays where it is."""
        return self.devices[self.number % len(self.devices)]

    def do(self, job: Job) -> dict[str, Any]:
        """The piece's result, as plain JSON, and the processor seconds that it took."""
        begin = time.process_time()
        found = self._propose(job.number) if job.genome is None else self._validate(job)
        return {**found, "seconds": time.process_time() - begin}

    def _propose(self, number: int) -> dict[str, Any]:
        seed = derive_seed("zero-cost-pt", self.seed, number)
        stream = Stream(self.images, self.batch_size)
        run = Run(self.supernet, self.scorer, stream.batch, seed=seed, masking=self.masking, mixing=self.mixing)
        arch = propose(run, self.order)
        return {
            "space": arch.space,
            "genome": arch.genome,
            "scores": run.scores,
            "steps": [asdict(step) for step in run.steps],
        }

    def _validate(self, job: Job) -> dict[str, Any]:
        """Signed scores on a few batches, each batch by itself."""
        arch = Architecture(job.space, job.genome or ())
        options = {"num_classes": self._classes, **self.network_options}
        network = self.space_of(arch).build(arch, seed=self.seed, **options).to(self.device)
        stream, seed = Stream(self.images, self.batch_size), derive_seed("validation", self.seed)
        columns, each = [], self.judge.batches
        for number in range(job.number, min(job.number + CHUNK, self.validations)):
            batches = [stream.batch(seed, number * each + place) for place in range(each)]
            found = self.judge.columns(network, batches, self.seed)
            columns.append({name: float(value) for name, value in found.items()})
        return {"columns": columns}

    def space_of(self, arch: Architecture) -> SearchSpace:
        """The space of an architecture that was found: NAS-Bench-1Shot1's supernets find cells of NAS-Bench-101."""
        return self.space if arch.space == self.space.name else SPACES.create(arch.space)

    def representative(self, arch: Architecture) -> Architecture:
        """Equal for architectures that are one network, where the space can tell."""
        space = self.space_of(arch)
        return space.representative(arch) if isinstance(space, Deduplicated) else arch

    @property
    def _classes(self) -> int:
        if isinstance(self.images, ImageSet):
            return len(self.images.classes)
        return self.images.num_classes or 10


# This process's, in a worker: what is pickled with every job had better be small.
_this: list[Plan] = []


def prepare(plan: Plan, number: int) -> None:
    """Called once in every worker."""
    _this.append(replace(plan, number=number))


def work(job: Job) -> dict[str, Any]:
    """Does a job in a worker."""
    return _this[-1].do(job)
