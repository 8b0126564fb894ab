"""How well the sum over layers tells the latency of a network on this machine: ONNX Runtime and eager torch.

    pip install -e '.[onnx]'
    python experiments/latency_sum_of_layers.py --out sum_of_layers

Random cells of NAS-Bench-201 in networks of N = 5 and C = 16, one image of 32 x 32, one thread. Layers and whole
networks are measured in turns. The first networks calibrate the sums by a straight line, the others are what it is
tried on. The clock is the processor time of the only thread, to which waiting for a processor that is busy with other
work does not count; ``--clock wall`` is what users wait, on a machine without other work. Takes 10 to 30 minutes;
interrupted, the same call goes on.
"""

from __future__ import annotations

import argparse
import itertools
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from zcnas.latency import ArchitectureTable, LayerLatency, LayerTable
from zcnas.latency.calibration import calibrate
from zcnas.latency.measuring import STATISTICS, Plan, Results, Settings, plan_architectures, plan_layers, results
from zcnas.latency.measuring.settings import RUNTIMES
from zcnas.provenance import versions
from zcnas.searchspaces import NASBench201
from zcnas.seeding import generator
from zcnas.space import Architecture

Values = npt.NDArray[np.float64]

_DRAWS = 500
"""Other choices of the networks that calibrate, of the same measurements."""


