"""``zcnas store``: look into score stores, and join them."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from zcnas.cli.common import Commands, command, show, table
from zcnas.errors import InputError
from zcnas.store import ScoreStore


def add_to(commands: Commands) -> None:
    """The command and its two verbs."""
    parser = commands.add_parser("store", help="look into score stores, and join them")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    info = command(verbs, "info", run_info, "tell what a store holds")
    info.add_argument("file", metavar="FILE")
    merge = command(verbs, "merge", run_merge, "add the scores of some stores to another")
    merge.add_argument("out", metavar="OUT", type=Path, help="the store to add to; made if need be")
    merge.add_argument("files", metavar="FILE", nargs="+", help="stores, which stay as they are")


def run_info(options: argparse.Namespace) -> int:
    """Prints settings, and how many scores there are for each proxy."""
    with ScoreStore(options.file, read_only=True) as store:
        content: list[dict[str, Any]] = []
        for mark, settings in store.settings().items():
            counts = Counter((record.name, record.status) for record in store.records(mark))
            names = list(dict.fromkeys(name for name, _ in counts))
            by_name = {
                name: {status: counts[name, status] for status in ("ok", "undefined", "failed")} for name in names
            }
            content.append({"fingerprint": mark, "settings": settings, "scores": by_name})
    show(options, "\n\n".join(map(_text, content)) or "no scores", content)
    return 0


def run_merge(options: argparse.Namespace) -> int:
    """Merges, and tells how many scores were new."""
    added = {}
    if options.out.resolve() in [Path(file).resolve() for file in options.files]:
        raise InputError(f"{options.out}: expected another store than those to be added to it")
    # All are looked at before the first is added.
    others = [ScoreStore(file, read_only=True) for file in options.files]
    try:
        with ScoreStore(options.out) as store:
            for other in others:
                added[str(other.path)] = store.merge(other)
    finally:
        for other in others:
            other.close()
    show(options, "\n".join(f"{file}: {count} scores added" for file, count in added.items()), added)
    return 0


def _text(found: dict[str, Any]) -> str:
    scores = found["scores"]
    rows = [["proxy", "ok", "undefined", "failed"], *([name, *map(str, by.values())] for name, by in scores.items())]
    return f"settings {found['fingerprint']}: {json.dumps(found['settings'])}\n{table(rows)}"
