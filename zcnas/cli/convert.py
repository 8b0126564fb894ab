"""``zcnas convert``: official benchmark files into tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from zcnas.cli.common import Commands, command, show

_EPILOG = """\
FILE is NAS-Bench-201-v1_*.pth, NATS-tss-*.pickle.pbz2, or the folder NATS-tss-*-simple, as their authors publish
them. Nothing in a file is run, unless --trust says so.
"""


def add_to(commands: Commands) -> None:
    """The command and its options."""
    parser = command(commands, "convert", run, "turn a benchmark's official file into a small table", _EPILOG)
    parser.add_argument("benchmark", choices=["nasbench201"])
    parser.add_argument("file", metavar="FILE", help="the official file")
    parser.add_argument("out", metavar="OUT", type=Path, help="the .npz file to write")
    parser.add_argument("--trust", action="store_true", help="run what the file says; only if you trust its maker")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--partial", action="store_true", help="take a file that lacks architectures")


def run(options: argparse.Namespace) -> int:
    """Converts and tells what the table holds."""
    from zcnas.searchspaces.nasbench201.official import convert

    table = convert(options.file, options.out, trust=options.trust, partial=options.partial, progress=not options.quiet)
    columns = [str(column) for column in table.columns]
    size = options.out.stat().st_size
    lines = [f"wrote {options.out}: {len(table)} architectures, {len(columns)} columns, {size / 1e6:.1f} MB", *columns]
    content = {"out": str(options.out), "bytes": size, "architectures": len(table), "columns": columns}
    show(options, "\n".join(lines), {**content, "meta": table.meta})
    return 0