class Quality(NamedTuple):
    """Of calibrated sums on networks that did not calibrate; errors are absolute and relative to the measurement."""

    spearman: float
    median_error: float
    largest_error: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, compares, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    options.out.mkdir(parents=True, exist_ok=True)
    archs = _sample(options.networks, options.seed)
    pairs = zip(options.runtimes, itertools.cycle(options.rounds))
    plans = [plan for runtime, rounds in pairs for plan in _plans(runtime, archs, rounds, options)]
    found = results(*plans, journal=options.out / "journal.jsonl", progress=not options.quiet)
    command = f"python experiments/latency_sum_of_layers.py {shlex.join(given)}"
    text = "\n".join(_report(found, options, command))
    print(text)
    (options.out / "report.md").write_text(f"{text}\n", encoding="utf-8")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("sum-of-layers-output"), help="folder for the report")
    parser.add_argument("--networks", type=int, default=80, help="random ones, those that calibrate among them (80)")
    parser.add_argument("--calibrate", type=int, default=10, help="networks that calibrate (10)")
    parser.add_argument("--rounds", type=int, nargs="+", default=[6], help="to measure all, for each runtime (6)")
    parser.add_argument("--seconds", type=float, default=0.04, help="for each network in each round (0.04)")
    parser.add_argument("--clock", choices=("thread", "wall"), default="thread", help="by default thread")
    parser.add_argument("--statistic", choices=tuple(STATISTICS), default="minimum", help="by default minimum")
    parser.add_argument("--runtimes", nargs="+", choices=RUNTIMES, default=["onnxruntime", "torch"])
    parser.add_argument("--seed", type=int, default=1, help="of the networks (1)")
    parser.add_argument("--N", type=int, default=5, help="cells in a stage (5)")
    parser.add_argument("--C", type=int, default=16, help="channels of the first stage (16)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


def _sample(count: int, seed: int) -> list[Architecture]:
    rng, space, found = generator("sum of layers", seed), NASBench201(), dict[Architecture, None]()
    while len(found) < count:
        found[space.sample(rng)] = None
    return list(found)


def _plans(runtime: str, archs: Sequence[Architecture], rounds: int, options: argparse.Namespace) -> tuple[Plan, Plan]:
    settings = Settings(
        runtime=runtime,
        clock=options.clock,
        statistic=options.statistic,
        seconds=options.seconds,
        warmup=options.seconds / 4,
        rounds=rounds,
        build={"C": options.C, "N": options.N},
    )
    space = NASBench201()
    return plan_layers(space, archs, settings), plan_architectures(space, archs, settings)


def _report(found: Sequence[Results], options: argparse.Namespace, command: str) -> Iterator[str]:
    yield from ("# Sums over layers beside whole networks", "", f"Command: `{command}`.", "")
    details = found[0].surroundings
    machine = f"{details['processor']}, {details['cores']} cores, {details['system']}, governor {details['governor']}"
    loads = [piece["load"] for one in found for piece in one.pieces.values() if piece["load"] is not None]
    yield f"{machine}; load average while measuring {min(loads):.1f} to {max(loads):.1f}. {_versions(found)}."
    yield (
        f"One thread, one image of 32 x 32, N = {options.N}, C = {options.C}; clock `{options.clock}`; "
        f"{' and '.join(map(str, options.rounds))} rounds of {options.seconds:g} s and more for each network, "
        f"for {' and '.join(options.runtimes)}; {options.networks} random "
        f"networks (seed {options.seed}), of which the first {options.calibrate} calibrate and the others are compared."
    )
    yield from ("", f"The statistic of the command is `{options.statistic}`; others are of the same measurements.", "")
    yield "| runtime | statistic | Spearman | median error | largest error | median error without calibration |"
    yield "|---|---|---|---|---|---|"
    for layers, whole in zip(found[::2], found[1::2], strict=True):
        for statistic in STATISTICS:
            yield _row(*_pair(layers, whole, statistic), layers.runtime, statistic, options.calibrate)
    yield from ("", f"Over {_DRAWS} other draws of {options.calibrate} networks that calibrate:", "")
    yield "| runtime | statistic | Spearman, mean | median error, mean | 95 % of draws below |"
    yield "|---|---|---|---|---|"
    for layers, whole in zip(found[::2], found[1::2], strict=True):
        yield _draws(*_pair(layers, whole, options.statistic), layers.runtime, options)
    for layers, whole in zip(found[::2], found[1::2], strict=True):
        yield from _details(layers, whole, options)


def _versions(found: Sequence[Results]) -> str:
    told = ", ".join(f"{name} {number}" for name, number in versions().items())
    return f"{', '.join(dict.fromkeys(one.runtime for one in found))}; {told}"


def _pair(layers: Results, whole: Results, statistic: str) -> tuple[Values, Values]:
    """Sums over layers and measurements of the whole, in ms."""
    table, measured = replace(layers, statistic=statistic).table(), replace(whole, statistic=statistic).table()
    assert isinstance(table, LayerTable)
    assert isinstance(measured, ArchitectureTable)
    latency, archs = LayerLatency(table, layers.plan.space), measured.table.archs
    return (
        np.array([table.total(latency.keys(arch)) for arch in archs]),
        np.array([measured(arch) for arch in archs]),
    )


def _quality(sums: Values, measured: Values, known: npt.NDArray[np.intp]) -> Quality:
    line = calibrate(sums[known].tolist(), measured[known].tolist())
    rest = np.setdiff1d(np.arange(len(sums)), known)
    errors = np.abs((line.offset + line.scale * sums[rest]) / measured[rest] - 1)
    spearman = float(spearmanr(sums[rest], measured[rest]).statistic)
    return Quality(spearman, float(np.median(errors)), float(errors.max()))


def _row(sums: Values, measured: Values, runtime: str, statistic: str, count: int) -> str:
    told, plain = _quality(sums, measured, np.arange(count)), np.abs(sums / measured - 1)[count:]
    numbers = f"{told.spearman:.3f} | {100 * told.median_error:.1f} % | {100 * told.largest_error:.0f} %"
    return f"| {runtime} | {statistic} | {numbers} | {100 * float(np.median(plain)):.1f} % |"


def _draws(sums: Values, measured: Values, runtime: str, options: argparse.Namespace) -> str:
    rng = generator("draws", options.seed)
    drawn = [_quality(sums, measured, rng.permutation(len(sums))[: options.calibrate]) for _ in range(_DRAWS)]
    errors = [one.median_error for one in drawn]
    spearman = np.mean([one.spearman for one in drawn])
    return (
        f"| {runtime} | {options.statistic} | {spearman:.3f} | {100 * float(np.mean(errors)):.1f} % | "
        f"{100 * float(np.percentile(errors, 95)):.1f} % |"
    )


def _details(layers: Results, whole: Results, options: argparse.Namespace) -> Iterator[str]:
    table = layers.table()
    assert isinstance(table, LayerTable)
    sums, measured = _pair(layers, whole, options.statistic)
    known = range(options.calibrate)
    line = calibrate([sums[at] for at in known], [measured[at] for at in known])
    yield from ("", f"## {layers.runtime}", "")
    yield (
        f"Networks take {measured.min():.2f} to {measured.max():.2f} ms, median {np.median(measured):.2f} ms; "
        f"calibrated: {line.offset:.3f} ms + {line.scale:.3f} x sum."
    )
    yield from ("", "| layer | ms |", "|---|---|")
    yield from (f"| {key} | {entry.value:.4f} |" for key, entry in sorted(table.entries.items()))


if __name__ == "__main__":
    main()
