"""Layers by themselves: how tables of latencies spell each kind, and the module that computes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from string import Formatter

from torch import nn

from zcnas.errors import InputError
from zcnas.searchspaces.drawing import drawn_for
from zcnas.space import Layer

Numbers = Mapping[str, int]
"""Of a key, by name."""

Make = Callable[[int, int], nn.Module]
"""A module, from its channels before and after."""

MAP = "input:{size}x{size}x{before}-output:{out}x{out}x{after}"
"""From maps to maps, in most spellings."""


def same(numbers: Numbers) -> dict[str, int]:
    """``out`` of a layer that keeps the size."""
    return {"out": numbers["size"]}


def halved(numbers: Numbers) -> dict[str, int]:
    """``out`` of a layer that halves the size, rounded up."""
    return {"out": shrunk(numbers["size"], 2)}


def strided(numbers: Numbers) -> dict[str, int]:
    """``out`` of a layer with a ``stride``."""
    return {"out": shrunk(numbers["size"], numbers["stride"])}


def shrunk(size: int, stride: int) -> int:
    """Size of the map that comes out of a layer, from that of the one that goes in."""
    return (size - 1) // stride + 1


def nothing(_: Numbers) -> dict[str, int]:
    """Where all numbers are free."""
    return {}


@dataclass(frozen=True, slots=True)
class Kind:
    """Layers that differ in their numbers only.

    Attributes:
        form: Of keys, with names of numbers in braces; ``{name:b}`` is a truth value. ``size`` is the height and width
            of inputs, by default 1, and ``before`` their channels.
        make: The module, from all numbers.
        implied: From the others, the numbers that follow from them.
        inputs: How many.
        alone: As in :class:`~zcnas.space.Layer`.

    >>> kind = Kind("pool-" + MAP, lambda numbers: nn.AvgPool2d(1), lambda numbers: {**same(numbers), "after": 8})
    >>> kind.key(size=4, before=8)
    'pool-input:4x4x8-output:4x4x8'
    """

    form: str
    make: Callable[[Numbers], nn.Module]
    implied: Callable[[Numbers], Numbers] = nothing
    inputs: int = 1
    alone: bool = False

    def key(self, **numbers: int) -> str:
        """The spelling of the layer with these numbers and those implied."""
        return self.form.format(**{**numbers, **self.implied(numbers)})

    def numbers(self, key: str) -> dict[str, int] | None:
        """Those of a key; ``None`` where it has another form."""
        match = _pattern(self.form).fullmatch(key)
        return {name: int(text) for name, text in match.groupdict().items()} if match else None

    def layer(self, numbers: Numbers) -> Layer:
        """The layer with these numbers, its weights as torch draws them."""
        size = numbers.get("size", 1)
        return Layer(self.make(numbers), ((numbers["before"], size, size),) * self.inputs, self.alone)


class Kinds:
    """All kinds of a space.

    Args:
        space: Its name.
        kinds: By names of our own.
    """

    def __init__(self, space: str, kinds: Mapping[str, Kind]) -> None:
        self._space, self._kinds = space, dict(kinds)

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def layer(self, key: str, seed: int | None) -> Layer:
        """The layer that is spelt so, with weights that depend on seed, key and space alone.

        Raises:
            InputError: There is none; the message names the nearest.
        """
        for kind in self._kinds.values():
            if isinstance(key, str) and (numbers := kind.numbers(key)):
                return self._made(kind, numbers, key, seed)
        forms = [kind.form.replace(":b}", "}") for kind in self._kinds.values()]
        raise self._refused(key, get_close_matches(str(key), forms, 1, cutoff=0)[0])

    def _made(self, kind: Kind, numbers: dict[str, int], key: str, seed: int | None) -> Layer:
        spelt = kind.key(**numbers)
        if spelt != key:
            raise self._refused(key, spelt)
        try:
            with drawn_for(f"{self._space} {key}", seed):
                return kind.layer(numbers)
        except ValueError as error:  # torch's, of channels that cannot be divided into groups
            raise self._refused(key, f"{kind.form}, where {error}") from error

    def _refused(self, key: object, near: str) -> InputError:
        return InputError(
            f"expected a layer of {self._space}, as its 'layers' spells them, got {key!r:.200}; nearest: {near}"
        )


class InPieces:
    """For spaces that make single layers.

    Attributes:
        pieces: All kinds that the space's ``layers`` spells.
    """

    pieces: Kinds

    def layer(self, key: str, *, seed: int | None = None) -> Layer:
        """The layer that ``layers`` calls so; see :meth:`zcnas.space.LayerBuilder.layer`."""
        return self.pieces.layer(key, seed)


def mapped(name: str, make: Make, implied: Callable[[Numbers], Numbers] = same) -> Kind:
    """From maps to maps; the size stays, if ``implied`` says nothing else."""
    return Kind(f"{name}-{MAP}", _of_channels(make), implied)


def keeping(name: str, make: Callable[[], nn.Module], *, inputs: int = 1) -> Kind:
    """From maps to maps of the same shape, without weights."""
    return Kind(f"{name}-{MAP}", lambda _: make(), _unchanged, inputs)


def ending(name: str, make: Make, *, alone: bool = False) -> Kind:
    """From maps to logits."""
    return Kind(name + "-input:{size}x{size}x{before}-output:{after}", _of_channels(make), alone=alone)


def _of_channels(make: Make) -> Callable[[Numbers], nn.Module]:
    return lambda numbers: make(numbers["before"], numbers["after"])


def _unchanged(numbers: Numbers) -> dict[str, int]:
    return {"out": numbers["size"], "after": numbers["before"]}


@cache
def _pattern(form: str) -> re.Pattern[str]:
    text, seen = "", set[str]()
    for literal, name, spec, _ in Formatter().parse(form):
        text += re.escape(literal)
        if name:
            number = "[01]" if spec else "[1-9][0-9]*"
            text += f"(?P={name})" if name in seen else f"(?P<{name}>{number})"
            seen.add(name)
    return re.compile(text)
