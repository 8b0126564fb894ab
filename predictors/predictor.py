"""The contract of a predictor: it learns from trained architectures what others are worth."""

from __future__ import annotations

import inspect
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError, InputError
from zcnas.predictors.learned import Learned, read, write
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


class Predictor(ABC):
    """Learns from architectures of one space and their values, of which higher is better.

    Give errors, losses and latencies with a minus sign: nothing can tell them from accuracies. An architecture that
    occurs several times was measured several times. Where all values are equal, all predictions are that value.

    Equal arguments and equal calls give equal predictions. No random state but its own is read or changed.

    A subclass takes arguments by name, keeps them as attributes of the same names, and writes :meth:`_fitted` and
    :meth:`_predicted`. What it learned are arrays and plain JSON, so that it can be saved.

    Args:
        space: Whose architectures it knows.
        seed: Of all random choices.
    """

    name: ClassVar[str]
    minimum: ClassVar[int] = 2
    """How few architectures it learns from."""

    def __init__(self, space: SearchSpace, *, seed: int = 0) -> None:
        self.space, self.seed = space, seed
        self._learned: Learned | None = None

    def __repr__(self) -> str:
        settings = "".join(f", {name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({self.space.name}{settings})"

    @property
    def is_fitted(self) -> bool:
        """Whether it has learned."""
        return self._learned is not None

    def fit(self, archs: Sequence[Architecture], values: Sequence[float] | Floats) -> Self:
        """Learns anew; what it knew is forgotten.

        Args:
            archs: Of the space, at least :attr:`minimum`.
            values: One for each, higher is better.

        Returns:
            Itself.

        Raises:
            InputError: Another number of values, one that is not finite, too few, or an architecture of another space;
                then nothing is forgotten.
        """
        self._learned = self._fitted(*self._examples(archs, values))
        return self

    def predict(self, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        """Means and standard deviations, ``(len(archs),)`` each, in the unit of the values.

        Each class says what its deviations mean.

        Raises:
            InputError: It was not fitted, or an architecture is of another space.
        """
        self._require(archs)
        learned = self.learned
        return self._predicted(learned, archs) if len(archs) else (np.empty(0), np.empty(0))

    @property
    def learned(self) -> Learned:
        """What it learned. Raises :class:`~zcnas.errors.InputError` where that is nothing."""
        if self._learned is None:
            raise InputError(f"{self.name}: expected a fitted predictor, got one that is not; call fit(), or load one")
        return self._learned

    def clone(self, **changes: Any) -> Self:
        """One with equal arguments, but for ``changes``, that has learned nothing."""
        return type(self)(self.space, **{**self._arguments(), **changes})

    def recalling(self, learned: Learned) -> Self:
        """One with equal arguments that has learned this."""
        copy = self.clone()
        copy._learned = learned
        return copy

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes one file: arrays as safetensors, the rest as JSON in its metadata.

        Raises:
            InputError: It was not fitted.
        """
        write(path, self.learned, {"name": self.name, "space": self.space.name, "settings": self.settings()})

    @classmethod
    def load(cls, path: str | os.PathLike[str], space: SearchSpace, **arguments: Any) -> Self:
        """Reads what :meth:`save` wrote. No code in the file is run.

        Args:
            path: The file.
            space: The one that it was fitted on.
            arguments: Of the constructor, for what is not in the file: functions.

        Raises:
            DataError: Truncated, garbled, or of another kind.
            InputError: Of another predictor or another space.
            OSError: The file cannot be read.
        """
        learned, about = read(path)
        found = (about["name"], about["space"])
        if found != (cls.name, space.name):
            raise InputError(
                f"{os.fspath(path)}: expected {cls.name} on {space.name}, got {found[0]} on {found[1]}; "
                "zcnas.predictors.load() takes any predictor"
            )
        try:
            return cls._made(space, about["settings"], arguments).recalling(learned)
        except TypeError as error:
            raise DataError(f"{os.fspath(path)}: expected settings of {cls.name}, got {about['settings']}") from error

    def settings(self) -> dict[str, Any]:
        """Arguments of the constructor but for the space, as plain JSON; functions are left out."""
        return {name: value for name, value in self._arguments().items() if _is_plain(value)}

    @classmethod
    def _made(cls, space: SearchSpace, settings: Mapping[str, Any], arguments: Mapping[str, Any]) -> Self:
        """One with the settings of a file, and further arguments."""
        return cls(space, **{**settings, **arguments})

    @abstractmethod
    def _fitted(self, archs: Sequence[Architecture], values: Floats) -> Learned:
        """What it learns from checked arguments."""

    @abstractmethod
    def _predicted(self, learned: Learned, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        """Means and standard deviations from what it learned, for at least one architecture."""

    def _arguments(self) -> dict[str, Any]:
        makers = [inspect.signature(vars(kind)["__init__"]) for kind in type(self).__mro__ if "__init__" in vars(kind)]
        named = (one for maker in makers for one in maker.parameters.values() if one.kind is one.KEYWORD_ONLY)
        return {one.name: getattr(self, one.name) for one in named}

    def _examples(
        self, archs: Sequence[Architecture], values: Sequence[float] | Floats
    ) -> tuple[Sequence[Architecture], Floats]:
        self._require(archs)
        found = np.array(values, dtype=np.float64)
        if found.shape != (len(archs),):
            raise InputError(f"{self.name}: expected a value for each of {len(archs)} archs, got shape {found.shape}")
        if len(archs) < self.minimum:
            raise InputError(f"{self.name}: expected at least {self.minimum} architectures, got {len(archs)}")
        if not np.isfinite(found).all():
            place = int(np.argmin(np.isfinite(found)))
            raise InputError(
                f"{self.name}: expected finite values, got {found[place]} for {archs[place].key}; leave out what failed"
            )
        return archs, found

    def _require(self, archs: Sequence[Architecture]) -> None:
        if all(map(self.space.__contains__, archs)):
            return
        for arch in archs:
            if arch not in self.space:
                raise InputError(f"{self.name}: expected architectures of {self.space.name}, got {arch}")


@runtime_checkable
class Adaptable(Protocol):
    """Predictors that can go on from what they know."""

    def adapt(self, archs: Sequence[Architecture], values: Sequence[float] | Floats) -> Any:
        """A new predictor that began with what this one knows, which stays as it is."""


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
