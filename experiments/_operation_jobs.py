"""Pieces of work of ``operation_scoring.py``: scores of one masked supernet, which depend on nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from _operation_trained import Course, strengths
from _operation_truth import SHAPE, Floats, Truth, agreement, read

from zcnas.data import load
from zcnas.data.imageset import ImageSet
from zcnas.data.stream import Stream
from zcnas.opscore import operation_scorer
from zcnas.opscore.run import Run
from zcnas.opscore.state import State
from zcnas.proxies import PROXIES, Proxy, default_names
from zcnas.proxies.nwot import NWOT
from zcnas.scoring import score
from zcnas.searchspaces import NASBench201
from zcnas.seeding import generator
from zcnas.supernet import Masking, Mixing, Supernet

FORMS = ("zc_pt", "disc_zc")
"""Without the operation, or with it alone."""

SETS = {"nwot": ("nwot_eval", "nwot", "nwot_hooks"), "all": tuple(default_names())}
"""Names for what is scored together. ``nwot_hooks`` is ``nwot_eval`` with the hooks of released code, which count a
unit inside a ReLUConvBN twice."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where images come from, and the size of the supernet.

    Attributes:
        root: A folder or an archive of pictures.
        truth: Accuracies of all cells.
        C: Channels of the first stage.
        N: Cells per stage.
        course: How supernets are trained for scorers that need it.
        folder: Where their checkpoints lie.
    """

    root: Path
    truth: Path
    C: int = 16
    N: int = 5
    course: Course = field(default_factory=Course)
    folder: Path = Path()


@dataclass(frozen=True, slots=True)
class Job:
    """One masked supernet; or one progressive discretisation, or one trained supernet.

    Attributes:
        seed: Of the supernet, its mixture weights and its batch.
        chosen: One of :data:`SETS`.
        form: One of :data:`FORMS`; ``progress`` and one of them; ``trained ...``.
        masking: What masked operations do.
        batch_size: Images.
        edge: Which operation is masked or alone; -1 for none.
        op: Its code.
    """

    seed: int
    chosen: str
    form: str
    masking: Masking
    batch_size: int
    edge: int = -1
    op: int = -1

    @property
    def key(self) -> str:
        """Names it in the journal."""
        return f"{self.seed} {self.chosen} {self.form} {self.masking} {self.batch_size} {self.edge} {self.op}"


def jobs_of(seed: int, chosen: str, masking: Masking, batch_size: int) -> list[Job]:
    """All masked supernets of both forms; without ``none`` a supernet computes what it does with it."""
    found = [Job(seed, chosen, "whole", masking, batch_size)]
    for form in FORMS:
        start = 1 if form == "zc_pt" else 0
        found += [
            Job(seed, chosen, form, masking, batch_size, edge, op)
            for edge in range(SHAPE[0])
            for op in range(start, SHAPE[1])
        ]
    return found


def do(setting: Setting, job: Job) -> Any:
    """Signed scores by proxy; correlations with best-acc after 0, 1, ... 5 decisions; or ``(E, O)`` by scorer."""
    if job.form.startswith("progress"):
        return _progress(setting, job)
    if job.form.startswith("trained"):
        folder = setting.folder / f"supernet-{job.seed}"
        return strengths(_images(setting.root), setting.course, job.seed, job.batch_size, folder)
    supernet, mixing = _supernet(setting, job.seed)
    view = supernet.view(_masked(supernet, mixing, job), job.masking)
    stream = Stream(_images(setting.root), job.batch_size)
    batches = [stream.batch(job.seed, number) for number in range(2)]
    found: dict[str, float] = {}
    for group in _groups(job.chosen):
        scores = score(view, list(group.values()), batch=batches, seed=job.seed)
        for name, one in zip(group, scores.details.values(), strict=True):
            found[name] = one.value if one.higher_is_better else -one.value
    return found


def _masked(supernet: Supernet, mixing: Mixing, job: Job) -> Mixing:
    state = State(supernet, mixing)
    if job.form == "whole":
        return mixing
    return state.without(job.edge, job.op) if job.form == "zc_pt" else state.fixed(job.edge, job.op)


def _groups(chosen: str) -> Sequence[dict[str, Proxy]]:
    """Proxies that are scored in one call, by the name in the tables."""
    names = {name: PROXIES.create(name) for name in SETS[chosen] if name != "nwot_hooks"}
    if chosen == "nwot":
        return [names, {"nwot_hooks": NWOT(train=False, variant="released")}]
    return [names]


@lru_cache(maxsize=1)
def _supernet(setting: Setting, seed: int) -> tuple[Supernet, Mixing]:
    supernet = NASBench201().supernet(seed=seed, C=setting.C, N=setting.N)
    return supernet, supernet.drawn(generator("operation-scoring", seed))


@lru_cache(maxsize=1)
def _images(root: Path) -> ImageSet:
    images = load("pictures", root=root, split="train")
    assert isinstance(images, ImageSet)
    return images


@lru_cache(maxsize=1)
def _truth(path: Path) -> Truth:
    return read(path)


def _progress(setting: Setting, job: Job) -> list[float]:
    """At every step a random edge gets what is best-acc's best there, so that all scorers meet the same supernets.

    Truth is best-acc among the cells that agree with the decisions so far.
    """
    supernet, mixing = _supernet(setting, job.seed)
    stream, truth = Stream(_images(setting.root), job.batch_size), _truth(setting.truth)
    scorer = operation_scorer(job.form.split()[1], "nwot_eval")
    run = Run(supernet, scorer, stream.batch, seed=job.seed, masking=job.masking, mixing=mixing)
    rng, curve = generator("progress", job.seed), []
    while run.state.undecided:
        run.advance()
        best = truth.best_acc({edge: op for edge, op in enumerate(run.state.decisions) if op is not None})
        strengths: Floats = np.full(SHAPE, math.nan)
        for edge, values in run.strengths(run.state.undecided).items():
            strengths[edge] = values
        curve.append(agreement(strengths, best)[0])
        edge = run.state.undecided[int(rng.integers(len(run.state.undecided)))]
        run.state.decide(edge, int(best[edge].argmax()))
    return curve
