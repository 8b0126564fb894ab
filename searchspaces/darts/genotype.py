"""The two spellings of an architecture: DARTS's genotype and NAS-Bench-301's compact code."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.darts.cell import NODES, NOISE, NONE, OPS, TARGETS
from zcnas.searchspaces.literal import literal

Cell = tuple[tuple[str, int], ...]
"""Eight operations with the node or input that each reads; two in a row end at the same node."""

Compact = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]
"""Normal and reduction cell, each of eight pairs (what is read, code of the operation)."""

_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
_FORM = "Genotype(normal=[('sep_conv_3x3', 0), ...], normal_concat=[2, 3, 4, 5], reduce=[...], reduce_concat=...)"
_LONGEST = 2000  # Twice the longest genotype.


@dataclass(frozen=True, slots=True)
class Genotype:
    """What a search has found.

    Attributes:
        normal: Cell that keeps the size.
        reduce: Cell that halves it.
    """

    normal: Cell
    reduce: Cell

    def __str__(self) -> str:
        concat = list(NODES)
        return (
            f"Genotype(normal={list(self.normal)}, normal_concat={concat}, "
            f"reduce={list(self.reduce)}, reduce_concat={concat})"
        )

    def compact(self) -> Compact:
        """NAS-Bench-301's code. Raises :class:`~zcnas.errors.InputError` for operations without a code."""
        missing = {op for op, _ in self.normal + self.reduce} - set(OPS)
        if missing:
            raise InputError(f"compact code: expected operations of {', '.join(OPS)}; got {', '.join(missing)}")
        normal, reduce = (tuple((source, OPS.index(op)) for op, source in cell) for cell in (self.normal, self.reduce))
        return normal, reduce


def parse_genotype(text: str) -> Genotype:
    """Reads either spelling; nothing in the text is run.

    >>> parse_genotype("[" + 2 * "[(0, 3), (1, 2), (0, 3), (1, 2), (0, 3), (1, 2), (4, 0), (2, 6)]," + "]").normal[-2:]
    (('max_pool_3x3', 4), ('dil_conv_5x5', 2))

    Raises:
        InputError: Another form, or cells that are not DARTS's.
        UnknownNameError: An unknown operation.
    """
    try:
        content = literal(text, _LONGEST, _value)
    except InputError as error:
        raise _wrong(f"{text!r:.200} ({error})") from error
    return _of_fields(content) if isinstance(content, dict) else from_compact(content)


def from_compact(code: Any) -> Genotype:
    """Reads NAS-Bench-301's code, ``((node, op) x 8) x 2``, given as tuples or lists.

    Raises:
        InputError: Another form, or a number that is no code.
    """
    if not _is_list(code, 2) or not all(_is_list(cell, len(TARGETS)) for cell in code):
        raise _wrong(f"{code!r:.200}")
    normal, reduce = ([_swapped(pair) for pair in cell] for cell in code)
    return Genotype(_cell("normal", normal), _cell("reduce", reduce))


def _swapped(pair: Any) -> tuple[str, Any]:
    if not _is_list(pair, 2) or type(pair[1]) is not int or not 0 <= pair[1] < len(OPS):
        raise _wrong(f"{pair!r:.200} where a node and a code from 0 to {len(OPS) - 1} should be")
    return OPS[pair[1]], pair[0]


def _value(tree: ast.expr) -> Any:
    return _fields(tree) if isinstance(tree, ast.Call) else ast.literal_eval(tree)


def _fields(call: ast.Call) -> dict[str, Any]:
    names = [keyword.arg for keyword in call.keywords]
    if not isinstance(call.func, ast.Name) or call.func.id != "Genotype" or call.args or names != list(_FIELDS):
        raise ValueError(f"a call with {', '.join(map(str, names)) or 'nothing by name'}")
    return {str(keyword.arg): _literal(keyword.value) for keyword in call.keywords}


def _literal(node: ast.expr) -> Any:
    """Newer Python prints the nodes that are concatenated as a range; of a longer one the beginning is enough."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range" and not node.keywords:
        return list(range(*(ast.literal_eval(arg) for arg in node.args))[: len(NODES) + 1])
    return ast.literal_eval(node)


def _of_fields(fields: dict[str, Any]) -> Genotype:
    for name in ("normal_concat", "reduce_concat"):
        if not isinstance(fields[name], list | tuple) or list(fields[name]) != list(NODES):
            raise _wrong(f"{name}={fields[name]!r:.200}, which only other spaces have")
    return Genotype(_cell("normal", fields["normal"]), _cell("reduce", fields["reduce"]))


def _cell(name: str, pairs: Any) -> Cell:
    if not _is_list(pairs, len(TARGETS)) or not all(_is_list(pair, 2) for pair in pairs):
        raise _wrong(f"{name}={pairs!r:.200}, where 8 pairs of an operation and a node should be")
    cell = tuple((op, source) for op, source in pairs)
    for (op, source), node in zip(cell, TARGETS, strict=True):
        if op not in (*OPS, NONE, NOISE):
            raise UnknownNameError("DARTS operation", op, (*OPS, NONE, NOISE))
        if type(source) is not int or not 0 <= source < node:
            raise _wrong(f"{name} with a node {node} that reads {source!r}, and not one of 0 to {node - 1}")
    for (_, first), (_, second), node in zip(cell[::2], cell[1::2], NODES, strict=True):
        if first == second:
            raise _wrong(f"{name} with a node {node} that reads {first} twice")
    return cell


def _is_list(value: Any, length: int) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) == length


def _wrong(came: str) -> InputError:
    return InputError(f"DARTS architecture: expected {_FORM} or NAS-Bench-301's code; got {came}")
