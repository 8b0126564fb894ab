"""A room imports lower rooms only, and rooms on one level do not import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.static.layout import library, modules_in, parsed

FACADE = "__init__"
LEVELS = (
    ("errors",),
    ("analysis", "column", "correlation", "rank", "registry", "seeding", "unpickle"),
    ("batch", "features", "graph", "initialisation", "journal", "mixture", "provenance", "store", "workers"),
    ("data", "space"),
    ("algorithm", "supernet", "table"),
    ("passes", "predictors", "searchspaces"),
    ("benchmarks", "latency", "pretrained", "proxies", "scores", "search", "training"),
    ("scoring",),
    ("objectives", "opscore", "sweep"),
    ("study",),
    ("cli", "testing"),
    (FACADE, "__main__"),
)
"""From the ground up. A room is a module or package right under ``zcnas``."""
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
WITHOUT_TORCH = {room for rooms in LEVELS[:2] for room in rooms}
OUTSIDE = {"experiments", "predictors", "searchspaces", "tests"}


def room_of(module: str) -> str:
    """The room that a dotted name lies in; other names under ``zcnas`` are the facade's.

    >>> room_of("zcnas.passes.context"), room_of("zcnas"), room_of("zcnas.score")
    ('passes', '__init__', '__init__')
    """
    room = [*module.split("."), FACADE][1]
    return room if room in LEVEL_OF else FACADE


def imports(tree: ast.Module, module: str, is_package: bool) -> Iterator[str]:
    """Every dotted name that is imported anywhere in a file, also in functions and for type checkers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = origin(node, module, is_package)
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def origin(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    """The dotted name after ``from``, with leading dots resolved."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    package = parts[: len(parts) - node.level + is_package]
    return ".".join([*package, node.module] if node.module else package)


def violations(modules: dict[str, Path]) -> list[str]:
    """One sentence for each import that the house forbids."""
    return [
        f"{module} must not import {name}: {reason}"
        for module, path in modules.items()
        for name in imports(parsed(path), module, path.name == "__init__.py")
        if (reason := objection(module, name))
    ]


def objection(module: str, name: str) -> str:
    room, (top, *_) = room_of(module), name.split(".")
    if top in OUTSIDE:
        return f"{top}/ is not importable by that name once zcnas is installed"
    if top in {"torch", "torchvision"} and room in WITHOUT_TORCH:
        return f"{room} works without torch"
    if top != "zcnas" or room == room_of(name) or LEVEL_OF[room_of(name)] < LEVEL_OF[room]:
        return ""
    return f"{room} is on level {LEVEL_OF[room]}, {room_of(name)} on level {LEVEL_OF[room_of(name)]}"


def test_every_room_has_a_level_and_every_level_its_rooms() -> None:
    rooms = {[*name.split("."), FACADE][1] for name in library()}
    assert rooms - LEVEL_OF.keys() == set(), "give these new rooms a level in LEVELS, above"
    assert LEVEL_OF.keys() - rooms == set(), "these rooms are gone: strike them out of LEVELS, above"


def test_no_import_goes_up_or_sideways() -> None:
    found = violations(library())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("errors.py", "import torch", "errors works without torch"),
        ("errors.py", "from zcnas import registry", "level"),
        ("passes/run.py", "from zcnas.proxies.snip import Snip", "level"),
        ("passes/run.py", "from ..proxies import snip", "level"),
        ("passes/run.py", "from zcnas import score", FACADE),
        ("passes/run.py", "from zcnas.searchspaces import nasbench201", "level"),
        ("passes/run.py", "def f():\n    import zcnas.scoring", "level"),
        ("passes/run.py", "if TYPE_CHECKING:\n    from zcnas.scoring import Scores", "level"),
        ("passes/run.py", "importlib.import_module('zcnas.scoring')", "level"),
        ("passes/__init__.py", "from .. import scoring", "level"),
        ("scoring.py", "from predictors import something", "not importable"),
    ],
)
def test_forbidden_imports_are_found(tmp_path: Path, path: str, code: str, expected: str) -> None:
    found = violations_of(tmp_path, path, code)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("scoring.py", "import torch\nfrom zcnas.passes import context"),
        (
            "passes/run.py",
            "from . import context\nfrom .observe import Seen\nfrom ..errors import InputError",
        ),
        ("passes/__init__.py", "from .run import run"),
        ("__init__.py", "from zcnas.scoring import score"),
    ],
)
def test_allowed_imports_are_let_through(tmp_path: Path, path: str, code: str) -> None:
    assert violations_of(tmp_path, path, code) == []


def violations_of(folder: Path, path: str, code: str) -> list[str]:
    file = folder / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(code)
    return violations(dict(modules_in(folder, "zcnas")))
