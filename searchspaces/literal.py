"""Architectures that are spelt as values of Python."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from zcnas.errors import InputError


def literal(text: object, longest: int, value_of: Callable[[ast.expr], Any] = ast.literal_eval) -> Any:
    """The value that a text spells; nothing in it is run.

    >>> literal("[(0, 'skip')]", 20)
    [(0, 'skip')]

    Args:
        text: The text.
        longest: How many characters it may have: Python's parser needs stack for what is nested.
        value_of: Makes a value of the parsed expression; an error that it raises is one of the text.

    Raises:
        InputError: No text, too long a one, or one that spells no value; says which, and no more.
    """
    if not isinstance(text, str) or len(text) > longest:
        raise InputError(f"{len(text)} characters" if isinstance(text, str) else type(text).__name__)
    try:
        return value_of(ast.parse(text.strip(), mode="eval").body)
    except (AttributeError, TypeError, SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise InputError(str(error) or type(error).__name__) from error
