"""Sizes, prints and names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.static.layout import ROOT, library, parsed, python_files
from tests.static.test_layers import LEVEL_OF


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def line_count(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def body_lengths(tree: ast.Module) -> Iterator[int]:
    """Lines of every function, without its signature and docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if body:
                yield (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_no_file_has_more_than_300_lines() -> None:
    assert [relative(path) for path in python_files() if line_count(path) > 300] == []


def test_files_and_functions_of_the_library_are_short() -> None:
    assert median(map(line_count, library().values())) < 120
    assert median(length for path in library().values() for length in body_lengths(parsed(path))) < 8


def test_body_lengths_leave_out_signature_and_docstring() -> None:
    code = 'def f(\n    x,\n):\n    """Doc.\n\n    More.\n    """\n    y = x\n    return y\n'
    assert list(body_lengths(ast.parse(code))) == [2]


@pytest.mark.parametrize("name", ["print", "breakpoint", "exec", "eval"])
def test_the_library_does_not_call(name: str) -> None:
    calls = [
        f"{relative(path)}:{node.lineno}"
        for path in library().values()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    assert calls == []


def test_every_module_has_a_plain_name_and_says_what_it_is() -> None:
    strange = [name for name in library() if not re.fullmatch(r"zcnas(\.[a-z][a-z0-9_]*)*|zcnas\.__main__", name)]
    silent = [name for name, path in library().items() if not ast.get_docstring(parsed(path))]
    assert (strange, silent) == ([], [])


def test_no_name_of_the_facade_hides_a_room() -> None:
    bound = {
        alias.asname or alias.name
        for node in ast.walk(parsed(library()["zcnas"]))
        if isinstance(node, ast.ImportFrom) and node.module != "zcnas"
        for alias in node.names
    }
    assert bound & set(LEVEL_OF) == set(), "then `import zcnas.<name>` would give the one or the other"
