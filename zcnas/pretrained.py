"""Predictors that know something already: those that ship, and those in files."""

from __future__ import annotations

import os
from typing import Any, overload

from zcnas.predictors import Predictor, Prior, load
from zcnas.predictors.learned import read
from zcnas.predictors.shipped import path_of
from zcnas.searchspaces import SPACES
from zcnas.space import SearchSpace


@overload
def load_predictor(name: str | os.PathLike[str]) -> Prior: ...


@overload
def load_predictor(name: str | os.PathLike[str], space: SearchSpace, **arguments: Any) -> Predictor: ...


def load_predictor(
    name: str | os.PathLike[str], space: SearchSpace | None = None, **arguments: Any
) -> Prior | Predictor:
    """A prior over all spaces; or given one of them, a predictor for it.

    >>> prior = load_predictor("general")
    >>> archs = [SPACES.create("nasbench201").architecture((gene,) * 6) for gene in range(5)]
    >>> mean, deviation = prior.adapt(archs, [10.0, 10.0, 89.0, 94.0, 85.0]).predict(archs)
    >>> int(mean.argmax())
    3

    Args:
        name: Of what ships (``"general"``), or the path of a file: of a prior, or of a predictor that was saved. A
            file that is called like what ships goes by ``./general``.
        space: Of the predictor; a prior then becomes a :class:`~zcnas.predictors.FewShot` that knows no examples.
        arguments: Of that predictor, where the file does not have them.

    Raises:
        UnknownNameError: Neither ships nor is a file.
        DataError: The file is truncated, garbled, or without ``space`` not of a prior.
        InputError: The file is of another space.
    """
    path = path_of(name)
    if space is None:
        return Prior.load(path, spaces=SPACES)
    learned, about = read(path)
    if about["name"] == Prior.name:
        return Prior(learned, spaces=SPACES).on(space, **arguments)
    return load(path, space, **arguments)
