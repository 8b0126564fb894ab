"""A skipped data test is a failure where the data are there and are required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.static.layout import ROOT

SAMPLE = """
import os
import pytest

def test_plain(): pytest.skip("no reason that matters")
def test_fixture(data_dir): pytest.skip("a file is missing")
@pytest.mark.skipif(True, reason="ZCNAS_DATA is not set")
def test_marked(): pass
def test_present(data_dir): assert data_dir.is_dir()
"""
MODULE = "import pytest\npytest.skip('needs ZCNAS_DATA', allow_module_level=True)\n"


def outcome(folder: Path, **variables: str) -> str:
    """The closing line of pytest on a few tests that skip."""
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (folder / "torch.py").write_text("def set_num_threads(count): pass\n")  # the real one takes seconds to load
    (folder / "test_sample.py").write_text(SAMPLE)
    (folder / "test_module.py").write_text(MODULE)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ZCNAS_", "PYTEST_"))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
    ]
    result = subprocess.run(
        command, cwd=folder, env={**inherited, **variables}, capture_output=True, text=True, check=False
    )
    return result.stdout.splitlines()[-1].split(" in ")[0]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "5 skipped"),
        ({"ZCNAS_REQUIRE_DATA": "1"}, "5 skipped"),
        ({"ZCNAS_DATA": "."}, "1 passed, 4 skipped"),
        ({"ZCNAS_DATA": ".", "ZCNAS_REQUIRE_DATA": "1"}, "1 failed, 1 passed, 1 skipped, 2 errors"),
    ],
)
def test_skips_of_data_tests(tmp_path: Path, variables: dict[str, str], expected: str) -> None:
    assert outcome(tmp_path, **variables) == expected


def test_a_variable_that_names_no_folder_is_an_error(tmp_path: Path) -> None:
    assert "error" in outcome(tmp_path, ZCNAS_DATA="nowhere")
