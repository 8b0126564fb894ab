"""What the runner of ``zcnas latency plan`` brought back from a device."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from zcnas.latency.measuring.results import holds_results, read_results

__all__ = ["FORM", "read_results", "recognises", "space_of"]

FORM = "results.json of a runner of zcnas latency plan"

recognises = holds_results


def space_of(path: Path) -> str:
    """The space of the plan; empty if the file does not say."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return str(content["plan"]["space"])
    except (ValueError, KeyError, TypeError):
        return ""  # what is wrong with it is told by who reads it
