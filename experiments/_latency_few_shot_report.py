"""Tables of how well latencies are predicted."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import numpy as np
from _latency_few_shot_runs import CHOSEN, RANDOM, SAMPLES, SCRATCH, TRANSFER, Row
from _latency_few_shot_task import SPLITS

HELP = {"titan_rtx_256": 0.987, "gold_6226": 0.989, "fpga": 0.985, "pixel2": 0.802, "raspi4": 0.890, "eyeriss": 0.940}
"""HELP's correlations on NAS-Bench-201 with 10 samples, as its authors publish them."""
PUBLISHED = {"HELP, 10 samples": 0.932, "BRP-NAS, 900 samples": 0.789, "layer-wise": 0.767, "FLOPs, theirs": 0.787}
_SHOWN = 10


def report(rows: Sequence[Row], command: str) -> str:
    """All of it, as Markdown."""
    return "\n".join([*_head(command), *_curves(rows), *_devices(rows), *_calibration(rows), *_rest(rows), ""])


def _head(command: str) -> Iterator[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "numpy", "scipy", "torch", "scikit-learn"))
    yield from ("# Latency on a new device from few measurements\n", f"- command: `{command}`")
    yield f"- versions: Python {platform.python_version()}, {packages}"
    yield "- numbers: Spearman correlations, means over test devices and draws of the samples"
    yield "- seeds: draws of samples from 0; those that are chosen before anything is measured are one set"
    yield "- reference devices: HELP's meta-train devices, 900 architectures each; the kernel is chosen by leaving out"
    yield "  one of them after the other; of test devices the samples are known, of validation devices nothing"
    yield "- asked about: all architectures, samples among them; by what learns from scratch, and where all devices are"
    yield "  held out in turn, some drawn at random\n"
    yield "![Mean correlation by number of samples](curves.png)\n"


def _curves(rows: Sequence[Row]) -> Iterator[str]:
    for space in _spaces(rows):
        mine = [row for row in rows if row.space == space]
        test = SPLITS[space].test
        yield f"## {space}: mean over {', '.join(test)}\n"
        yield f"| method | draws | {' | '.join(f'{count} samples' for count in SAMPLES)} |"
        yield f"|---|---|{'---|' * len(SAMPLES)}"
        for method in (*TRANSFER, *SCRATCH):
            draws = len({row.draw for row in mine if row.method == method})
            yield f"| {method} | {draws} | {' | '.join(_mean(mine, method, count) for count in SAMPLES)} |"
        yield f"| flops | | {' | '.join([_mean(mine, 'flops', 0)] * len(SAMPLES))} |"
        known = max((row.samples for row in mine if row.method == "ceiling"), default=0)
        yield f"\nCeiling, boosting on {known:,} architectures of the device: {_mean(mine, 'ceiling', known)}."
        if space == "nasbench201":
            yield f"Published: {', '.join(f'{name} {value:.3f}' for name, value in PUBLISHED.items())}."
        yield ""


def _devices(rows: Sequence[Row]) -> Iterator[str]:
    for space in _spaces(rows):
        mine = [row for row in rows if row.space == space]
        yield f"## {space}: every test device, {_SHOWN} samples\n"
        methods = (*TRANSFER, *SCRATCH)
        yield f"| device | HELP | {' | '.join(methods)} | flops | ceiling |"
        yield f"|---|---|{'---|' * (len(methods) + 2)}"
        for device in SPLITS[space].test:
            own = [row for row in mine if row.device == device]
            published = f"{HELP[device]:.3f}" if space == "nasbench201" else ""
            ceiling = max((row.samples for row in own if row.method == "ceiling"), default=0)
            cells = [published, *(_spread(own, method) for method in methods), _mean(own, "flops", 0)]
            yield f"| {device} | {' | '.join(cells)} | {_mean(own, 'ceiling', ceiling)} |"
        yield ""


def _calibration(rows: Sequence[Row]) -> Iterator[str]:
    yield "## Deviations and errors, random samples\n"
    yield "Share of latencies above the predicted 95 % quantile (5 % would be right), and the median relative error.\n"
    yield f"| space | device | {' | '.join(f'{count} samples' for count in SAMPLES)} |"
    yield f"|---|---|{'---|' * len(SAMPLES)}"
    for space in _spaces(rows):
        for device in SPLITS[space].test:
            own = [row for row in rows if (row.space, row.device, row.method) == (space, device, RANDOM)]
            cells = []
            for count in SAMPLES:
                few = [row for row in own if row.samples == count]
                above, error = np.mean([row.above for row in few]), np.mean([row.error for row in few])
                cells.append(f"{100 * above:.1f} %, {100 * error:.1f} %")
            yield f"| {space} | {device} | {' | '.join(cells)} |"
    yield ""


def _rest(rows: Sequence[Row]) -> Iterator[str]:
    if any(row.method.startswith("energy") for row in rows):
        yield f"## Energy in mJ (HW-NAS-Bench), {_SHOWN} samples, references being the same latencies\n"
        yield from _listed([row for row in rows if row.method.startswith("energy")], ("flops", *TRANSFER))
    for space in _spaces(rows):
        mine = [row for row in rows if row.space == space and row.method.startswith("held out")]
        if mine:
            yield f"## {space}: all devices held out in turn, {_SHOWN} samples"
            yield "\nReferences are all others but those of the same chip with batches of another size.\n"
            yield from _listed(mine, (RANDOM, CHOSEN))


def _listed(rows: Sequence[Row], methods: Sequence[str]) -> Iterator[str]:
    start = rows[0].method.partition(": ")[0]
    yield f"| device | {' | '.join(methods)} |"
    yield f"|---|{'---|' * len(methods)}"
    for device in [*dict.fromkeys(row.device for row in rows), None]:
        own = [row for row in rows if device in (None, row.device)]
        cells = [_spread(own, f"{start}: {method}", several=device is not None) for method in methods]
        yield f"| {device or '**mean**'} | {' | '.join(cells)} |"
    yield ""


def _spread(rows: Sequence[Row], method: str, *, several: bool = True) -> str:
    """The mean over draws, and the standard deviation where there are several."""
    found = [row.spearman for row in rows if row.method == method and row.samples in (0, _SHOWN)]
    told = f"{np.mean(found):.3f}" if found else ""
    return f"{told} ± {np.std(found, ddof=1):.3f}" if several and len(found) > 1 else told


def _mean(rows: Sequence[Row], method: str, samples: int) -> str:
    found = [row.spearman for row in rows if (row.method, row.samples) == (method, samples)]
    return f"{np.mean(found):.3f}" if found else ""


def _spaces(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.space for row in rows))
