"""Zero-Cost-PT as a search algorithm, so that it runs in the same loop as the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.data.imageset import ImageSet
from zcnas.data.noise import Noise
from zcnas.errors import InputError
from zcnas.opscore.search import search
from zcnas.space import Architecture, SearchSpace


class ZeroCostPT(SearchAlgorithm):
    """Proposes what :func:`zcnas.opscore.search` finds, best first, each network once.

    The first :meth:`ask` searches, and may take long; what it finds depends on the arguments alone. Nothing that it is
    told changes the ranking: Zero-Cost-PT uses no accuracies. Once all proposals are told, there is nothing to ask.

    Args:
        space: One with a supernet.
        images: Where batches come from.
        settings: As for :func:`zcnas.opscore.search`.
    """

    def __init__(self, space: SearchSpace, images: ImageSet | Noise, **settings: Any) -> None:
        self._space, self._images, self._settings = space, images, settings
        self._ranking: list[Architecture] | None = None
        self._told: set[Architecture] = set()

    def ask(self, count: int = 1) -> list[Architecture]:
        """The best ``count`` proposals of which nothing has been told.

        Raises:
            InputError: A count below 1.
        """
        if count < 1:
            raise InputError(f"ask: expected a count of at least 1, got {count}")
        if self._ranking is None:
            self._ranking = [arch for arch, _ in search(self._space, self._images, **self._settings).ranking]
        return [arch for arch in self._ranking if arch not in self._told][:count]

    def tell(self, trials: Sequence[Trial]) -> None:
        """Takes these architectures off the list."""
        self._told.update(trial.arch for trial in trials)

    def state_dict(self) -> dict[str, Any]:
        """The ranking, if there is one, and what has been told."""
        ranking = None if self._ranking is None else [_plain(arch) for arch in self._ranking]
        return {"algorithm": "zero_cost_pt", "ranking": ranking, "told": sorted(map(_plain, self._told))}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from :meth:`state_dict`.

        Raises:
            InputError: Another algorithm's, or one that is garbled.
        """
        try:
            if state["algorithm"] != "zero_cost_pt":
                raise InputError(f"expected the state of zero_cost_pt, got that of {state['algorithm']!r}")
            ranking = state["ranking"]
            restored = None if ranking is None else [_arch(one) for one in ranking]
            told = {_arch(one) for one in state["told"]}
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"expected what state_dict() gives, got {str(state)[:200]} ({error!r})") from error
        self._ranking, self._told = restored, told


def _plain(arch: Architecture) -> list[Any]:
    return [arch.space, list(arch.genome)]


def _arch(plain: Sequence[Any]) -> Architecture:
    space, genome = plain
    return Architecture(str(space), tuple(int(gene) for gene in genome))
