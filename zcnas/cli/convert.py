"""``zcnas convert``: official benchmark files into tables."""

from __future__ import annotations

import argparse
import inspect
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from zcnas.cli.common import Commands, command, show
from zcnas.errors import InputError

if TYPE_CHECKING:
    from zcnas.table import Table

_FILES = {
    "darts": "zc_nasbench301.json of NAS-Bench-Suite-Zero: accuracies that NAS-Bench-301 predicts",
    "nasbench201": "NAS-Bench-201-v1_*.pth, NATS-tss-*.pickle.pbz2, or the folder NATS-tss-*-simple",
    "nasbench101": "nasbench_only108.tfrecord or nasbench_full.tfrecord",
    "nasbench1shot1": "search_space1.pkl, search_space2.pkl or search_space3.pkl, of zero-cost operation scoring",
    "nasbench_asr": "nb-asr-e40-1234.pickle and its like, or a folder of them",
    "nasbench_graph": "cora.bench and its like, or a folder of them",
    "nasbench_nlp": "a folder of logs such as train_logs_single_run, or one log",
    "natsbench_size": "NATS-sss-*.pickle.pbz2, or the folder NATS-sss-*-simple",
    "nasbench_macro": "nas-bench-macro_cifar10.json",
    "hw_nas_bench": "HW-NAS-Bench-v1_0.pickle, hw_<data set>.csv, or a folder of those",
    "help": "the folder nasbench201, fbnet or ofa of HELP's data",
    "suite_zero": "zc_nasbench101.json, zc_nasbench301.json and their like: published scores and accuracies",
    "transnasbench101": "transnas-bench_*.pth, or NASLib's lists tnb101_micro*.zip and tnb101_macro*.zip",
}
"""Benchmark, which is also the name of its package -> what is published."""

_EPILOG = "\n".join(
    (
        "FILE, as it is published:",
        *(f"  {name}: {files}" for name, files in _FILES.items()),
        "Nothing in a file is run, unless --trust says so.",
    )
)


def add_to(commands: Commands) -> None:
    """The command and its options."""
    parser = command(commands, "convert", run, "turn a benchmark's official file into a small table", _EPILOG)
    parser.add_argument("benchmark", choices=list(_FILES))
    parser.add_argument("file", metavar="FILE", help="the official file")
    parser.add_argument("out", metavar="OUT", type=Path, help="the .npz file to write")
    parser.add_argument("--trust", action="store_true", help="run what the file says; only if you trust its maker")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--partial", action="store_true", help="take a file that lacks architectures")
    parser.add_argument("--space", help="which one a file is of, or is to be read of it: micro or macro")


def run(options: argparse.Namespace) -> int:
    """Converts and tells what the table holds."""
    table = _converted(options)
    columns = [str(column) for column in table.columns]
    size = options.out.stat().st_size
    lines = [f"wrote {options.out}: {len(table)} architectures, {len(columns)} columns, {size / 1e6:.1f} MB", *columns]
    content = {"out": str(options.out), "bytes": size, "architectures": len(table), "columns": columns}
    show(options, "\n".join(lines), {**content, "meta": table.meta})
    return 0


def _converted(options: argparse.Namespace) -> Table:
    convert = import_module(f"zcnas.searchspaces.{options.benchmark}").convert
    taken = inspect.signature(convert).parameters
    for name in ("trust", "partial", "space"):
        if getattr(options, name) and name not in taken:
            raise InputError(f"--{name}: has no meaning for files of {options.benchmark}; leave it out")
    given = {"trust": options.trust, "partial": options.partial, "space": options.space}
    given["progress"] = not options.quiet
    table: Table = convert(options.file, options.out, **{name: given[name] for name in given if name in taken})
    return table
