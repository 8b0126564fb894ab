"""``mypy --strict`` finds nothing, and sees every folder of the library.

Type checkers do not follow ``package_dir``, so the library is first laid out as it is when installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.static.layout import FOLDERS, ROOT, library

CANARY = "def untyped(x):\n    return x\n"


def assemble(target: Path) -> None:
    """Links every module to where it is when installed, and adds one faulty module to each folder."""
    (target / "zcnas").mkdir()
    (target / "zcnas" / "py.typed").touch()
    for package, folder in FOLDERS.items():
        for path in folder.rglob("*.py"):
            link = target.joinpath(*package.split(".")) / path.relative_to(folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    for folder in {path.parent for path in target.rglob("*.py")}:
        (folder / "canary.py").write_text(CANARY)


def mypy(tree: Path) -> list[str]:
    """The errors in ``tree``, with paths relative to it."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "-p", "zcnas"]
    settings = ["--config-file", ROOT / "setup.cfg", "--cache-dir", ROOT / ".mypy_cache"]
    environment = {**os.environ, "MYPYPATH": str(tree)}
    outcome = subprocess.run(command + settings, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert not outcome.stderr
    # Errors that come from the cache name the folder of an earlier run.
    lines = (re.sub(r"^/\S*?(?=zcnas/)", "", line) for line in outcome.stdout.splitlines())
    return [line for line in lines if ": error:" in line]


@pytest.mark.timeout(600)
def test_only_the_canaries_are_badly_typed(tmp_path: Path) -> None:
    assemble(tmp_path)
    errors = mypy(tmp_path)
    canaries = [line for line in errors if re.search(r"canary\.py:1: error: .*\[no-untyped-def\]", line)]
    others = sorted(set(errors) - set(canaries))
    assert not others, "\n".join(others)
    assert len(canaries) == len({path.parent for path in library().values()})
