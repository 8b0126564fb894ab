"""Finished training runs, one JSON line each: what is there is not run again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from _digits_training import Run


def load(path: Path) -> dict[tuple[str, int], Run]:
    """Runs by architecture and seed. A line that a crash cut short is no run."""
    runs: dict[tuple[str, int], Run] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            run = Run(**json.loads(line))
        except (ValueError, TypeError):
            continue
        runs[run.arch, run.seed] = run
    return runs


def append(path: Path, run: Run) -> None:
    """Adds one line in one write, after a new line if the last one was cut short."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 1))
        start = b"" if file.read(1) in (b"", b"\n") else b"\n"
        file.write(start + json.dumps(asdict(run)).encode() + b"\n")
