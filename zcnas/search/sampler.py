"""Samplers of optuna, such as TPE, as a search algorithm."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from zcnas.algorithm import Trial
from zcnas.errors import InputError, MissingExtraError
from zcnas.provenance import digest, named
from zcnas.search.drawing import draw
from zcnas.search.history import Free, HistorySearch, succeeded
from zcnas.space import Architecture, SearchSpace

_ATTEMPTS = 20
"""Suggestions in a row that are known or not valid, until an architecture is drawn at random."""


class OptunaSearch(HistorySearch):
    """Asks a sampler of optuna, by default its tree-structured Parzen estimator.

    A fresh sampler sees all trials at every :meth:`ask`, so that asking learns nothing: samplers that keep more than
    parameters and values in a study, such as CMA-ES, NSGA-II or QMC, begin anew every time. Suggestions that are known
    or not valid are told as failed, and another one is asked for: nothing is trained twice. What failed or is not
    feasible is not shown to the sampler. One :meth:`ask` takes time proportional to the number of trials.

    Reference: Akiba et al. 2019, arXiv:1907.10902; TPE: Bergstra et al. 2011; Watanabe 2023, arXiv:2304.11127. Needs
    the extra ``search``.

    Args:
        space: Where architectures come from.
        sampler: Makes a sampler from a seed; ``None`` for ``optuna.samplers.TPESampler(seed=seed)``.
        ordered: Whether the options of a gene are in an order, such as widths; otherwise they are categories.
        objectives: How many there are; all are maximised.
        initial: How many of a warm-up's best are its first trials; 10 is also TPE's number of random trials.
        seed: Of all random choices.
        identity: As for :class:`~zcnas.search.history.HistorySearch`.

    Raises:
        InputError: A number below 1.
        MissingExtraError: optuna is not installed.
    """

    name = "optuna"

    def __init__(
        self,
        space: SearchSpace,
        *,
        sampler: Callable[[int], Any] | None = None,
        ordered: bool = False,
        objectives: int = 1,
        initial: int = 10,
        seed: int = 0,
        identity: Callable[[Architecture], Hashable] | None = None,
    ) -> None:
        if objectives < 1 or initial < 1:
            raise InputError(f"expected at least 1 objective and initial trial, got {objectives} and {initial}")
        self.objectives, self.initial = objectives, initial
        self._optuna = _optuna()
        self._told = "tpe" if sampler is None else named(sampler)
        self._sampler = sampler or (lambda seed: self._optuna.samplers.TPESampler(seed=seed))
        self._options = {str(gene): self._distribution(number, ordered) for gene, number in enumerate(space.choices)}
        super().__init__(space, seed=seed, identity=identity)

    def settings(self) -> dict[str, Any]:
        """See :class:`~zcnas.algorithm.SearchAlgorithm`."""
        return {**super().settings(), "sampler": self._told, "options": digest([self._options])}

    def _distribution(self, options: int, ordered: bool) -> Any:
        kinds = self._optuna.distributions
        return kinds.IntDistribution(0, options - 1) if ordered else kinds.CategoricalDistribution(range(options))

    def _forget(self) -> None:
        super()._forget()
        self._finished: list[Any] = []

    def _learn(self, trial: Trial, /) -> None:
        if succeeded(trial):
            params = dict(zip(self._options, trial.arch.genome, strict=True))
            values = [float(value) for value in trial.values]
            self._finished.append(
                self._optuna.trial.create_trial(params=params, distributions=self._options, values=values)
            )

    def _proposals(self, rng: np.random.Generator, free: Free, /) -> Iterator[Architecture]:
        study = self._study(int(rng.integers(2**32)))
        while (arch := self._suggested(study, free) or draw(self.space, rng, free)) is not None:
            yield arch

    def _suggested(self, study: Any, free: Free) -> Architecture | None:
        for _ in range(_ATTEMPTS):
            trial = study.ask(self._options)
            arch = Architecture(self.space.name, tuple(trial.params[gene] for gene in self._options))
            if arch in self.space and free(arch):
                return arch
            study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        return None

    def _study(self, seed: int) -> Any:
        storage = self._optuna.storages.InMemoryStorage()
        with _silent(logging.getLogger("optuna.storages._in_memory")):
            study = self._optuna.create_study(
                storage=storage, sampler=self._sampler(seed), directions=["maximize"] * self.objectives
            )
        study.add_trials(self._finished)
        return study


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Without the line that announces every new study."""
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError(
            f"OptunaSearch: expected optuna, got {error}; install the extra 'search', as in pip install 'zcnas[search]'"
        ) from error
    return optuna
