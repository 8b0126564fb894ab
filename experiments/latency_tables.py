"""Published tables of latencies by layer: sums of known networks beside what was published of them.

    python experiments/latency_tables.py --data data/latency_luts --out latency_tables

``--data`` has ``proxylessnas_pixel1/pixel_trim.yaml`` and ``ofa_note10/*_lookup_table.yaml``, as their authors publish
them. Of resolutions that once-for-all did not measure, and of interpolation between those that it did, the report says
what is possible and how good it is. Takes seconds.
"""

from __future__ import annotations

import argparse
import itertools
import platform
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from _latency_published import (
    MOBILE_LAYERS,
    MOBILE_LOG_MS,
    MOBILE_LOG_PARTS_MS,
    NOTE8,
    NOTE10_NAMES_MS,
    PIXEL1_MS,
    PROXYLESS,
)

from zcnas.latency import (
    LayerLatency,
    LayerTable,
    MissingEntryError,
    find_tables,
    load_tables,
    save_tables,
)
from zcnas.searchspaces.mobilenet import OFAMobileNetV3, ProxylessNAS
from zcnas.seeding import generator
from zcnas.space import Architecture


def main(arguments: Sequence[str] | None = None) -> None:
    """Sums, compares, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    found = find_tables(options.data)
    tables = {one.table.conditions.device: one.table for one in found if isinstance(one.table, LayerTable)}
    command = f"python experiments/latency_tables.py {shlex.join(given)}"
    versions = f"Python {platform.python_version()}, numpy {version('numpy')}"
    lines = [
        "# Published tables of latencies by layer",
        "",
        f"Command: `{command}`. {versions}; seed {options.seed}",
        "",
        *_tables(list(tables.values())),
        *_proxylessnas(tables["pixel1"]),
        *_once_for_all(tables["note10"], options.seed, options.samples),
    ]
    text = "\n".join(lines)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.md").write_text(f"{text}\n", encoding="utf-8")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of published tables")
    parser.add_argument("--out", type=Path, default=Path("latency-tables-output"), help="folder for the report")
    parser.add_argument("--samples", type=int, default=200, help="networks to try interpolation on (200)")
    parser.add_argument("--seed", type=int, default=0, help="of these networks (0)")
    return parser.parse_args(arguments)


def _tables(tables: list[LayerTable]) -> Iterator[str]:
    yield from ("| device | batch | runtime | entries | equal after saving and loading |", "|---|---|---|---|---|")
    for one in tables:
        told = one.conditions
        yield f"| {told.device} | {told.batch} | {told.runtime} | {len(one)} | {'yes' if _survives(one) else 'NO'} |"
    yield ""


def _survives(table: LayerTable) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        save_tables([table], Path(folder) / "table.json")
        return load_tables(Path(folder) / "table.json") == [table]


def _proxylessnas(table: LayerTable) -> Iterator[str]:
    space = ProxylessNAS()
    latency = LayerLatency(table, space)
    yield from (
        "## ProxylessNAS on a Pixel 1",
        "",
        "| network | sum, ms | published, ms | difference |",
        "|---|---|---|---|",
    )
    for name, spelling in PROXYLESS.items():
        yield _compared(f"ProxylessNAS-{name}", latency(space.parse(spelling)), PIXEL1_MS[name])
    mobile = space.parse(PROXYLESS["Mobile"])
    yield _compared("ProxylessNAS-Mobile, the authors' log", latency(mobile), MOBILE_LOG_MS)
    yield ""
    yield (
        "The table is of the widths of the search. The published networks were widened afterwards: Mobile has 32 "
        "channels in stage 1 where the table has 24, GPU and CPU are wider everywhere, so that their sums are of "
        "narrower networks and have to be smaller."
    )
    yield from (
        "",
        "The same log by part, beside the table:",
        "",
        "| part | sum, ms | log, ms | difference |",
        "|---|---|---|---|",
    )
    values = iter([table.value(key) for key in latency.keys(mobile)])
    for (part, logged), count in zip(MOBILE_LOG_PARTS_MS.items(), MOBILE_LAYERS, strict=True):
        yield _compared(part, sum(itertools.islice(values, count)), logged)
    yield ""


def _compared(name: str, ours: float, published: float) -> str:
    return f"| {name} | {ours:.2f} | {published:g} | {ours - published:+.2f} ({100 * (ours / published - 1):+.1f} %) |"


def _once_for_all(table: LayerTable, seed: int, samples: int) -> Iterator[str]:
    space = OFAMobileNetV3()
    latency = LayerLatency(table, space)
    yield from ("## Once-for-all on a Note10", "")
    yield (
        f"Its networks for this phone take {max(NOTE10_NAMES_MS)} to {min(NOTE10_NAMES_MS)} ms by their names; their "
        "settings are not at hand. The smallest and the largest network of the space, widened by 1.2 as the table is:"
    )
    yield from ("", "| resolution | smallest, ms | largest, ms |", "|---|---|---|")
    for size in (160, 176, 192, 208, 224):
        yield f"| {size} | {latency(_extreme(space, size, 0)):.2f} | {latency(_extreme(space, size, -1)):.2f} |"
    yield from ("", "What the table cannot say:", "")
    for name, settings in NOTE8.items():
        yield f"- `{name}` (of a Note8): {_refusal(latency, space.from_settings(settings))}"
    yield from ("", *_interpolation(table, space, seed, samples))


def _extreme(space: OFAMobileNetV3, size: int, end: int) -> Architecture:
    kernel, ratio, depth = (3, 5, 7)[end], (3, 4, 6)[end], (2, 3, 4)[end]
    return space.from_settings({"ks": [kernel] * 20, "e": [ratio] * 20, "d": [depth] * 5, "r": size})


def _refusal(latency: LayerLatency, arch: Architecture) -> str:
    try:
        return f"{latency(arch):.2f} ms"
    except MissingEntryError as error:
        return str(error)


def _interpolation(table: LayerTable, space: OFAMobileNetV3, seed: int, samples: int) -> Iterator[str]:
    """Entries of every other resolution are taken away, and looked for between the others."""
    sizes = sorted({int(key.split("/")[0]) for key in table.entries})
    kept = {key: entry for key, entry in table.entries.items() if int(key.split("/")[0]) in sizes[::2]}
    along = LayerLatency(replace(table, entries=kept).along("resolution"), space)
    rng, errors = generator(seed, "latency_tables"), []
    for number in range(samples):
        size = sizes[1::2][number % len(sizes[1::2])]
        arch = space.from_settings({**space.settings(space.sample(rng)), "r": size})
        errors.append(abs(along(arch) / LayerLatency(table, space)(arch) - 1))
    yield (
        f"Without the resolutions {', '.join(map(str, sizes[1::2]))}, which are then interpolated along the declared "
        f"axis: over {samples} random networks of these resolutions the sum differs from that of the measured entries "
        f"by {100 * float(np.median(errors)):.1f} % (median) and {100 * max(errors):.1f} % (at most)."
    )


if __name__ == "__main__":
    main()
