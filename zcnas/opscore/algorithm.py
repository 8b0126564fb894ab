"""Zero-Cost-PT as a search algorithm, so that it runs in the same loop as the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.data.imageset import ImageSet
from zcnas.data.noise import Noise
from zcnas.errors import InputError, UnknownNameError
from zcnas.opscore.provenance import described
from zcnas.opscore.search import Found, search
from zcnas.provenance import named
from zcnas.space import Architecture, SearchSpace

_NEUTRAL = {"workers", "journal", "progress"}
"""Options that change nothing of what is found."""


class ZeroCostPT(SearchAlgorithm):
    """Proposes what :func:`zcnas.opscore.search` finds, best first, each network once.

    The first :meth:`ask` searches, and may take long; what it finds depends on the arguments alone. Nothing that it is
    told changes the ranking: Zero-Cost-PT uses no accuracies. Once all proposals are told, there is nothing to ask.

    Args:
        space: One with a supernet.
        images: Where batches come from.
        seed: Of weights, batches and order.
        options: As for :func:`zcnas.opscore.search`.

    Raises:
        UnknownNameError: An option that there is not.
    """

    name = "zero_cost_pt"

    def __init__(self, space: SearchSpace, images: ImageSet | Noise, *, seed: int = 0, **options: Any) -> None:
        if unknown := options.keys() - (known := signature(search).parameters).keys():
            raise UnknownNameError(f"option of {self.name}", min(unknown), known)
        self._space, self._images, self.seed, self._options = space, images, seed, options
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
            self._ranking = [arch for arch, _ in self._found().ranking]
        return [arch for arch in self._ranking if arch not in self._told][:count]

    def _found(self) -> Found:
        return search(self._space, self._images, seed=self.seed, **self._options)

    def tell(self, trials: Sequence[Trial]) -> None:
        """Takes these architectures off the list."""
        self._told.update(trial.arch for trial in trials)

    def settings(self) -> dict[str, Any]:
        """All arguments but what is only shown, kept or divided up."""
        told = {key: described(value) for key, value in self._options.items() if key not in _NEUTRAL}
        space, images = named(self._space), described(self._images)
        return {"algorithm": self.name, "space": space, "images": images, "seed": self.seed, **told}

    def state_dict(self) -> dict[str, Any]:
        """The ranking, if there is one, and what has been told."""
        ranking = None if self._ranking is None else [_plain(arch) for arch in self._ranking]
        return {"algorithm": self.name, "ranking": ranking, "told": sorted(map(_plain, self._told))}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from :meth:`state_dict`.

        Raises:
            InputError: Another algorithm's, or one that is garbled.
        """
        try:
            if state["algorithm"] != self.name:
                raise InputError(f"expected the state of {self.name}, got that of {state['algorithm']!r}")
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
