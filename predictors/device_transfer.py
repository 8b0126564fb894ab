"""Few measurements on a new device, and many on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from zcnas.errors import InputError
from zcnas.predictors.direction import warn_if_turned
from zcnas.predictors.encoding.scores import Scores
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.learned import Learned, joined, part
from zcnas.predictors.predictor import Predictor
from zcnas.predictors.transfer.blocks import Blocks
from zcnas.predictors.transfer.choice import chosen
from zcnas.predictors.transfer.kernel import LEVEL, Kernel, Places
from zcnas.predictors.transfer.process import Process
from zcnas.predictors.transfer.references import References
from zcnas.predictors.transfer.selection import selected
from zcnas.seeding import generator
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]

_MANY = 1000
"""Architectures at a time from which on it remembers what it knows of them."""
_POOL = 1500
"""Candidates that :meth:`DeviceTransfer.choose` looks at."""


class DeviceTransfer(Predictor):
    r"""A Gaussian process whose kernel and mean are learned over devices.

    :meth:`meta_fit` learns models of reference devices from many architectures, and by leaving out one device after
    the other how far a new one is like them; see :class:`~zcnas.predictors.transfer.kernel.Kernel`. :meth:`adapt`
    gives a predictor for a new device from a handful of measurements, which :meth:`choose` can pick. Without them,
    predictions are the mean of the references, whose order alone means something. After :meth:`fit` there are no
    references, and it learns from structure alone.

    Values may be anything that is measured on devices, such as latencies in ms or energies, as they are or with a minus
    sign, so that higher is better: what counts is that references and measurements have the same direction.

    Deviations are those of one more measurement. They are as large as leaving out reference devices has shown; but 0
    after measurements that are all equal, which say nothing of how far others differ.

    There is no paper of it: a task's relation to others as a kernel is that of Bonilla et al. 2008 (Multi-task Gaussian
    Process Prediction), the setting that of Lee et al. 2021, HELP, arXiv:2106.08630.

    Args:
        space: Whose architectures it knows.
        encodings: Of :data:`~zcnas.predictors.features.ENCODINGS`, side by side.
        references: How many architectures models of reference devices learn from at most, drawn at random.
        vocabulary: Of operations, for spaces of one's own.
        scores: Further columns by name, such as multiply-adds.
        seed: Of these draws.

    Raises:
        InputError: No encodings and no scores, or too few architectures for references.
        UnknownNameError: An unknown encoding.
    """

    name = "device_transfer"

    def __init__(
        self,
        space: SearchSpace,
        *,
        encodings: Sequence[str] = ("genome", "counts", "operations"),
        references: int = 900,
        vocabulary: Vocabulary | None = None,
        scores: Scores | None = None,
        seed: int = 0,
    ) -> None:
        if references < self.minimum:
            raise InputError(f"references: expected at least {self.minimum} architectures, got {references}")
        super().__init__(space, seed=seed)
        self._blocks = Blocks(space, encodings, vocabulary, scores)
        self.encodings, self.references = tuple(encodings), references
        self.vocabulary, self.scores = vocabulary, scores
        self._seen: dict[tuple[Architecture, ...], Places] = {}

    def meta_fit(self, archs: Sequence[Architecture], values: Sequence[Sequence[float]] | Floats) -> Self:
        """Learns what devices have in common; what it knew is forgotten.

        Args:
            archs: Of the space.
            values: ``(len(archs), T)``: a column for each of T devices, all measured on the same architectures.

        Returns:
            Itself.

        Raises:
            InputError: Another number of values, one that is not finite, no device, too few architectures, or one of
                another space; then nothing is forgotten.
        """
        matrix = np.array(values, dtype=np.float64)
        if matrix.ndim != 2 or not matrix.shape[1]:
            raise InputError(f"{self.name}: expected a column of values for each device, got shape {matrix.shape}")
        for column in matrix.T:
            self._examples(archs, column)
        rng = generator("predictor", self.name, self.seed)
        places = np.sort(rng.permutation(len(archs))[: self.references])
        facts = self._blocks.learn([archs[place] for place in places])
        models = References.of(self._blocks([archs[place] for place in places], facts), matrix[places])
        kernel = selected(models, matrix[places], rng)
        self._learned, self._seen = _prior(facts, models, kernel), {}
        return self

    def adapt(self, archs: Sequence[Architecture], values: Sequence[float] | Floats) -> Self:
        """A new predictor for the device with these measurements; this one stays as it is.

        It knows the same references. Measurements of an earlier call are not part of it: give all. There is a warning
        where 10 or more are nearly in the reverse order of the references, as values with a minus sign are beside such
        without.

        Raises:
            InputError: As for :meth:`fit`, or this one has learned nothing.
        """
        archs, found = self._examples(archs, values)
        prior = part(self.learned, "prior")
        places = self._places(archs)
        warn_if_turned(places.trend, found, "the other devices gave: give both with a minus sign, or both without")
        copy = self.recalling(_with_examples(prior, self._kernel, places, found))
        copy._seen = self._seen
        return copy

    def choose(self, count: int, candidates: Sequence[Architecture]) -> list[Architecture]:
        """Architectures to measure, in this order: those that tell the most about all candidates.

        What it was adapted to counts as measured: measured once more it tells less than others do, but leave it out of
        the candidates if that must not be. One that is there several times is chosen once. Of many candidates, 1,500
        drawn at random are looked at.

        Raises:
            InputError: Fewer different candidates than wanted, one of another space, or it has learned nothing.
        """
        self._require(candidates)
        candidates = list(dict.fromkeys(candidates))
        if not 0 < count <= len(candidates):
            raise InputError(f"{self.name}: expected 1 to {len(candidates)} architectures to choose, got {count}")
        pool = generator("choose", self.seed).permutation(len(candidates))[: max(_POOL, count)]
        process = _process(self.learned, self._kernel)
        places = self._places([candidates[place] for place in pool])
        found = chosen(self._kernel, places, count, process.known if process else None)
        return [candidates[pool[place]] for place in found]

    def quantile(self, archs: Sequence[Architecture], share: float) -> Floats:
        """``(len(archs),)``: what a measurement stays below with this probability, as it is predicted.

        Raises:
            InputError: As for :meth:`predict`, or a share that is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise InputError(f"share: expected a probability between 0 and 1, got {share}")
        mean, deviation = self.predict(archs)
        return np.asarray(mean + norm.ppf(share) * deviation)

    @property
    def _kernel(self) -> Kernel:
        return Kernel(**self.learned.facts["prior"]["kernel"])

    def _fitted(self, archs: Sequence[Architecture], values: Floats) -> Learned:
        self._seen = {}
        facts = self._blocks.learn(archs)
        columns = self._blocks(archs, facts)
        models = References.of(columns, np.empty((len(archs), 0)))
        prior = part(_prior(facts, models, Kernel()), "prior")
        return _with_examples(prior, Kernel(), Places.of(models(columns), columns), values)

    def _predicted(self, learned: Learned, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        places, process = self._places(archs), _process(learned, self._kernel)
        if process:
            return process(places)
        # Of the level nothing is known, so that it says nothing of deviations either.
        center, scale = learned.facts["prior"]["level"]
        variance = self._kernel.variances(places) - LEVEL + self._kernel.noise
        return center + scale * places.trend, scale * np.sqrt(variance)

    def _places(self, archs: Sequence[Architecture]) -> Places:
        """What is known of architectures; of many it remembers the last ones, for all that was adapted from it."""
        key = tuple(archs)
        if key not in self._seen:
            learned = part(self.learned, "prior")
            columns = self._blocks(archs, learned.facts["blocks"])
            models = References.revived(learned.arrays, learned.facts["spread"])
            places = Places.of(models(columns), columns, models.spread)
            if len(archs) < _MANY:
                return places
            self._seen.clear()
            self._seen[key] = places
        return self._seen[key]


def _prior(blocks: Mapping[str, Any], models: References, kernel: Kernel) -> Learned:
    level = [float(models.mean.mean()), float(models.deviation.mean())] if len(models.mean) else [0.0, 1.0]
    facts = {"blocks": blocks, "spread": models.spread, "kernel": asdict(kernel), "level": level}
    return joined({"prior": Learned(models.arrays(), facts)})


def _with_examples(prior: Learned, kernel: Kernel, known: Places, values: Floats) -> Learned:
    process = Process.of(kernel, known, values)
    arrays = {"trend": known.trend, "devices": known.devices, "columns": known.columns}
    arrays |= {"factor": process.factor, "solved": process.solved}
    facts = {"center": process.center, "scale": process.scale}
    return joined({"prior": prior, "examples": Learned(arrays, facts)})


def _process(learned: Learned, kernel: Kernel) -> Process | None:
    if "examples" not in learned.facts:
        return None
    own = part(learned, "examples")
    known = Places(**{name: np.asarray(own.arrays[name]) for name in ("trend", "devices", "columns")})
    factor, solved = np.asarray(own.arrays["factor"]), np.asarray(own.arrays["solved"])
    return Process(kernel, known, factor, solved, own.facts["center"], own.facts["scale"])
