"""The cell: four nodes, each with an operation on what one earlier node, or the input, gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.literal import literal

OPS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
"""Operations in the order of the benchmark's codes: code 3 is ``cheb``."""

SKIP = OPS.index("skip")

LINKS = (
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)
"""What the nodes read in each of the nine shapes: 0 is the input, 1 the first node. All nodes that nobody reads are
concatenated."""

Links = tuple[int, ...]
Codes = tuple[int, ...]

_NODES = len(LINKS[0])
_LONGEST = 200  # Several times the longest spelling.
_FORM = "Arch([0, 0, 1, 2], ['gat', 'gcn', 'gin', 'skip']) or a hash of five digits such as 30128"


def parse_cell(text: str) -> tuple[Links, Codes]:
    """Reads links and codes of operations from either spelling; nothing in the text is run.

    >>> parse_cell("Arch([0, 1, 2, 1], ['gcn', 'gin', 'fc', 'cheb'])")
    ((0, 1, 2, 1), (1, 2, 7, 3))
    >>> parse_cell("30128")
    ((0, 0, 1, 2), (0, 1, 2, 8))

    Raises:
        InputError: Another form.
        UnknownNameError: An unknown operation.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise _wrong(text)
    if text.strip().isdecimal():
        return _decoded(int(text), text)
    try:
        links, ops = literal(text.strip().removeprefix("Arch"), _LONGEST)
    except (TypeError, ValueError) as error:  # InputError is one; others are of what is no pair.
        raise _wrong(text) from error
    return check_links(links), codes_of(ops)


def format_cell(links: Sequence[int], codes: Sequence[int]) -> str:
    """Writes links and names of operations as the benchmark's own code makes them."""
    return f"Arch({list(links)}, {[OPS[code] for code in codes]})"


def check_links(links: Any) -> Links:
    """The links, if every node reads an earlier one. Raises :class:`~zcnas.errors.InputError`."""
    listed = isinstance(links, list | tuple) and len(links) == _NODES
    if not listed or any(type(link) is not int or not 0 <= link <= node for node, link in enumerate(links)):
        raise InputError(
            f"NAS-Bench-Graph links: expected {_NODES} numbers, each of an earlier node (0 is the input, 1 the first "
            f"node), got {links!r:.200}"
        )
    return tuple(links)


def codes_of(ops: Any) -> Codes:
    """Codes of named operations.

    Raises:
        InputError: Not four names.
        UnknownNameError: An unknown operation.
    """
    if not isinstance(ops, list | tuple) or len(ops) != _NODES:
        raise InputError(f"NAS-Bench-Graph operations: expected {_NODES} names, got {ops!r:.200}")
    for op in ops:
        if op not in OPS:
            raise UnknownNameError("NAS-Bench-Graph operation", op, OPS)
    return tuple(map(OPS.index, ops))


def _decoded(number: int, text: str) -> tuple[Links, Codes]:
    shape, *codes = map(int, f"{number:05d}"[:5])
    if number >= 10 ** (1 + _NODES) or shape >= len(LINKS) or max(codes) >= len(OPS):
        raise _wrong(text)
    return LINKS[shape], tuple(codes)


def _wrong(came: object) -> InputError:
    return InputError(
        f"NAS-Bench-Graph architecture: expected {_FORM}, with operations of {', '.join(OPS)}; got {came!r:.200}"
    )
