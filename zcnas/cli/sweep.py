"""``zcnas sweep``: many architectures of a search space."""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zcnas.cli.common import Commands, add_scoring, command, data_of, pairs, proxies_of, show
from zcnas.errors import InputError
from zcnas.store import Record, fingerprint
from zcnas.workers import cores

if TYPE_CHECKING:
    from zcnas.space import Architecture, SearchSpace
    from zcnas.sweep import SpaceScores

_EPILOG = """\
Scores depend on architecture, data, seed and settings, never on order, workers or shards. Interrupted, even by
kill -9, the same call goes on where it stopped. On several machines, give each a shard and a store of its own, and
join them: zcnas store merge all.sqlite part-*.sqlite
"""


def add_to(commands: Commands) -> None:
    """The command and its options."""
    parser = command(commands, "sweep", run, "score many architectures of a search space", _EPILOG)
    parser.add_argument("space", help="see 'zcnas list spaces'")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--sample", type=int, metavar="N", help="N different random ones; by default all")
    chosen.add_argument("--archs", metavar="FILE", help="those in FILE, one spelling a line; - reads standard input")
    parser.add_argument("--table", metavar="FILE", help="of those in a table of 'zcnas convert', rather than of all")
    parser.add_argument("--store", metavar="FILE", help="keeps scores, and what is there is not scored again")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write a table: arch, and a column per proxy")
    parser.add_argument("--workers", type=int, default=cores(), help="processes (by default one a core)")
    parser.add_argument("--devices", nargs="+", default=["cpu"], help="for the workers in turn, e.g. cuda:0 cuda:1")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="only part I of N")
    parser.add_argument("--deduplicate", action="store_true", help="score equal networks once")
    parser.add_argument("--retry-failed", action="store_true", help="score again what failed before")
    parser.add_argument("--C", type=int, metavar="C", help="channels of the first stage")
    parser.add_argument("--N", type=int, metavar="N", help="cells per stage")
    parser.add_argument("--build", nargs="+", default=[], metavar="NAME=VALUE", help="further arguments of the space")
    parser.add_argument("--init", default="default", metavar="NAME", help="how weights are drawn: kaiming, xavier, ...")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    add_scoring(parser)


def run(options: argparse.Namespace) -> int:
    """Scores and tells what was done."""
    from zcnas.searchspaces import get
    from zcnas.sweep import score_space

    space, start = get(options.space), time.perf_counter()
    given = {"C": options.C, "N": options.N, "num_classes": options.classes}
    scores = score_space(
        _archs(space, options),
        proxies_of(options),
        batch=data_of(options),
        space=space,
        build={**{name: value for name, value in given.items() if value is not None}, **pairs(options.build)},
        store=options.store,
        seed=options.seed,
        seeds=options.seeds,
        init=options.init,
        workers=options.workers,
        devices=options.devices,
        shard=options.shard,
        deduplicate=options.deduplicate,
        retry_failed=options.retry_failed,
        exact=options.exact,
        progress=not options.quiet,
    )
    if options.csv:
        _write(options.csv, space, scores)
    return _told(options, scores, time.perf_counter() - start)


def _archs(space: SearchSpace, options: argparse.Namespace) -> SearchSpace | list[Architecture]:
    if options.archs is not None:
        if options.table is not None:
            raise InputError("--table: expected --sample or nothing beside it, got --archs; leave one out")
        text = sys.stdin.read() if options.archs == "-" else Path(options.archs).read_text(encoding="utf-8")
        return [space.parse(line.strip()) for line in text.splitlines() if line.strip()]
    recorded = _recorded(space, options.table)
    size = space.size if recorded is None else len(recorded)
    if options.sample is None:
        return space if recorded is None else recorded
    if not 1 <= options.sample <= size:
        raise InputError(f"--sample: expected 1 to {size}, got {options.sample}")
    return sample(space if recorded is None else recorded, options.sample, options.seed)


def _recorded(space: SearchSpace, path: str | None) -> list[Architecture] | None:
    if path is None:
        return None
    from zcnas.searchspaces import load_table

    return list(load_table(path, space).archs)


def sample(source: SearchSpace | Sequence[Architecture], count: int, seed: int) -> list[Architecture]:
    """``count`` different architectures, the same for the same seed; a smaller sample begins a larger one."""
    from zcnas.seeding import generator

    rng = generator("sample", seed)
    if isinstance(source, Sequence):
        return [source[place] for place in rng.permutation(len(source))[:count]]
    found: dict[Architecture, None] = {}
    while len(found) < count:
        found[source.sample(rng)] = None
    return list(found)


def _write(path: Path, space: SearchSpace, scores: SpaceScores) -> None:
    columns = [scores[name] for name in scores]
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["arch", *scores])
            for place, arch in enumerate(scores.archs):
                values = (float(column[place]) for column in columns)
                writer.writerow([space.format(arch), *("" if math.isnan(value) else repr(value) for value in values)])
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _told(options: argparse.Namespace, scores: SpaceScores, seconds: float) -> int:
    failed = [record for record in scores.failed() if record.status == "failed"]
    undefined = len(scores.failed()) - len(failed)
    summary = {
        "architectures": len(scores.archs),
        "scored_now": scores.scored,
        "proxies": list(scores),
        "undefined": undefined,
        "failed": len(failed),
        "seconds": round(seconds, 1),
        "settings": dict(scores.settings),
        "fingerprint": fingerprint(scores.settings),
    }
    text = (
        f"{len(scores.archs)} architectures, {len(scores)} proxies; {scores.scored} architectures scored now, "
        f"in {seconds:.1f} s\n"
        f"{undefined} scores undefined, {len(failed)} failed{''.join(_reasons(failed))}\n"
        f"settings {summary['fingerprint']}"
    )
    show(options, text, summary)
    return 3 if failed else 0


def _reasons(failed: list[Record]) -> list[str]:
    reasons = list(dict.fromkeys(record.reason for record in failed))
    more = [f"; and {len(reasons) - 3} further reasons"] if len(reasons) > 3 else []
    return [*(f"; {reason}" for reason in reasons[:3]), *more]
