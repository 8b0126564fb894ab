"""Runs the networks of this folder and keeps how long they took: needs onnxruntime and numpy, and nothing else.

    python runner.py --device raspi4 --out results.json

Copy the whole folder to the device. Interrupted, even by kill -9, the same call goes on where it stopped. Bring the
file back and call ``zcnas latency import measured results.json table.json`` (``table.npz`` for whole networks).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

FORMAT, VERSION = "zcnas latency results", 1
CLOCKS: dict[str, Callable[[], float]] = {
    "wall": time.perf_counter,
    "thread": time.thread_time,
    "process": time.process_time,
}
"""``thread`` and ``process`` are processor time: waiting for a processor that is busy otherwise does not count."""


def samples(run: Callable[[], object], clock: Callable[[], float], seconds: float, warmup: float) -> list[float]:
    """Seconds of one run, each the mean over a block of them that is long enough for the clock to tell."""
    start, block, found = clock(), 1, list[float]()
    run()  # the first one allocates
    while (took := _block(run, clock, block)) < seconds / 100 or clock() - start < warmup:
        block *= 2 if took < seconds / 100 else 1
    while sum(found) * block < seconds or len(found) < 5:
        found.append(_block(run, clock, block) / block)
    return found


def _block(run: Callable[[], object], clock: Callable[[], float], count: int) -> float:
    start = clock()
    for _ in range(count):
        run()
    return clock() - start


def prepared(model: str, threads: int, provider: str) -> Callable[[], object]:
    """A call that runs the model in a file once on random images."""
    session, feed = opened(model, threads, provider)
    return lambda: session.run(None, feed)


def opened(model: str | bytes, threads: int, provider: str, profile: str = "") -> tuple[Any, dict[str, Any]]:
    """A session, which writes a profile if a path is given, and random images."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    if profile:
        options.enable_profiling, options.profile_file_prefix = True, profile
    session = onnxruntime.InferenceSession(model, options, providers=[provider])
    return session, images({one.name: one.shape for one in session.get_inputs()})


def images(shapes: Mapping[str, Any]) -> dict[str, Any]:
    """Random inputs in float32, the same in every run."""
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}


def surroundings() -> dict[str, Any]:
    """The machine, its frequency governor, and versions, for readers of the numbers."""
    governors = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "governor": ", ".join(sorted({one.read_text().strip() for one in governors})) or "not stated",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def processor() -> str:
    """Its name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return (named[0] if named else platform.processor()) or platform.machine()


def load() -> float | None:
    """Processes that wanted to run in the last minute; ``None`` where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def keep(path: Path, content: object) -> None:
    """Writes JSON: all of it, or nothing."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        draft.write_text(f"{json.dumps(content)}\n", encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> None:
    """Runs what was not run yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results.json"), help="by default results.json")
    parser.add_argument("--device", default=processor(), help="how you call it; by default its processor's name")
    options, folder = parser.parse_args(arguments), Path(__file__).parent
    import onnxruntime

    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    what, runtime = plan["settings"], f"ONNX Runtime {onnxruntime.__version__}"
    found = {"format": FORMAT, "version": VERSION, "plan": plan, "device": options.device, "runtime": runtime}
    found |= {"surroundings": surroundings(), "pieces": {}}
    if options.out.exists():
        before = json.loads(options.out.read_text(encoding="utf-8"))
        if {**before, "pieces": {}} != found:
            sys.exit(f"{options.out}: belongs to another plan, device or version; name another file")
        found = before
    for turn in range(what["rounds"]):  # in turns, so that a busy minute meets all jobs alike
        for number, job in enumerate(plan["jobs"]):
            if (name := f"{turn}/{job['name']}") not in found["pieces"]:
                run = prepared(str(folder / job["file"]), what["threads"], what["provider"])
                seconds = samples(run, CLOCKS[what["clock"]], what["seconds"], what["warmup"])
                found["pieces"][name] = {"seconds": seconds, "load": load()}
                keep(options.out, found)
            sys.stderr.write(f"\rround {turn + 1} of {what['rounds']}, {number + 1} of {len(plan['jobs'])} jobs ")
    sys.stderr.write(f"\nwrote {options.out}\n")


if __name__ == "__main__":
    main()
