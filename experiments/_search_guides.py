"""What algorithms need besides a space: options, scores for warm-up and move, candidates, images."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zcnas.cli.common import pairs
from zcnas.data import load
from zcnas.errors import InputError, UnknownNameError
from zcnas.proxies import PROXIES
from zcnas.search.scored import Scored
from zcnas.space import Architecture, SearchSpace
from zcnas.store import ScoreStore
from zcnas.study import named_algorithm, stored_scores
from zcnas.table import Table

Scores = Mapping[Architecture, float]

BY_PROXIES = ("robot", "gaussian_process")
"""Algorithms that choose among candidates of which several proxies are known."""


@dataclass(frozen=True, slots=True)
class Guides:
    """Common to all algorithms of a comparison.

    Attributes:
        score: What warm-up and move rank by, if anything.
        columns: Scores by proxy, for :data:`BY_PROXIES`; higher is better.
        warm_up: How many are scored, where an algorithm does not say; ``None`` for no warm-up.
        move: Likewise how many candidates.
        images: Name of the images for Zero-Cost-PT.
        build: How its networks are built.
    """

    score: Scores | None = None
    columns: Mapping[str, Scores] = field(default_factory=dict)
    warm_up: int | None = None
    move: int | None = None
    images: str = "digits"
    build: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self, spelt: str, space: SearchSpace) -> dict[str, Any]:
        """For :func:`zcnas.run_search`, of ``NAME`` or ``NAME:OPTION=VALUE,...``."""
        name, _, text = spelt.partition(":")
        options = pairs(text.split(",")) if text else {}
        # 0 turns off what is asked for all.
        numbers = {key: options.pop(key, getattr(self, key)) or None for key in ("warm_up", "move")}
        if numbers["warm_up"] or numbers["move"]:
            if self.score is None:
                raise InputError(f"{spelt}: expected --score with warm_up and move, such as --score params")
            numbers["score"] = self.score
        return {"algorithm": name, "options": {**self._needed(name, space), **options}, **numbers}

    def check(self, spelt: str, space: SearchSpace) -> None:
        """Raises what searches would, before the first has run."""
        given = self.arguments(spelt, space)
        named_algorithm(given["algorithm"], space, given["options"])

    def settings(self) -> dict[str, Any]:
        """What results depend on, where anything was asked for, as plain JSON."""
        told = {"warm_up": self.warm_up, "move": self.move, "build": dict(self.build)}
        return {key: value for key, value in {**told, "scores": self._content()}.items() if value}

    def _content(self) -> Any:
        held = {"": self.score or {}, **self.columns}
        return {name: Scored(scores).settings() for name, scores in held.items() if scores}

    def _needed(self, name: str, space: SearchSpace) -> dict[str, Any]:
        if name in BY_PROXIES:
            archs = [arch for arch in space if all(arch in scores for scores in self.columns.values())]
            return {
                "candidates": archs,
                "scores": {key: [scores[arch] for arch in archs] for key, scores in self.columns.items()},
            }
        if name == "zero_cost_pt":
            built = {"supernet_options": self.build, "network_options": self.build}
            return {"images": load(self.images), "progress": False, **built}
        return {}


def guides_of(options: argparse.Namespace, space: SearchSpace, table: Table, dataset: str) -> Guides:
    """What the options say."""
    score = None if options.score is None else _score(options, table, dataset)
    columns = {} if score is None else {options.score: score}
    if options.scores and any(one.startswith(BY_PROXIES) for one in options.algorithms):
        with ScoreStore(options.scores, read_only=True) as store:
            columns = {name: stored_scores(store, name, options.settings) for name in store.names()}
    found = Guides(score, columns, options.warm_up, options.move, options.images, pairs(options.build))
    for spelt in options.algorithms:
        found.check(spelt, space)
    return found


def _score(options: argparse.Namespace, table: Table, dataset: str) -> Scores:
    """Of the store, or without one a column of the table; higher is better."""
    if options.scores:
        return stored_scores(options.scores, options.score, options.settings)
    for column in table.columns:
        if (column.metric, column.dataset) == (options.score, dataset):
            # Tables hold parameters for a cost, proxies for a merit.
            merit = options.score in PROXIES and PROXIES.create(options.score).higher_is_better
            sign = 1 if merit or column.higher_is_better else -1
            return dict(zip(table.archs, sign * table.values(dataset, **column.choice), strict=True))
    raise UnknownNameError("score, without --scores,", options.score, {one.metric for one in table.columns})
