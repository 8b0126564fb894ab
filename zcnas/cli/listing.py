"""``zcnas list``: the names that other commands understand."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Callable

from zcnas.cli.common import Commands, command, show, table

Rows = list[list[str]]


def add_to(commands: Commands) -> None:
    """The command and its options."""
    parser = command(commands, "list", run, "list proxies, search spaces or data sources")
    parser.add_argument("what", nargs="?", choices=_LISTS, default="proxies")


def run(options: argparse.Namespace) -> int:
    """Prints one list."""
    header, *rows = _LISTS[options.what]()
    show(options, table([[name.upper() for name in header], *rows]), [dict(zip(header, r, strict=True)) for r in rows])
    return 0


def _proxies() -> Rows:
    from zcnas.proxies import PROXIES

    rows = [["name", "better", "what", "paper"]]
    for name in PROXIES:
        proxy = PROXIES.create(name)
        rows.append([name, "higher" if proxy.higher_is_better else "lower", _first_line(type(proxy)), proxy.paper])
    return rows


def _spaces() -> Rows:
    from zcnas.searchspaces import SPACES

    spaces = [SPACES.create(name) for name in SPACES]
    return [["name", "size", "what"], *([space.name, str(space.size), _first_line(type(space))] for space in spaces)]


def _data() -> Rows:
    from zcnas.data import SOURCES

    rows = [["name", "options", "what"]]
    for name, factory in SOURCES.items():
        rows.append([name, ", ".join(inspect.signature(factory).parameters), _first_line(factory)])
    return rows


def _first_line(thing: object) -> str:
    line = (inspect.getdoc(thing) or "").partition("\n")[0]
    # Marks for the documentation mean nothing in a terminal.
    return re.sub(r":\w+:`|`", "", line)


_LISTS: dict[str, Callable[[], Rows]] = {"proxies": _proxies, "spaces": _spaces, "data": _data}
