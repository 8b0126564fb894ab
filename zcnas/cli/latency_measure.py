"""``zcnas latency measure`` and ``zcnas latency plan``: layers or networks, here or on another device."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zcnas.cli.common import Commands, command, pairs, show
from zcnas.cli.sweep import sample
from zcnas.errors import InputError

if TYPE_CHECKING:
    from zcnas.latency import ArchitectureTable, LatencyTable, LayerTable
    from zcnas.latency.measuring import Plan
    from zcnas.space import Architecture, SearchSpace

_LARGE, _SAMPLE = 20_000, 1_000
"""Spaces beyond the first are not gone through for their layers; random architectures are instead, so many at once."""

_MEASURE = """\
OUT ends in .json for tables of layers, in .npz for tables of whole architectures. Interrupted, the same call goes on
where it stopped, by OUT.journal, which is deleted in the end. On a machine with other work, take --clock thread, which
counts no waiting for the processor, and --statistic minimum.
"""
_PLAN = """\
Copy FOLDER to the device, run 'python runner.py --device NAME' there, which needs onnxruntime and numpy only, and bring
results.json back: zcnas latency import measured results.json OUT
"""


def add_to(verbs: Commands) -> None:
    """Both verbs."""
    here = command(verbs, "measure", run_measure, "measure layers or networks on this device", _MEASURE)
    _add_what(here)
    here.add_argument("--runtime", choices=("torch", "onnxruntime"), default="torch", help="by default torch, eager")
    here.add_argument("--on", default="cpu", help="torch's device: cpu, cuda (cpu)")
    here.add_argument("--device", metavar="NAME", help="what the table calls this one (its processor's name)")
    here.add_argument("--calibrate", type=int, metavar="N", help="sums of --layers, by N random networks as a whole")
    here.add_argument("--nodes", type=Path, metavar="FILE", help="also write ONNX Runtime's profile of every network")
    here.add_argument("--out", type=Path, required=True, metavar="OUT", help="the table")
    here.add_argument("--quiet", action="store_true", help="no progress bar")
    there = command(verbs, "plan", run_plan, "write a folder to measure layers or networks on another device", _PLAN)
    _add_what(there)
    there.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="that is not there yet")
    there.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("space", help="see 'zcnas list spaces'")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--layers", action="store_true", help="each distinct layer of the space once")
    chosen.add_argument("--sample", type=int, metavar="N", help="N different random architectures, as a whole")
    chosen.add_argument("--archs", metavar="FILE", help="those in FILE, one spelling a line; - reads standard input")
    parser.add_argument("--resolution", type=int, help="height and width of images (the architecture's own)")
    parser.add_argument("--build", nargs="+", default=[], metavar="NAME=VALUE", help="for networks, e.g. C=16 N=5")
    parser.add_argument("--batch", type=int, default=1, help="images in a batch (1)")
    parser.add_argument("--threads", type=int, default=1, help="that compute (1)")
    parser.add_argument("--provider", default="CPUExecutionProvider", help="of ONNX Runtime (CPUExecutionProvider)")
    parser.add_argument("--clock", default="wall", help="wall, thread, process or cuda (wall)")
    parser.add_argument("--statistic", default="median", help="median, 'lower quartile' or minimum (median)")
    parser.add_argument("--rounds", type=int, default=3, help="times that everything is measured in turn (3)")
    parser.add_argument("--seconds", type=float, default=0.2, help="for each network in each round (0.2)")
    parser.add_argument("--warmup", type=float, default=0.05, help="seconds to run before (0.05)")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (0)")


def run_measure(options: argparse.Namespace) -> int:
    """Measures, saves, tells."""
    from zcnas.latency import save_tables
    from zcnas.latency.measuring import measure

    _check(options)
    plans = _plans(options, options.runtime, options.on)
    journal = options.out.with_name(f"{options.out.name}.journal")
    tables = measure(*plans, device=options.device, journal=journal, progress=not options.quiet)
    table = _calibrated(tables, plans[0].space, options.resolution)
    save_tables([table], options.out)
    if options.nodes:
        _profile(plans[0], options)
    journal.unlink()
    content = {"out": str(options.out), "entries": len(table), "conditions": table.conditions.plain()}
    text = f"wrote {options.out}: {table.title}, {len(table)} entries, {table.conditions.runtime}"
    show(options, "\n".join([text, *_flagged(table)]), content)
    return 0


def run_plan(options: argparse.Namespace) -> int:
    """Writes the folder, and says what to do with it."""
    from zcnas.latency.measuring import write_folder

    (plan,) = _plans(options, "onnxruntime", "cpu")
    folder = write_folder(plan, options.out, progress=not options.quiet)
    text = f"wrote {folder}: {len(plan.jobs)} networks; copy it, and run there: python runner.py --device NAME"
    show(options, text, {"out": str(folder), "networks": len(plan.jobs)})
    return 0


def _plans(options: argparse.Namespace, runtime: str, on: str) -> list[Plan]:
    from zcnas.latency.measuring import Settings, plan_architectures, plan_layers
    from zcnas.searchspaces import get

    names = ("batch", "threads", "provider", "clock", "statistic", "rounds", "seconds", "warmup")
    chosen = {name: getattr(options, name) for name in names}
    settings = Settings(runtime=runtime, on=on, build=pairs(options.build), **chosen)
    space, size = get(options.space), options.resolution
    if not options.layers:
        return [plan_architectures(space, _archs(space, options), settings, resolution=size)]
    layers = plan_layers(space, _of_all(space, options), settings, resolution=size)
    if not getattr(options, "calibrate", None):
        return [layers]
    few = sample(space, options.calibrate, options.seed)
    return [layers, plan_architectures(space, few, settings, resolution=size)]


def _check(options: argparse.Namespace) -> None:
    """Before anything is measured."""
    suffix = ".json" if options.layers else ".npz"
    if options.out.suffix != suffix or not options.out.absolute().parent.is_dir():
        raise InputError(f"--out: expected a name in {suffix} in a folder that is there, got {options.out}")
    if options.calibrate is not None and (not options.layers or options.calibrate < 2):
        raise InputError(f"--calibrate: expected 2 or more beside --layers, got {options.calibrate}")
    if options.nodes and (options.layers or options.runtime != "onnxruntime"):
        raise InputError("--nodes: expected whole networks and --runtime onnxruntime beside it; leave it out")


def _archs(space: SearchSpace, options: argparse.Namespace) -> list[Architecture]:
    if options.archs is None:
        if not 1 <= options.sample <= space.size:
            raise InputError(f"--sample: expected 1 to {space.size}, got {options.sample}")
        return sample(space, options.sample, options.seed)
    text = sys.stdin.read() if options.archs == "-" else Path(options.archs).read_text(encoding="utf-8")
    return [space.parse(line.strip()) for line in text.splitlines() if line.strip()]


def _of_all(space: SearchSpace, options: argparse.Namespace) -> Iterator[Architecture]:
    """All, or, of a large space, random ones until so many more have no layer that is new."""
    if space.size <= _LARGE:
        yield from space
        return
    layered: Any = space
    build, known = pairs(options.build), set[str]()
    for count in itertools.count(_SAMPLE, _SAMPLE):
        drawn = sample(space, count, options.seed)[-_SAMPLE:]
        yield from drawn
        found = {key for one in drawn for key in layered.layers(one, resolution=options.resolution, **build)}
        if found <= known:
            return
        known |= found


def _calibrated(tables: Sequence[LatencyTable], space: SearchSpace, resolution: int | None) -> LatencyTable:
    """The table of layers with what the networks beside it say."""
    if len(tables) == 1:
        return tables[0]
    from zcnas.latency import LayerLatency

    layers: Any = tables[0]
    whole: Any = tables[1]
    measured = {arch: whole(arch) for arch in whole.table.archs}
    return LayerLatency(layers, space, resolution).calibrated(measured).table


def _flagged(table: LayerTable | ArchitectureTable) -> list[str]:
    """What readers should know."""
    outliers, count = sum(table.conditions.details["outliers"].values()), table.conditions.details["samples"]
    return [f"{outliers} of {count} samples are far out of the quartiles", *getattr(table, "notes", ())]


def _profile(plan: Plan, options: argparse.Namespace) -> None:
    from zcnas.latency.measuring import profile_nodes
    from zcnas.latency.measuring.runner import keep

    further = {"threads": options.threads, "statistic": options.statistic, "provider": options.provider}
    found = {job.key: profile_nodes(plan.network(job), **further) for job in plan.jobs}
    keep(options.nodes, {key: [[*one[:2], *one.entry] for one in nodes] for key, nodes in found.items()})
