"""A search space from a function and what its arguments may be."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import nn

from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.space import Architecture, SearchSpace

Options = Mapping[str, Any] | Iterable[Any]
"""What an argument may be: values, or names of values where their own text would not do."""


class ChoiceSpace(SearchSpace):
    """All combinations of a function's arguments, spelt as in ``depth=2,width=16``.

    >>> from torch import nn
    >>> def network(depth, width, num_classes):
    ...     layers = [nn.Conv2d(width if level else 3, width, 3) for level in range(depth)]
    ...     return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes))
    >>> space = ChoiceSpace("mine", {"depth": [1, 2, 3], "width": [16, 32]}, build=network)
    >>> len(space), space.parse("depth=2,width=16").key
    (6, 'mine:1-0')

    The name and the places of options name an architecture in stores: give the space another name when ``build``
    makes other networks than before. Other options are noticed, and scored anew.

    Args:
        name: Of the space; any but that of a registered one.
        choices: Argument -> its options. An option is written as its text, and a class or function as its name;
            for others, such as tuples, give a mapping from names to values, as in
            ``{"block": {"small": (1, 2), "large": (2, 4)}}``.
        build: Called with an option for every choice and with ``num_classes``, all by name, and with what else
            is given to :meth:`build`; returns a network. For several workers it must be importable: a function
            at the top level of a file, not a lambda.

    Raises:
        InputError: Names or options that cannot be written, that occur twice, or that ``build`` does not take.
        InputTypeError: ``build`` cannot be called, or ``choices`` is no mapping.
    """

    def __init__(self, name: str, choices: Mapping[str, Options], build: Callable[..., nn.Module]) -> None:
        if not isinstance(choices, Mapping):
            raise InputTypeError(f"choices: expected a mapping such as {{'depth': [1, 2]}}, got {choices!r}")
        if not isinstance(name, str) or not name or ":" in name:
            raise InputError(f"name: expected some text without a colon, got {name!r}")
        from zcnas.searchspaces import SPACES

        if name in SPACES:
            raise InputError(f"name: expected one of your own, got that of the registered space {name!r}")
        if not choices:
            raise InputError(f"{name}: expected at least one choice, such as {{'depth': [1, 2]}}, got none")
        self.name = name
        self._options = {choice: _spelt(choice, options) for choice, options in choices.items()}
        self.choices = tuple(map(len, self._options.values()))
        self._build = build
        self._check_builder()

    def __repr__(self) -> str:
        choices = {choice: [_told(*pair) for pair in options.items()] for choice, options in self._options.items()}
        return f"ChoiceSpace({self.name!r}, {choices})"

    def parse(self, text: str) -> Architecture:
        """Reads ``depth=2,width=16``, the choices in any order.

        Raises:
            InputError: Another form, or not every choice once.
            UnknownNameError: An option that there is not.
        """
        pairs = [part.strip().partition("=") for part in text.split(",")] if isinstance(text, str) else []
        given = {choice.strip(): option.strip() for choice, _, option in pairs}
        if len(pairs) != len(given) or given.keys() != self._options.keys():
            form = self.format(Architecture(self.name, (0,) * len(self.choices)))
            raise InputError(f"{self.name}: expected the form {form!r}, got {text!r}")
        return Architecture(self.name, tuple(self._place(choice, given[choice]) for choice in self._options))

    def format(self, arch: Architecture) -> str:
        """Writes ``depth=2,width=16``, the choices in their order."""
        return ",".join(self._texts(arch))

    def values(self, arch: Architecture) -> dict[str, Any]:
        """The arguments that ``arch`` stands for."""
        self._require(arch)
        options = zip(self._options.items(), arch.genome, strict=True)
        return {choice: list(values.values())[gene] for (choice, values), gene in options}

    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None, **further: Any) -> nn.Module:
        """What the builder returns for ``arch``; ``further`` goes to it as well.

        Raises:
            InputTypeError: It returned something else than a network.
        """
        arguments = self.values(arch)
        with drawn_for(arch, seed):
            network = self._build(**arguments, num_classes=num_classes, **further)
        if not isinstance(network, nn.Module):
            raise InputTypeError(f"{self.name}: expected build to return a torch.nn.Module, got {network!r}")
        return network

    def graph(self, arch: Architecture) -> Graph:
        """A chain of the choices: nothing more is known of the networks."""
        ops = ("input", *self._texts(arch), "output")
        return Graph(np.eye(len(ops), k=1, dtype=np.int8), ops)

    def _texts(self, arch: Architecture) -> Sequence[str]:
        self._require(arch)
        options = zip(self._options.items(), arch.genome, strict=True)
        return [f"{choice}={list(values)[gene]}" for (choice, values), gene in options]

    def _place(self, choice: str, option: str) -> int:
        options = list(self._options[choice])
        if option not in options:
            raise UnknownNameError(f"option of {choice!r} in {self.name}:", option, options)
        return options.index(option)

    def _check_builder(self) -> None:
        """So that a typing error is found here rather than in every network."""
        if not callable(self._build):
            raise InputTypeError(f"{self.name}: expected build to be a function, got {self._build!r}")
        try:
            signature = inspect.signature(self._build)
        except ValueError:  # some builtins have none
            return
        try:
            signature.bind(**dict.fromkeys([*self._options, "num_classes"]))
        except TypeError as error:
            raise InputError(
                f"{self.name}: expected build to take {', '.join(self._options)} and num_classes by name, and "
                f"nothing else without a default; got build{signature} ({error})"
            ) from error


def _spelt(choice: str, options: Options) -> dict[str, Any]:
    """Text -> option."""
    if not (isinstance(choice, str) and choice.isidentifier()) or choice in ("num_classes", "seed"):
        raise InputError(f"choices: expected the name of an argument other than num_classes and seed, got {choice!r}")
    if isinstance(options, str) or not isinstance(options, Iterable):
        raise InputTypeError(f"choice {choice!r}: expected a list of options such as [1, 2], got {options!r}")
    named = options.items() if isinstance(options, Mapping) else [(_text(option), option) for option in options]
    texts = [text for text, _ in named]
    for text in texts:
        if not isinstance(text, str) or not text or text != text.strip() or any(mark in text for mark in ",=\n"):
            raise InputError(
                f"choice {choice!r}: expected options that read like 16, relu or 0.5, got {text!r}; give a mapping "
                "from names to values, such as {'small': (1, 2)}"
            )
    if not texts or len(set(texts)) != len(texts):
        raise InputError(f"choice {choice!r}: expected at least one option, each written differently, got {texts}")
    return dict(named)


def _text(option: object) -> str:
    return option.__name__ if inspect.isclass(option) or inspect.isroutine(option) else str(option)


def _told(name: str, option: object) -> str:
    """A name with what it stands for, where it does not say that itself."""
    if inspect.isclass(option) or inspect.isroutine(option):
        return f"{name}: {option.__module__}.{option.__qualname__}"
    return name if name == str(option) else f"{name}: {option!r}"
