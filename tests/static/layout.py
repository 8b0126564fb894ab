"""Where the library's modules lie: two of its rooms lie beside ``zcnas/`` rather than in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "zcnas": ROOT / "zcnas",
    "zcnas.searchspaces": ROOT / "searchspaces",
    "zcnas.predictors": ROOT / "predictors",
}


def modules_in(folder: Path, package: str) -> Iterator[tuple[str, Path]]:
    """The dotted name and path of every module of ``package``, which lies in ``folder``."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        yield ".".join((package, *parts)).removesuffix(".__init__"), path


@cache
def library() -> dict[str, Path]:
    """Dotted name to path, for every module that ships."""
    return {name: path for package, folder in FOLDERS.items() for name, path in modules_in(folder, package)}


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def python_files() -> list[Path]:
    """Every Python file of the project, shipped or not."""
    folders = [*FOLDERS.values(), ROOT / "experiments", ROOT / "tests"]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))
