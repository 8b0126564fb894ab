"""Spaces and algorithms by name, with warm-up and move around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

from zcnas.algorithm import SearchAlgorithm
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.objectives import Constraint, Objective
from zcnas.opscore import ZeroCostPT
from zcnas.search import ALGORITHMS, Move, Score, WarmUp
from zcnas.searchspaces import get
from zcnas.space import SearchSpace
from zcnas.study.scores import FeasibleScores, as_score


def space_of(given: SearchSpace | str) -> SearchSpace:
    """A space, or the one of this name. Raises :class:`~zcnas.errors.UnknownNameError`."""
    return get(given) if isinstance(given, str) else given


def named_algorithm(
    name: str, space: SearchSpace, options: Mapping[str, Any] | None = None, *, seed: int = 0, objectives: int = 1
) -> SearchAlgorithm:
    """One of :data:`zcnas.search.ALGORITHMS`, or ``"zero_cost_pt"``.

    Args:
        name: Of the algorithm.
        space: Its first argument.
        options: Its other arguments.
        seed: Given to it if it takes one, unless the options have it; likewise ``objectives``.
        objectives: How many values it will be told.

    Raises:
        UnknownNameError: No such algorithm, or no such option of it.
        InputError: Options that are lacking or wrong.
    """
    return _named(name, space, options, {"seed": seed, "objectives": objectives})


def _named(
    name: str, space: SearchSpace, options: Mapping[str, Any] | None, common: Mapping[str, Any]
) -> SearchAlgorithm:
    """With those of ``common`` that it takes, unless its options have them."""
    factories: dict[str, Callable[..., SearchAlgorithm]] = {**ALGORITHMS, ZeroCostPT.name: ZeroCostPT}
    if name not in factories:
        raise UnknownNameError("search algorithm", name, factories)
    known = signature(factories[name]).parameters
    given = dict(options or {})
    open_ = any(one.kind is Parameter.VAR_KEYWORD for one in known.values())
    if not open_ and (unknown := given.keys() - known.keys()):
        raise UnknownNameError(f"option of {name}", min(unknown), list(known)[1:])
    given = {**{key: value for key, value in common.items() if key in known}, **given}
    try:
        return factories[name](space, **given)
    except TypeError as error:
        raise InputError(f"{name}: {error}; its options: {', '.join(list(known)[1:])}") from error


def algorithm_of(
    given: SearchAlgorithm | str,
    space: SearchSpace,
    options: Mapping[str, Any] | None,
    seed: int | None,
    objective: Objective,
    scored: bool,
) -> SearchAlgorithm:
    """What :func:`zcnas.run_search` takes as an algorithm.

    Raises:
        InputError: Options of one that is made already; or a seed, which without scores nothing else needs.
    """
    if isinstance(given, str):
        told = {"objectives": len(objective.goals), "task": objective.dataset}
        return _named(given, space, options, {"seed": seed or 0, **told})
    if options is not None:
        raise InputError(f"options: expected an algorithm's name with them, got {given!r}; give them where it is made")
    if seed is not None and not scored:
        raise InputError(f"seed: expected an algorithm's name with it, got {given!r}; give it where it is made")
    return given


def guided(
    algorithm: SearchAlgorithm,
    space: SearchSpace,
    constraints: Sequence[Constraint],
    score: Score | Objective | None,
    warm_up: int | None,
    move: int | None,
    seed: int | None,
) -> SearchAlgorithm:
    """An algorithm within a move, within a warm-up, as far as these are asked for; both see what is feasible only."""
    if (score is None) != (warm_up is None and move is None):
        raise InputError(f"expected a score where there is warm_up or move, got {score=}, {warm_up=}, {move=}")
    for name, number in {"warm_up": warm_up, "move": move}.items():
        if isinstance(number, bool):
            raise InputTypeError(f"{name}: expected a number of architectures, got {number}")
    if score is not None:
        seed, ranking = seed or 0, as_score(score)
        ranking = FeasibleScores(ranking, constraints) if constraints else ranking
        algorithm = algorithm if move is None else Move(algorithm, ranking, candidates=move, seed=seed)
        algorithm = algorithm if warm_up is None else WarmUp(algorithm, space, ranking, warm_up, seed=seed)
    return algorithm
