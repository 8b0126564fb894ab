"""One error tree: every error is a :class:`ZcnasError` and the builtin that it refines."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class ZcnasError(Exception):
    """Root of all errors that zcnas raises on purpose."""


class InputError(ZcnasError, ValueError):
    """An argument has the wrong form: the message says what was expected, what came, what to do."""


class InputTypeError(ZcnasError, TypeError):
    """An argument has the wrong type."""


class UnknownNameError(ZcnasError, KeyError):
    """A name is not registered, or a table has no such entry."""

    def __init__(self, kind: str, name: object, known: Iterable[object]) -> None:
        names = [str(candidate) for candidate in known]
        close = get_close_matches(str(name), names, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}? " if close else ""
        super().__init__(f"unknown {kind} {str(name)!r}: {hint}known: {', '.join(names) or 'none'}")

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would quote it

    def __reduce__(self) -> tuple[Any, ...]:
        # From the message, which is all that an error's pickle holds: worker processes send theirs home.
        return UnknownNameError.__new__, (UnknownNameError, *self.args), vars(self)


class DataError(ZcnasError, ValueError):
    """A file is truncated, garbled, of another kind, or would run code when read."""


class ModelError(ZcnasError, RuntimeError):
    """The caller's model raised, or cannot be traversed as a proxy needs."""


class OutOfMemory(ZcnasError, MemoryError):
    """Memory ran out. The batch is never split silently, because scores would change."""


class Undefined(ZcnasError, ArithmeticError):
    """A proxy has no meaning for this model or batch; becomes NaN with this reason."""


class MissingExtraError(ZcnasError, ImportError):
    """An optional dependency is not installed."""
