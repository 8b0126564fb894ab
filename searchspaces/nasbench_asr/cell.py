"""The cell: three nodes in a row, each an operation, and skips from what came before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zcnas.errors import InputError
from zcnas.searchspaces.literal import literal

OPS = ("linear", "conv5", "conv5d2", "conv7", "conv7d2", "zero")
"""Operations in the order of the benchmark's codes: code 1 is ``conv5``."""

ZERO = OPS.index("zero")

NODES = range(3)
"""Node k reads what node k - 1 gave, and adds to it what skips bring: from the input and the k nodes before."""

CHOICES = (len(OPS), 2, len(OPS), 2, 2, len(OPS), 2, 2, 2)

Genome = tuple[int, ...]

_PLACES = ((0, 2), (2, 5), (5, 9))
_LONGEST = 200  # Several times the longest spelling.


def nodes_of(genome: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """An operation's code and the skips of each node.

    >>> nodes_of((1, 0, 2, 1, 0, 5, 0, 0, 1))
    ((1, 0), (2, 1, 0), (5, 0, 0, 1))
    """
    return tuple(tuple(genome[start:end]) for start, end in _PLACES)


def parse_cell(text: str) -> Genome:
    """Reads ``[[1, 0], [2, 1, 0], [5, 0, 0, 1]]``, in round brackets as well; nothing in the text is run.

    Raises:
        InputError: Another form.
    """
    try:
        found = literal(text, _LONGEST)
    except InputError as error:
        raise _wrong(text) from error
    return genome_of(found)


def genome_of(nodes: Any) -> Genome:
    """The genome of nested lists or tuples. Raises :class:`~zcnas.errors.InputError` for others."""
    sizes = [end - start for start, end in _PLACES]
    if not _is_list(nodes) or not all(map(_is_list, nodes)) or [len(node) for node in nodes] != sizes:
        raise _wrong(nodes)
    genome = tuple(gene for node in nodes for gene in node)
    if any(type(gene) is not int or not 0 <= gene < options for gene, options in zip(genome, CHOICES, strict=True)):
        raise _wrong(nodes)
    return genome


def format_cell(genome: Sequence[int]) -> str:
    """Writes ``[[1, 0], [2, 1, 0], [5, 0, 0, 1]]``."""
    return str([list(node) for node in nodes_of(genome)])


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _wrong(came: object) -> InputError:
    return InputError(
        "NAS-Bench-ASR architecture: expected [[op, s], [op, s, s], [op, s, s, s]] with op a place in "
        f"({', '.join(OPS)}) and s 0 or 1, got {came!r:.200}"
    )
