"""Where a table of several published files came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zcnas.searchspaces.conversion import provenance


def provenance_of(path: Path, contents: Mapping[str, bytes], form: str) -> dict[str, Any]:
    """For the table's ``meta``; a folder's ``sha256`` is that of the lines ``<sha256> <name>`` of its files."""
    if not path.is_dir():
        return provenance(path, next(iter(contents.values())), form)
    lines = "".join(f"{hashlib.sha256(content).hexdigest()} {name}\n" for name, content in contents.items())
    return {**provenance(path, lines.encode(), form), "bytes": sum(map(len, contents.values()))}
