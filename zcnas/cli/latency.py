"""``zcnas latency``: tables of latency and energy on devices, and what they say of an architecture."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zcnas.cli import latency_measure
from zcnas.cli.common import Commands, command, show, table
from zcnas.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from zcnas.latency import ArchitectureTable, Found, LatencyTable, LayerLatency
    from zcnas.space import Architecture, SearchSpace

_FORMS = {
    "once_for_all": "a folder of <resolution>_lookup_table.yaml, or one of them",
    "proxylessnas": "pixel_trim.yaml",
    "tf_nas": "latency_cpu.pkl or latency_gpu.pkl",
    "fbnet": "lookup_table.txt, a line for each layer and a column for each operation",
    "hw_nas_bench": "HW-NAS-Bench-v1_0.pickle, hw_<data set>.csv, or a folder of those",
    "hw_nas_bench_fbnet": "HW-NAS-Bench-v1_0.pickle, its table of FBNet's layers",
    "help": "the folder nasbench201, fbnet or ofa of HELP's data",
    "measured": "results.json, which the runner of 'zcnas latency plan' writes",
}
"""Importer -> what is published."""

_STATED = ("device", "runtime", "batch", "precision", "date", "source")
_EPILOG = "\n".join(
    (
        "FILE, as it is published:",
        *(f"  {name}: {form}" for name, form in _FORMS.items()),
        "OUT ends in .json for tables of layers, in .npz for tables of whole architectures.",
        "Nothing in a file is run.",
    )
)


def add_to(commands: Commands) -> None:
    """The command and its verbs."""
    parser = commands.add_parser("latency", help="tables of latency and energy on devices")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _add_tables(command(verbs, "list", run_list, "list tables by device"))
    estimate = command(verbs, "estimate", run_estimate, "tell what tables say of an architecture")
    estimate.add_argument(
        "arch", metavar="ARCH", help="a space and a spelling of it, such as nasbench201:|none~0|+|..."
    )
    estimate.add_argument("--device", required=True, help="see 'zcnas latency list'")
    estimate.add_argument("--metric", choices=("latency", "energy"), default="latency", help="by default latency")
    estimate.add_argument("--dataset", help="whose images the network runs on, where tables are of several")
    estimate.add_argument("--resolution", type=int, help="of images, for tables of layers (the architecture's own)")
    _add_tables(estimate)
    _add_import(command(verbs, "import", run_import, "turn a published table into one of ours", _EPILOG))
    latency_measure.add_to(verbs)


def _add_tables(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tables",
        nargs="+",
        metavar="PATH",
        help="files of tables, or folders with some in or below them; by default $ZCNAS_DATA, else this folder",
    )


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("form", choices=list(_FORMS))
    parser.add_argument("file", metavar="FILE", type=Path, help="what was published")
    parser.add_argument("out", metavar="OUT", type=Path, help="the .json or .npz file to write")
    parser.add_argument(
        "--interpolate",
        nargs="+",
        default=[],
        choices=("resolution", "width"),
        help="declare that entries of layers may be interpolated between resolutions, or between widths of blocks",
    )
    for name in _STATED:
        kind = int if name == "batch" else str
        parser.add_argument(f"--{name}", type=kind, help=f"state the {name}, where the published table does not")


def run_list(options: argparse.Namespace) -> int:
    """Prints a line for each table."""
    found = _found(options)
    header = ("device", "metric", "unit", "runtime", "batch", "precision", "of", "dataset", "entries", "file")
    rows = [_row(one) for one in found]
    text = table([[name.upper() for name in header], *rows]) if rows else "no tables"
    show(
        options,
        text,
        [{**dict(zip(header, row, strict=True)), **_told(one)} for row, one in zip(rows, found, strict=True)],
    )
    return 0


def run_estimate(options: argparse.Namespace) -> int:
    """Prints what every table of the device says."""
    from zcnas.latency import models_for

    space, arch = _architecture(options.arch)
    found = _found(options, space.name)
    models = models_for(
        [one.table for one in found],
        space,
        options.device,
        metric=options.metric,
        dataset=options.dataset,
        resolution=options.resolution,
    )
    files = {id(one.table): one.path for one in found}
    content = [_estimate(model, arch, files) for model in models]
    lines = [f"{one['value']:.4g} {one['unit']}  {one['of']}, {one['file']}" for one in content]
    show(options, "\n".join(lines), content)
    return 0


def run_import(options: argparse.Namespace) -> int:
    """Imports, saves, and tells what there is."""
    from zcnas.latency import IMPORTERS, save_tables

    tables = [_stated(one, options) for one in IMPORTERS[options.form].read(options.file)]
    save_tables(tables, options.out)
    content = [{"title": one.title, "entries": len(one), "conditions": one.conditions.plain()} for one in tables]
    lines = [f"wrote {options.out}", *(f"{one['title']}: {one['entries']} entries" for one in content)]
    notes = [note for one in tables for note in getattr(one, "notes", ())]
    show(options, "\n".join([*lines, *notes]), {"out": str(options.out), "tables": content, "notes": notes})
    return 0


def _found(options: argparse.Namespace, space: str | None = None) -> list[Found]:
    from zcnas.latency import find_tables

    paths = options.tables or [os.environ.get("ZCNAS_DATA") or "."]
    return [one for path in paths for one in find_tables(path, space)]


def _architecture(text: str) -> tuple[SearchSpace, Architecture]:
    from zcnas.searchspaces import SPACES

    name, colon, spelling = text.partition(":")
    if not (colon and spelling):
        raise InputError(f"expected SPACE:SPELLING, such as nasbench201:|none~0|+|..., got {text!r}")
    if name not in SPACES:
        raise UnknownNameError("search space", name, SPACES)
    space = SPACES.create(name)
    return space, space.parse(spelling)


def _row(found: Found) -> list[str]:
    one, conditions = found.table, found.table.conditions
    batch = "not stated" if conditions.batch is None else str(conditions.batch)
    return [
        *(conditions.device, conditions.metric, conditions.unit, conditions.runtime, batch, conditions.precision),
        *(f"{_kind(one)} of {one.space}".removesuffix(" of "), _dataset(one), str(len(one)), str(found.path)),
    ]


def _told(found: Found) -> dict[str, Any]:
    """For programs: numbers as such, and what has no column."""
    conditions = found.table.conditions.plain()
    return {**conditions, "entries": len(found.table), "space": found.table.space, "kind": _kind(found.table)}


def _kind(one: LatencyTable) -> str:
    return "architectures" if hasattr(one, "column") else "layers"


def _dataset(one: LatencyTable) -> str:
    column = getattr(one, "column", None)
    return column.dataset if column else ""


def _estimate(model: LayerLatency | ArchitectureTable, arch: Architecture, files: dict[int, Path]) -> dict[str, Any]:
    from zcnas.latency import LayerLatency

    if isinstance(model, LayerLatency):
        of, source = f"sum of {len(model.keys(arch))} layers", files[id(model.table)]
    else:
        of, source = f"measured as a whole, on {_dataset(model)}", files[id(model)]
    told = {"unit": model.conditions.told, "of": of, "file": str(source), "conditions": model.conditions.plain()}
    return {"value": model(arch), **told}


def _stated(one: LatencyTable, options: argparse.Namespace) -> LatencyTable:
    """With what the user says of it."""
    given = {name: value for name in _STATED if (value := getattr(options, name)) is not None}
    if options.interpolate:
        if not hasattr(one, "along"):
            raise InputError("--interpolate: has a meaning for tables of layers only; leave it out")
        one = one.along(*options.interpolate)
    return replace(one, conditions=replace(one.conditions, **given))
