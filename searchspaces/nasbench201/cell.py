"""The cell: four nodes, an operation on each of the six edges between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zcnas.errors import InputError, UnknownNameError

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""Operations in the benchmark's code order: code 3 is ``nor_conv_3x3``."""

NONE, SKIP, CONV1, CONV3, POOL = range(len(OPS))

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source, target) of every edge in the order of the architecture string; 0 is the input, 3 the output."""

INPUT, OUTPUT = 0, 3

FORM = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"


def parse_ops(text: str) -> tuple[int, ...]:
    """Reads an architecture string into six operation codes.

    >>> parse_ops("|none~0|+|none~0|nor_conv_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|")
    (0, 0, 3, 0, 3, 4)

    Raises:
        InputError: Another form than ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``.
        UnknownNameError: An operation that is not in :data:`OPS`.
    """
    if not isinstance(text, str):
        raise _wrong_form(text)
    nodes = [node.strip("|").split("|") for node in text.strip().split("+")]
    parts = [part.split("~") for node in nodes for part in node]
    if [len(node) for node in nodes] != [1, 2, 3] or any(len(part) != 2 for part in parts):
        raise _wrong_form(text)
    if any(source != str(edge[0]) for (_, source), edge in zip(parts, EDGES, strict=True)):
        raise _wrong_form(text)
    return codes_of(op for op, _ in parts)


def codes_of(ops: Iterable[str]) -> tuple[int, ...]:
    """Turns operation names into codes. Raises :class:`~zcnas.errors.UnknownNameError`."""
    return tuple(_code(op) for op in ops)


def format_ops(codes: Sequence[int]) -> str:
    """Writes six operation codes as an architecture string: the inverse of :func:`parse_ops`."""
    a, b, c, d, e, f = (OPS[code] for code in codes)
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


def live_edges(codes: Sequence[int]) -> tuple[bool, ...]:
    """Which edges matter to the output: they lead to it and carry something.

    A skip or pool from a node without inputs carries zeros and nothing else. A convolution of zeros is live:
    it gives its batch norm's shift, which is trained.

    >>> live_edges((0, 4, 3, 0, 1, 0))
    (False, False, False, False, False, False)
    """
    carries = {INPUT}
    for code, (source, target) in zip(codes, EDGES, strict=True):
        if code in (CONV1, CONV3) or (code != NONE and source in carries):
            carries.add(target)
    reaches = {OUTPUT}
    for code, (source, target) in reversed(list(zip(codes, EDGES, strict=True))):
        if code != NONE and target in reaches:
            reaches.add(source)
    return tuple(
        target in reaches and (code in (CONV1, CONV3) or (code != NONE and source in carries))
        for code, (source, target) in zip(codes, EDGES, strict=True)
    )


def _code(op: str) -> int:
    if op not in OPS:
        raise UnknownNameError("NAS-Bench-201 operation", op, OPS)
    return OPS.index(op)


def _wrong_form(text: object) -> InputError:
    return InputError(f"NAS-Bench-201 architecture: expected {FORM!r} with op one of {', '.join(OPS)}; got {text!r}")
