"""Ruff finds nothing, and would leave every file as it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.static.layout import ROOT


def ruff(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *arguments]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=["check", "format"])
def test_the_tree_is_clean(command: tuple[str, ...]) -> None:
    outcome = ruff(*command, ".")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("import pickle\n\npickle.load(open('f', 'rb'))\n", "S301"),
        ("import numpy as np\n\nnp.random.seed(0)\n", "NPY002"),
        ("print('hello')\n", "T201"),
        ("x = 1  # TODO: more\n", "FIX002"),
    ],
)
def test_the_rules_of_the_house_are_on(code: str, rule: str) -> None:
    assert rule in ruff("check", "--stdin-filename", "zcnas/sample.py", "-", text=code).stdout
